import { describe, expect } from '@jest/globals';
import { balancedAtRest } from './support/balance.js';
import { tcpCollector } from './support/collector.js';
import { eventually } from './support/eventually.js';
import { OpenVSwitch } from './support/open-vswitch.js';
import type { Packet } from './support/pcap.js';
import { itWith } from './support/peers.js';
import { exportedFlows, observedFlows, probeTraffic, type ObservedFlow } from './support/probe-traffic.js';
import { startWeir } from './support/weir-process.js';

const REPORTING = { conversationTimes: false, icmpAsPort: false };

const CLIENTS = ['10.1.0.1', 'fd00:1::1'];

/** What was counted, without the times: they are those of the switch's own clock. */
const counted = (flows: readonly ObservedFlow[]): [string, bigint, bigint][] =>
  flows.map(({ key, packets, octets }) => [key, packets, octets]);

describe('Open vSwitch', () => {
  itWith(['ovsdb-server', 'ovs-vswitchd'], "exports a bridge's traffic into Weir", async () => {
    const collector = await tcpCollector();
    const weir = await startWeir({
      transport: 'UDP',
      settings: { activeFlowRecordTimeout: '1s', flowCollector: { enable: true, address: collector.address } },
    });
    const bridge = await OpenVSwitch.start(weir.ipfixPort);
    const packets = probeTraffic(0);
    const begun = BigInt(Math.floor(Date.now() / 1000));
    const pass = async (some: readonly Packet[]): Promise<void> => {
      await bridge.receive(
        'p1',
        some.filter(({ source }) => CLIENTS.includes(source)),
      );
      await bridge.receive(
        'p2',
        some.filter(({ source }) => !CLIENTS.includes(source)),
      );
    };
    /** The latest of each flow, once its totals are those of the packets so far. */
    const exported = (soFar: readonly Packet[]): Promise<ObservedFlow[]> => {
      const expected = String(counted(observedFlows(soFar, REPORTING)));
      return eventually('all packets are counted', () => {
        const latest = new Map(exportedFlows(collector.records).map((flow) => [flow.key, flow]));
        return String(counted([...latest.values()])) === expected && [...latest.values()];
      });
    };
    // In two parts, of which the second continues flows of the first.
    const half = packets.slice(0, packets.length / 2);
    await pass(half);
    await exported(half);
    await pass(packets.slice(packets.length / 2));
    const flows = await exported(packets);

    const ended = BigInt(Math.ceil(Date.now() / 1000));
    for (const { startSeconds, endSeconds } of flows) {
      expect(startSeconds).toBeGreaterThanOrEqual(begun - 1n);
      expect(endSeconds).toBeGreaterThanOrEqual(startSeconds);
      expect(endSeconds).toBeLessThanOrEqual(ended + 1n);
    }
    const metrics = await balancedAtRest(weir);
    expect(metrics.sum('weir_messages_malformed_total')).toBe(0);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });
});
