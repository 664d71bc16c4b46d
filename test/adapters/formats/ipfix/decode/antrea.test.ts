import { describe, expect, it } from '@jest/globals';
import { ANTREA_IPV4, ANTREA_IPV6 } from '../../../../support/exporter-templates.js';
import { Decoding } from '../../../../support/decoding.js';
import { message, record, set, template, type Values } from '../../../../support/ipfix-messages.js';

const COUNTERS: Values = {
  packetTotalCount: 0x1_2345_6789n,
  octetTotalCount: 0xffff_ffff_ffff_ffffn,
  packetDeltaCount: 3n,
  octetDeltaCount: 4n,
  reversePacketTotalCount: 5n,
  reverseOctetTotalCount: 0x8000_0000_0000_0000n,
  reversePacketDeltaCount: 7n,
  reverseOctetDeltaCount: 8n,
};

const COMMON: Values = {
  flowStartSeconds: 1_700_000_001,
  flowEndSeconds: 4_000_000_000,
  flowEndReason: 2,
  sourceTransportPort: 40_000,
  destinationTransportPort: 65_535,
  protocolIdentifier: 6,
  ...COUNTERS,
  sourcePodName: 'client-7d9',
  sourcePodNamespace: 'shop',
  sourceNodeName: 'node-a',
  destinationPodName: 'backend-0',
  destinationPodNamespace: 'stock',
  destinationNodeName: 'node-b',
  destinationServicePort: 443,
  destinationServicePortName: 'stock/backend:https',
  ingressNetworkPolicyName: 'let-in',
  ingressNetworkPolicyNamespace: 'stock',
  ingressNetworkPolicyType: 1,
  ingressNetworkPolicyRuleName: 'from-shop',
  ingressNetworkPolicyRuleAction: 1,
  egressNetworkPolicyName: 'let-out',
  egressNetworkPolicyNamespace: 'shop',
  egressNetworkPolicyType: 3,
  egressNetworkPolicyRuleName: 'to-stock',
  egressNetworkPolicyRuleAction: 2,
  tcpState: 'ESTABLISHED',
  flowType: 2,
  egressName: 'gate',
  egressNodeName: 'node-gate',
  proxySnatPort: 30_001,
};

const IPV4: Values = {
  ...COMMON,
  sourceIPv4Address: '10.1.2.3',
  destinationIPv4Address: '10.4.5.6',
  egressIP: '203.0.113.9',
  destinationClusterIPv4: '10.96.0.10',
  proxySnatIPv4: '10.0.0.254',
  destinationServiceIPv4: '198.51.100.1',
};

const IPV6: Values = {
  ...COMMON,
  sourceIPv6Address: 'fd00::1',
  destinationIPv6Address: 'fd00::2',
  egressIP: '2001:db8::9',
  destinationClusterIPv6: 'fd00:96::a',
  proxySnatIPv6: 'fd00::fe',
  destinationServiceIPv6: '2001:db8::1',
};

/** What every record must say, whatever its family: element and field have one name, except as given. */
const expected = (values: Values, addresses: Readonly<Record<string, string>>): Record<string, unknown> => ({
  ...Object.fromEntries(Object.entries(values).filter(([name]) => !/IPv[46]/.test(name))),
  ...addresses,
  exporter: '192.0.2.7',
  exportTimeSeconds: 1_700_000_060,
  sequenceNumber: 17,
  observationDomainId: 5,
  carried: 0xff,
  sourcePodUID: '',
  sourcePodLabels: '',
  exporterIP: '',
});

describe('records of an Antrea agent', () => {
  const header = { domain: 5, exportTime: 1_700_000_060, sequence: 17 };

  it('are read field by field, IPv4', () => {
    const decoding = new Decoding();
    decoding.feed(message({ domain: 5 }, set(2, template(256, ANTREA_IPV4))));
    decoding.feed(message(header, set(256, record(ANTREA_IPV4, IPV4))));
    expect(decoding.only).toMatchObject(
      expected(IPV4, {
        sourceIP: '10.1.2.3',
        destinationIP: '10.4.5.6',
        egressIP: '203.0.113.9',
        destinationClusterIP: '10.96.0.10',
        proxySnatIP: '10.0.0.254',
        destinationServiceIP: '198.51.100.1',
      }),
    );
    expect(decoding.received).toBe(1);
    expect(decoding.notices).toEqual([]);
  });

  it('are read field by field, IPv6', () => {
    const decoding = new Decoding();
    decoding.feed(message({ domain: 5 }, set(2, template(257, ANTREA_IPV6))));
    decoding.feed(message(header, set(257, record(ANTREA_IPV6, IPV6))));
    expect(decoding.only).toMatchObject(
      expected(IPV6, {
        sourceIP: 'fd00::1',
        destinationIP: 'fd00::2',
        egressIP: '2001:db8::9',
        destinationClusterIP: 'fd00:96::a',
        proxySnatIP: 'fd00::fe',
        destinationServiceIP: '2001:db8::1',
      }),
    );
  });

  it('leave nothing behind for the next record', () => {
    const decoding = new Decoding();
    decoding.feed(
      message({}, set(2, template(256, ANTREA_IPV4), template(257, ['sourceIPv4Address', 'destinationIPv4Address']))),
    );
    decoding.feed(message({}, set(256, record(ANTREA_IPV4, IPV4), record(ANTREA_IPV4))));
    decoding.feed(message({ sequence: 2 }, set(257, record(['sourceIPv4Address', 'destinationIPv4Address']))));
    const [, empty, short] = decoding.records;
    const defaults = {
      sourcePodName: '',
      egressIP: '',
      flowType: 0,
      octetTotalCount: 0n,
      proxySnatPort: 0,
      destinationClusterIP: '',
    };
    expect(empty).toMatchObject({ ...defaults, carried: 0xff });
    expect(short).toMatchObject({ ...defaults, tcpState: '', carried: 0 });
  });

  it('with enterprise number 56505, as a widely copied document has it, are read the same', () => {
    const bytes = message({}, set(2, template(256, ANTREA_IPV4)));
    const misprinted = Uint8Array.from(
      Buffer.from(Buffer.from(bytes).toString('hex').replaceAll('0000dcba', '0000dcb9'), 'hex'),
    );
    expect(misprinted).not.toEqual(bytes);
    const decoding = new Decoding().feed(misprinted, message({}, set(256, record(ANTREA_IPV4, IPV4))));
    expect(decoding.only).toMatchObject({ sourcePodName: 'client-7d9', flowType: 2 });
  });

  it('whose labels are filled keep them to themselves: labels come from Kubernetes', () => {
    const fields = ['sourceIPv4Address', 'destinationIPv4Address', 'sourcePodLabels'];
    const decoding = new Decoding().feed(
      message({}, set(2, template(256, fields)), set(256, record(fields, { sourcePodLabels: '{}' }))),
    );
    expect(decoding.only).toMatchObject({ sourcePodLabels: '' });
  });
});
