import { describe, expect } from '@jest/globals';
import { balancedAtRest } from './support/balance.js';
import { tcpCollector } from './support/collector.js';
import { eventually } from './support/eventually.js';
import { itWith } from './support/peers.js';
import { exportedFlows, observedFlows, probeTraffic } from './support/probe-traffic.js';
import { softflowd } from './support/probes.js';
import { startWeir } from './support/weir-process.js';

const LONG_AGO = Date.UTC(2023, 10, 14);

/** softflowd cuts the time of its own start and each uptime to milliseconds: their sum is up to 2 ms too early. */
const UPTIME_ERROR_MS = 2;

/**
 * Uptimes count from the start of softflowd, so they can't say what was before it: the capture is of the near future. None of its packets
 * is so close after a full second that uptimes would put it into the one before.
 */
function startForUptimes(): number {
  let startMs = Date.now() + 5000;
  while (probeTraffic(startMs).some(({ atMs }) => atMs % 1000 < UPTIME_ERROR_MS)) startMs++;
  return startMs;
}

describe('softflowd -v 10 exports a capture into Weir', () => {
  for (const [times, args, startMs] of [
    ['as uptimes, its default', [], startForUptimes],
    ['in milliseconds', ['-A', 'milli'], () => LONG_AGO],
    ['in microseconds', ['-A', 'micro'], () => LONG_AGO],
    ['in nanoseconds', ['-A', 'nano'], () => LONG_AGO],
    ['in seconds', ['-A', 'sec'], () => LONG_AGO],
  ] as const) {
    itWith(['softflowd'], `with times ${times}`, async () => {
      const collector = await tcpCollector();
      const weir = await startWeir({
        transport: 'UDP',
        settings: { activeFlowRecordTimeout: '1s', flowCollector: { enable: true, address: collector.address } },
      });
      const packets = probeTraffic(startMs());
      const probe = softflowd(args);
      const expected = observedFlows(packets, probe.reporting);

      await probe.exportTo(weir.ipfixPort, packets);
      await eventually('all flows are delivered', () => collector.records.length >= expected.length);

      expect(exportedFlows(collector.records)).toEqual(expected);
      const metrics = await balancedAtRest(weir);
      expect(metrics.sum('weir_messages_malformed_total')).toBe(0);
      expect(metrics.sum('weir_sequence_gaps_total')).toBe(0);
      expect(await weir.stop()).toEqual({ code: 0, signal: null });
    });
  }
});
