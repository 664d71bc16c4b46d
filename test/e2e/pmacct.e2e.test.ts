import { describe, expect } from '@jest/globals';
import { balancedAtRest } from './support/balance.js';
import { tcpCollector } from './support/collector.js';
import { eventually } from './support/eventually.js';
import { itWith } from './support/peers.js';
import { exportedFlows, observedFlows, probeTraffic } from './support/probe-traffic.js';
import { PMACCTD } from './support/probes.js';
import { startWeir } from './support/weir-process.js';

const LONG_AGO = Date.UTC(2023, 10, 14);

describe('pmacctd', () => {
  itWith(['pmacctd'], 'exports a capture into Weir with nfprobe, version 10', async () => {
    const collector = await tcpCollector();
    const weir = await startWeir({
      transport: 'UDP',
      settings: { activeFlowRecordTimeout: '1s', flowCollector: { enable: true, address: collector.address } },
    });
    const packets = probeTraffic(LONG_AGO);
    const expected = observedFlows(packets, PMACCTD.reporting);

    await PMACCTD.exportTo(weir.ipfixPort, packets);
    await eventually('all flows are delivered', () => collector.records.length >= expected.length);

    expect(exportedFlows(collector.records)).toEqual(expected);
    const metrics = await balancedAtRest(weir);
    expect(metrics.sum('weir_messages_malformed_total')).toBe(0);
    expect(metrics.sum('weir_sequence_gaps_total')).toBe(0);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });
});
