import { describe, expect } from '@jest/globals';
import type { Values } from '../../support/ipfix-messages.js';
import type { IpfixRecord, IpfixTemplate, IpfixValue } from '../../support/ipfix-reader.js';
import { ANTREA_FLOWS, expectedOutput, FLOW_START, messagesOf, type TestFlow } from '../support/antrea-flows.js';
import { balancedAtRest } from '../support/balance.js';
import { tcpCollector } from '../support/collector.js';
import { eventually } from '../support/eventually.js';
import { connectTo } from '../support/exporting.js';
import { JsonCollector, type JsonFlow } from '../support/json-collector.js';
import { itWith } from '../support/peers.js';
import { startWeir } from '../support/weir-process.js';

const CLUSTER = 'cluster "of" the tests';
const MAX_U64 = 2n ** 64n - 1n;

/** Differs from every double near it. */
const NO_DOUBLE = 2n ** 64n - 1025n;

const hugeFlow = (family: 4 | 6, addresses: Values): TestFlow => ({
  family,
  reports: [
    {
      side: 'source',
      values: {
        ...addresses,
        ...{ flowStartSeconds: FLOW_START, flowEndSeconds: FLOW_START + 10, flowEndReason: 3, protocolIdentifier: 6 },
        ...{ sourceTransportPort: 65_535, destinationTransportPort: 1, flowType: 1 },
        ...{ packetTotalCount: NO_DOUBLE, packetDeltaCount: 2n ** 53n + 1n },
        ...{ octetTotalCount: MAX_U64, octetDeltaCount: MAX_U64 },
        ...{ reversePacketTotalCount: MAX_U64 - 1n, reversePacketDeltaCount: 2n ** 63n },
        ...{ reverseOctetTotalCount: 2n ** 63n - 1n, reverseOctetDeltaCount: NO_DOUBLE - 2n },
        // What JSON escapes, what it need not, and characters of two, three and four octets.
        sourcePodName: 'quote " backslash \\ slash / line\nreturn\rtab\tbell\u0007delete\u007f',
        sourcePodNamespace: 'é € 😀 \u2028\u2029 </script>',
        destinationPodName: '{"ipfix":{}}',
        tcpState: 'CLOSED',
      },
    },
  ],
});

const FLOWS: readonly TestFlow[] = [
  ...ANTREA_FLOWS,
  hugeFlow(4, { sourceIPv4Address: '255.255.255.255', destinationIPv4Address: '0.0.0.1' }),
  hugeFlow(6, { sourceIPv6Address: '2001:db8::1', destinationIPv6Address: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' }),
];

interface Choice {
  readonly includeK8sNames: boolean;
  readonly includeK8sUIDs: boolean;
}

/** Has Weir deliver the flows; resolves once `arrived` says that all are there. */
async function delivered(address: string, recordFormat: string, choice: Choice, arrived: () => number): Promise<void> {
  const weir = await startWeir({
    settings: {
      activeFlowRecordTimeout: '1s',
      clusterID: CLUSTER,
      flowCollector: { enable: true, address, recordFormat, ...choice },
    },
  });
  const exporter = await connectTo(weir.ipfixPort);
  for (const message of messagesOf(FLOWS)) exporter.write(message);
  await eventually('all flows are delivered', () => arrived() === FLOWS.length);
  await balancedAtRest(weir);
  expect(await weir.stop()).toEqual({ code: 0, signal: null });
}

/** What an element says in JSON that says `value` in IPFIX: UUIDs are written as people do, and a missing one is no text. */
function inJson(name: string, value: IpfixValue): IpfixValue {
  if (!name.endsWith('UUID')) return value;
  return /^0*$/.test(String(value)) ? '' : String(value).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The elements of a record, in the order of its template. */
function elementsOf(record: IpfixRecord, templates: readonly IpfixTemplate[]): [string, IpfixValue][] {
  const template = templates.find(({ fields }) => fields.every(({ name }) => name in record))!;
  return template.fields.map(({ name }) => [name, inJson(name, record[name]!)]);
}

const inOrder = <T>(all: readonly T[], key: (one: T) => string): T[] =>
  all.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));

describe('Python reads JSON lines that say what IPFIX says', () => {
  for (const [transport, choice] of [
    ['tcp', { includeK8sNames: true, includeK8sUIDs: true }],
    ['udp', { includeK8sNames: true, includeK8sUIDs: false }],
    ['udp', { includeK8sNames: false, includeK8sUIDs: true }],
    ['tcp', { includeK8sNames: false, includeK8sUIDs: false }],
  ] as const) {
    const { includeK8sNames: names, includeK8sUIDs: uids } = choice;
    const name = `over ${transport}, ${names ? 'with' : 'without'} names, ${uids ? 'with' : 'without'} UIDs`;
    itWith(['python3'], name, async () => {
      const begun = Date.now();
      const ipfix = await tcpCollector();
      const json = await JsonCollector.start(transport);
      await Promise.all([
        delivered(ipfix.address, 'IPFIX', choice, () => ipfix.records.length),
        delivered(json.address, 'JSON', choice, () => json.flows.length),
      ]);

      const templates = ipfix.messages.flatMap((message) => message.templates);
      const expected = ipfix.records.map((record) => elementsOf(record, templates));
      const { flows } = json;
      const text = (elements: JsonFlow['elements']): string => elements.join();
      expect(
        inOrder(
          flows.map(({ elements }) => elements),
          text,
        ),
      ).toEqual(inOrder(expected, text));
      // Both could be wrong in the same way, but not in what was reported.
      const digits = flows.flatMap(({ elements }) => elements.map(([, value]) => value));
      for (const flow of FLOWS) {
        const output = expectedOutput(flow, CLUSTER);
        for (const counter of COUNTERS) expect(digits).toContain(output[counter]);
      }
      for (const { keys, timestamp } of flows) {
        expect(keys).toEqual(['ipfix', '@timestamp']);
        expect(timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
        expect(Date.parse(timestamp)).toBeGreaterThanOrEqual(begun);
        expect(Date.parse(timestamp)).toBeLessThanOrEqual(Date.now());
      }
    });
  }
});

const COUNTERS = ['packet', 'octet', 'reversePacket', 'reverseOctet']
  .flatMap((what) => [`${what}TotalCount`, `${what}DeltaCount`])
  .concat('throughput', 'reverseThroughput', 'throughputFromSourceNode');
