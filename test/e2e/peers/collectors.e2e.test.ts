import { describe, expect } from '@jest/globals';
import { ANTREA_FLOWS, expectedOutput, messagesOf, type TestFlow } from '../support/antrea-flows.js';
import { balancedAtRest } from '../support/balance.js';
import { eventually } from '../support/eventually.js';
import { connectTo } from '../support/exporting.js';
import { Nfacctd } from '../support/nfacctd.js';
import { Nfcapd, type NfdumpFlow } from '../support/nfcapd.js';
import { itWith } from '../support/peers.js';
import { observedFlows, probeTraffic, type ObservedFlow } from '../support/probe-traffic.js';
import { PMACCTD, softflowd, type Probe } from '../support/probes.js';
import { startWeir, type WeirProcess } from '../support/weir-process.js';

const LONG_AGO = Date.UTC(2023, 10, 14);

/** A Weir that delivers to a collector. */
const weirTo = (address: string, transport: 'TCP' | 'UDP'): Promise<WeirProcess> =>
  startWeir({
    transport,
    settings: { activeFlowRecordTimeout: '1s', flowCollector: { enable: true, address } },
  });

/** Has a probe export a capture into Weir; gives what the capture holds. */
async function probed(probe: Probe, weir: WeirProcess): Promise<ObservedFlow[]> {
  const packets = probeTraffic(LONG_AGO);
  const flows = observedFlows(packets, probe.reporting);
  await probe.exportTo(weir.ipfixPort, packets);
  return flows;
}

/** Ends Weir when it has delivered everything without a complaint about what came in. */
async function ended(weir: WeirProcess, delivered: number): Promise<void> {
  await eventually('all flows are delivered', async () => {
    return (await weir.metrics()).sum('weir_sink_records_delivered_total') === delivered;
  });
  const metrics = await balancedAtRest(weir);
  expect(metrics.sum('weir_messages_malformed_total')).toBe(0);
  expect(metrics.sum('weir_sequence_gaps_total')).toBe(0);
  expect(await weir.stop()).toEqual({ code: 0, signal: null });
}

const keyAndCounters = ({ key, packets, octets }: ObservedFlow): unknown => ({ key, packets, octets });
const bothDirections = ({ reversePackets, reverseOctets, ...flow }: NfdumpFlow): unknown => [
  keyAndCounters(flow),
  { reversePackets, reverseOctets },
];
const times = ({ startSeconds, endSeconds }: ObservedFlow): unknown => ({ startSeconds, endSeconds });

/** Demands the times of flows from an nfcapd that knows flowStartSeconds and flowEndSeconds: Debian's 1.7.1 takes only finer ones, and leaves 0. */
function expectTimes(seen: readonly NfdumpFlow[], expected: readonly ObservedFlow[]): void {
  const none = { startSeconds: 0n, endSeconds: 0n };
  const known = seen.some(({ startSeconds }) => startSeconds !== 0n);
  expect(seen.map(times)).toEqual(known ? expected.map(times) : expected.map(() => none));
}

const allRight = (flows: number): unknown => ({ flows, sequenceErrors: 0, badPackets: 0 });

for (const probe of [PMACCTD, softflowd()]) {
  describe(`what ${probe.name} exported into Weir`, () => {
    itWith([probe.name, 'nfcapd', 'nfdump'], 'is collected by nfcapd and read back with nfdump', async () => {
      const nfcapd = await Nfcapd.start();
      const weir = await weirTo(nfcapd.address, 'UDP');
      const expected = await probed(probe, weir);
      await ended(weir, expected.length);

      const { flows, summary, remarks } = await nfcapd.collected(expected.length);
      expect(flows.map(keyAndCounters)).toEqual(expected.map(keyAndCounters));
      expectTimes(flows, expected);
      expect(summary).toEqual(allRight(expected.length));
      expect(remarks).toEqual([]);
    });

    itWith([probe.name, 'nfacctd'], 'is collected and printed by nfacctd', async () => {
      const nfacctd = await Nfacctd.start();
      const weir = await weirTo(nfacctd.address, 'UDP');
      const expected = await probed(probe, weir);
      await ended(weir, expected.length);

      const { flows, remarks } = await nfacctd.collected(expected.length);
      expect(flows).toEqual(expected);
      expect(remarks).toEqual([]);
    });
  });
}

describe("what Antrea's agents report, counters of more than 32 bits and of both directions among it", () => {
  /** What collectors that count deltas are to see. */
  const expectedFlows = (flows: readonly TestFlow[]): NfdumpFlow[] =>
    flows
      .map((flow) => {
        const output = expectedOutput(flow, '');
        const number = (name: string): bigint => BigInt(output[name] as number | bigint);
        return {
          key: [
            output['sourceIPv4Address'] ?? output['sourceIPv6Address'],
            output['destinationIPv4Address'] ?? output['destinationIPv6Address'],
            output['protocolIdentifier'],
            output['sourceTransportPort'],
            output['destinationTransportPort'],
          ].join(' '),
          packets: number('packetDeltaCount'),
          octets: number('octetDeltaCount'),
          reversePackets: number('reversePacketDeltaCount'),
          reverseOctets: number('reverseOctetDeltaCount'),
          startSeconds: number('flowStartSeconds'),
          endSeconds: number('flowEndSeconds'),
        };
      })
      .toSorted((a, b) => (a.key < b.key ? -1 : 1));

  const reported = async (weir: WeirProcess): Promise<NfdumpFlow[]> => {
    const exporter = await connectTo(weir.ipfixPort);
    for (const message of messagesOf(ANTREA_FLOWS)) exporter.write(message);
    return expectedFlows(ANTREA_FLOWS);
  };

  for (const host of ['127.0.0.1', '::1'] as const) {
    itWith(['nfcapd', 'nfdump'], `is collected by nfcapd on ${host} and read back with nfdump`, async () => {
      const nfcapd = await Nfcapd.start(host);
      const weir = await weirTo(nfcapd.address, 'TCP');
      const expected = await reported(weir);
      await ended(weir, expected.length);

      const { flows, summary, remarks } = await nfcapd.collected(expected.length);
      expect(flows.map(bothDirections)).toEqual(expected.map(bothDirections));
      expectTimes(flows, expected);
      expect(summary).toEqual(allRight(expected.length));
      expect(remarks).toEqual([]);
    });
  }

  itWith(['nfacctd'], 'is collected and printed by nfacctd', async () => {
    const nfacctd = await Nfacctd.start();
    const weir = await weirTo(nfacctd.address, 'TCP');
    const expected = await reported(weir);
    await ended(weir, expected.length);

    const { flows, remarks } = await nfacctd.collected(expected.length);
    expect(flows.map((flow) => [keyAndCounters(flow), times(flow)])).toEqual(
      expected.map((flow) => [keyAndCounters(flow), times(flow)]),
    );
    expect(remarks).toEqual([]);
  });
});
