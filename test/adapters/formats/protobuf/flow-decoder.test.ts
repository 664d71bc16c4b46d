import { describe, expect, it } from '@jest/globals';
import { ALL_COUNTERS } from '../../../../src/domain/flow/flow-record.js';
import { FlowDecoding } from '../../../support/flow-decoding.js';
import { ANTREA, encodeFlow, MINIMAL, type Message } from '../../../support/flow-proto.js';
import { bytesField, numberField } from '../../../support/protobuf-wire.js';

const decode = (flow: Message): FlowDecoding => new FlowDecoding().feed(flow);
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
const ip = (source: readonly number[], destination: readonly number[]): Message => ({
  ip: { source: Uint8Array.from(source), destination: Uint8Array.from(destination) },
});
const V6_A = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const V6_B = [...V6_A.slice(0, 15), 2];

describe('a Flow of an Antrea agent', () => {
  it('is a record, with the exporter of the transport', () => {
    expect(decode(ANTREA).only).toMatchObject({
      sourceIP: '10.0.0.1',
      destinationIP: '10.0.0.2',
      sourceTransportPort: 40_001,
      destinationTransportPort: 8080,
      protocolIdentifier: 6,
      flowEndReason: 2,
      flowType: 2,
      flowStartSeconds: 1_700_000_000,
      flowEndSeconds: 1_700_000_010,
      exportTimeSeconds: 1_700_000_012,
      sequenceNumber: 77,
      observationDomainId: 4_000_000_000,
      exporter: '192.0.2.7',
      exporterIP: '',
      tcpState: 'ESTABLISHED',
      sourcePodNamespace: 'shop',
      sourcePodName: 'client-7d9f',
      sourceNodeName: 'node-1',
      destinationServicePort: 443,
      destinationServicePortName: 'stock/backend:https',
      destinationClusterIP: '10.96.0.1',
      destinationServiceIP: '10.96.0.1',
      egressNetworkPolicyType: 3,
      egressNetworkPolicyRuleAction: 1,
      egressIP: '192.0.2.44',
      packetTotalCount: 10n,
      octetTotalCount: 9_876_543_210n,
      octetDeltaCount: 400n,
      reverseOctetTotalCount: 2n ** 64n - 1n,
      reverseOctetDeltaCount: 0n,
      sourcePodLabels: '',
      carried: ALL_COUNTERS,
    });
  });

  it('leaves nothing behind for the next one', () => {
    const decoding = new FlowDecoding().feed(ANTREA, MINIMAL);
    const alone = decode(MINIMAL).only;
    expect(decoding.records[1]).toEqual(alone);
    expect(Object.values(alone).filter((value) => value !== 0 && value !== 0n && value !== '')).toHaveLength(6);
  });
});

describe('a record that is no flow is dropped, counted and said once', () => {
  const source = Uint8Array.of(10, 0, 0, 1);
  it.each<[string, Message]>([
    ['no_source_address', { ...MINIMAL, ip: { destination: source } }],
    ['no_source_address', { ...MINIMAL, ip: { source: new Uint8Array(0), destination: source } }],
    ['no_source_address', { start_ts: {}, end_ts: {} }],
    ['no_destination_address', { ...MINIMAL, ip: { source } }],
    ['invalid_address', { ...MINIMAL, ip: { source, destination: new Uint8Array(5) } }],
    ['invalid_address', { ...MINIMAL, ip: { source: new Uint8Array(17), destination: source } }],
    ['invalid_address', { ...MINIMAL, ip: { source: new Uint8Array(3) } }],
    ['no_start_time', { ...MINIMAL, start_ts: null }],
    ['no_end_time', { ...MINIMAL, end_ts: null }],
    ['out_of_range', { ...MINIMAL, transport: { source_port: 65_536 } }],
    ['out_of_range', { ...MINIMAL, transport: { destination_port: 70_000 } }],
    ['out_of_range', { ...MINIMAL, transport: { protocol_number: 256 } }],
    ['out_of_range', { ...MINIMAL, k8s: { destination_service_port: 2 ** 32 - 1 } }],
    ['out_of_range', { ...MINIMAL, proxy_snat_port: 65_536 }],
  ])('%s', (reason, flow) => {
    const decoding = new FlowDecoding().feed(flow, MINIMAL, flow);
    expect(decoding.dropped).toEqual({ [reason]: 2 });
    expect(decoding.received).toBe(3);
    expect(decoding.records).toHaveLength(1);
    expect(decoding.notices).toEqual([reason]);
  });

  it('too_long', () => {
    const long = (octets: number): Message => ({ ...MINIMAL, id: 'x'.repeat(octets) });
    const overhead = encodeFlow(long(65_000)).length - 65_000;
    const decoding = new FlowDecoding().feed(long(65_535 - overhead), long(65_536 - overhead), MINIMAL);
    expect(decoding.dropped).toEqual({ too_long: 1 });
    expect(decoding.received).toBe(3);
    expect(decoding.records).toHaveLength(2);
  });
});

describe('addresses', () => {
  it('of 0.0.0.0 are addresses', () => {
    expect(decode({ ...MINIMAL, ...ip([0, 0, 0, 0], [255, 255, 255, 255]) }).only).toMatchObject({
      sourceIP: '0.0.0.0',
      destinationIP: '255.255.255.255',
    });
  });

  it('like ::ffff:a.b.c.d are IPv4, wherever they are', () => {
    const mapped = Uint8Array.from([...MAPPED, 10, 96, 0, 9]);
    const record = decode({
      ...MINIMAL,
      ...ip([...MAPPED, 10, 0, 0, 1], [10, 0, 0, 2]),
      k8s: { destination_cluster_ip: mapped, destination_service_ip: mapped, egress_ip: mapped },
      proxy_snat_ip: mapped,
    }).only;
    expect(record).toMatchObject({
      sourceIP: '10.0.0.1',
      destinationClusterIP: '10.96.0.9',
      destinationServiceIP: '10.96.0.9',
      egressIP: '10.96.0.9',
      proxySnatIP: '10.96.0.9',
    });
  });

  it('of zeros are none but in the key and of an Egress', () => {
    for (const zero of [new Uint8Array(4), new Uint8Array(16), Uint8Array.from([...MAPPED, 0, 0, 0, 0])]) {
      const { ip: key } = ip(zero.length === 4 ? [10, 0, 0, 1] : V6_A, [10, 0, 0, 2]);
      const record = decode({
        ...MINIMAL,
        ip: key,
        k8s: { destination_cluster_ip: zero, destination_service_ip: zero },
        proxy_snat_ip: zero,
      }).only;
      expect(record).toMatchObject({ destinationClusterIP: '', destinationServiceIP: '', proxySnatIP: '' });
    }
    expect(decode({ ...MINIMAL, k8s: { egress_ip: new Uint8Array(4) } }).only).toMatchObject({ egressIP: '0.0.0.0' });
  });

  it('of another family than the flow are ignored, those of an Egress are not', () => {
    const v6 = Uint8Array.from(V6_B);
    const v4 = Uint8Array.of(10, 96, 0, 1);
    const k8s = { destination_cluster_ip: v6, destination_service_ip: v4, egress_ip: v6 };
    expect(decode({ ...MINIMAL, k8s, proxy_snat_ip: v6 }).only).toMatchObject({
      destinationClusterIP: '',
      destinationServiceIP: '10.96.0.1',
      proxySnatIP: '',
      egressIP: '2001:db8::2',
    });
    expect(decode({ ...MINIMAL, ...ip(V6_A, V6_B), k8s, proxy_snat_ip: v6 }).only).toMatchObject({
      sourceIP: '2001:db8::1',
      destinationClusterIP: '2001:db8::2',
      destinationServiceIP: '',
      proxySnatIP: '2001:db8::2',
    });
    // Between an IPv4 address and one of IPv6 lies an IPv6 flow.
    expect(decode({ ...MINIMAL, ...ip([...MAPPED, 10, 0, 0, 1], V6_B), k8s }).only).toMatchObject({
      destinationClusterIP: '2001:db8::2',
      destinationServiceIP: '',
    });
  });

  it('outside the key that have a wrong length are left empty, said once', () => {
    const odd = new Uint8Array(7).fill(1);
    const flow = { ...MINIMAL, k8s: { destination_cluster_ip: odd, egress_ip: odd }, proxy_snat_ip: odd };
    const decoding = new FlowDecoding().feed(flow, flow);
    expect(decoding.records).toHaveLength(2);
    expect(decoding.records[0]).toMatchObject({ destinationClusterIP: '', egressIP: '', proxySnatIP: '' });
    expect(decoding.notices).toEqual(['other_address']);
  });
});

describe('numbers', () => {
  it('of times that 32 bits do not hold are the nearest that they do', () => {
    const at = (start: number | string, end: number | string): unknown => {
      const { flowStartSeconds, flowEndSeconds } = decode({
        ...MINIMAL,
        start_ts: { seconds: start },
        end_ts: { seconds: end, nanos: 999_999_999 },
      }).only;
      return [flowStartSeconds, flowEndSeconds];
    };
    expect(at(-1, 2 ** 32)).toEqual([0, 2 ** 32 - 1]);
    expect(at('-9223372036854775808', '9223372036854775807')).toEqual([0, 2 ** 32 - 1]);
    expect(at(0, 2 ** 32 - 1)).toEqual([0, 2 ** 32 - 1]);
  });

  it('of enumerations that have no name stay what they are, up to 255', () => {
    const { flowEndReason, flowType, ingressNetworkPolicyRuleAction, egressNetworkPolicyType } =
      new FlowDecoding().flow(
        encodeFlow(MINIMAL),
        numberField(5, 17),
        bytesField(8, numberField(1, 300), numberField(23, -1), numberField(24, 255)),
      ).only;
    expect([flowEndReason, flowType, ingressNetworkPolicyRuleAction, egressNetworkPolicyType]).toEqual([
      17, 255, 255, 255,
    ]);
  });

  it('of 32 bits that come with more lose them, as protobuf has it', () => {
    const transport = bytesField(
      7,
      numberField(2, 2n ** 40n + 443n),
      numberField(3, 2n ** 32n + 70_000n),
      numberField(3, 80),
    );
    expect(new FlowDecoding().flow(encodeFlow(MINIMAL), transport).only).toMatchObject({
      sourceTransportPort: 443,
      destinationTransportPort: 80,
    });
  });
});
