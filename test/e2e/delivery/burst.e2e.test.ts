import { describe, expect, it } from '@jest/globals';
import { expectBalance } from '../support/balance.js';
import { atRest, eventually } from '../support/eventually.js';
import { startWeir, type WeirProcess } from '../support/weir-process.js';
import { briefRecords } from './support/collector-report.js';
import { Collector, startCollector } from './support/collector.js';
import { expectGaplessSequences } from './support/deliveries.js';
import { flowNumber, StreamLoad } from './support/stream-load.js';

const FLOWS = 500_000;
const MOST_DELAY_SECONDS = 0.05;

/** How many seconds late the event loop was at most since this was last asked. */
async function mostDelay(weir: WeirProcess): Promise<number> {
  return (await weir.metrics()).value('weir_event_loop_delay_seconds', { quantile: '1' });
}

describe('500 k flows that are due in the same second', () => {
  it('reach a healthy collector, each once, while the event loop goes on', async () => {
    // While nobody listens flows that are due wait in the table, all of them until the same moment.
    const nobody = await startCollector();
    await nobody.kill();
    const weir = await startWeir({
      settings: {
        activeFlowRecordTimeout: '1h',
        inactiveFlowRecordTimeout: '1h',
        flowCollector: { enable: true, address: nobody.addressFor('tcp') },
      },
    });
    const load = await StreamLoad.connect(weir.ipfixPort, { flows: FLOWS });
    await mostDelay(weir);
    await load.send(FLOWS);
    await load.finish();
    const learning = await mostDelay(weir);
    const learned = await weir.metrics();
    expect(learned.sum('weir_flows')).toBe(FLOWS);
    expect(learned.sum('weir_sink_records_delivered_total')).toBe(0);

    const collector = new Collector({ port: nobody.port });
    await collector.loaded();
    await mostDelay(weir);
    await collector.listen();
    await eventually('a first part arrived', () => collector.reported > 0, { withinMs: 60_000 });
    const begun = performance.now();
    await atRest('what the collector reads', () => collector.reported, { withinMs: 60_000 });
    const burst = await mostDelay(weir);
    console.info(
      `event loop at most ${learning * 1000} ms late while learning, ${burst * 1000} ms in the burst, which took ${performance.now() - begun} ms`,
    );

    const times = new Uint8Array(FLOWS);
    const { messages } = collector;
    expectGaplessSequences(messages);
    for (const message of messages) for (const record of briefRecords(message)) times[flowNumber(record)]!++;
    expect(times.filter((count) => count !== 1)).toHaveLength(0);
    const metrics = await weir.metrics();
    expect(metrics.sum('weir_flow_exports_total')).toBe(FLOWS);
    expect(metrics.sum('weir_sink_records_delivered_total')).toBe(FLOWS);
    expect(metrics.sum('weir_sink_records_dropped_total')).toBe(0);
    expectBalance(metrics);
    expect(burst).toBeLessThanOrEqual(MOST_DELAY_SECONDS);
  }, 120_000);
});
