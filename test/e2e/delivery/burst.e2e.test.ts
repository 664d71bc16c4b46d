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
const ATTEMPTS = 3;

/** How many seconds late the event loop was at most since this was last asked. */
async function mostDelay(weir: WeirProcess): Promise<number> {
  return (await weir.metrics()).value('weir_event_loop_delay_seconds', { quantile: '1' });
}

/** Has all flows fall due at once; resolves with the most that the event loop was late while they left. */
async function burst(): Promise<number> {
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
  await load.send(FLOWS);
  await load.finish();
  const learned = await weir.metrics();
  expect(learned.sum('weir_flows')).toBe(FLOWS);
  expect(learned.sum('weir_sink_records_delivered_total')).toBe(0);

  const collector = new Collector({ port: nobody.port });
  await collector.loaded();
  await mostDelay(weir);
  await collector.listen();
  await eventually('a first part arrived', () => collector.reported > 0, { withinMs: 60_000 });
  await atRest('what the collector reads', () => collector.reported, { withinMs: 60_000 });
  const seconds = await mostDelay(weir);

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
  expect(await weir.stop()).toEqual({ code: 0, signal: null });
  await collector.finish();
  return seconds;
}

describe('500 k flows that are due in the same second', () => {
  it('reach a healthy collector, each once, while the event loop goes on', async () => {
    // What else the machine does can only make the event loop later, so the least of a few times is Weir's own.
    const delays: number[] = [];
    while (delays.length < ATTEMPTS && !delays.some((seconds) => seconds <= MOST_DELAY_SECONDS))
      delays.push(await burst());
    console.info(
      `the event loop was at most ${delays.map((seconds) => Math.round(seconds * 1_000)).join(', ')} ms late`,
    );
    expect(Math.min(...delays)).toBeLessThanOrEqual(MOST_DELAY_SECONDS);
  }, 180_000);
});
