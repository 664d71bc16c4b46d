import { describe, expect, it } from '@jest/globals';
import type { RecordStreamOptions } from '../../../src/adapters/simulator/record-stream.js';
import { eventually } from '../support/eventually.js';
import { startWeir, type WeirProcess } from '../support/weir-process.js';
import { startCollector, type Collector } from './support/collector.js';
import { expectBalancedTotals, expectGaplessSequences, packetsByFlow, totalsOf } from './support/deliveries.js';
import { packetsARound, StreamLoad } from './support/stream-load.js';

const MOST_MS = 10_000;

interface Scene {
  readonly weir: WeirProcess;
  readonly collector: Collector;
  readonly load: StreamLoad;
}

async function startScene(stream: RecordStreamOptions): Promise<Scene> {
  const collector = await startCollector();
  const weir = await startWeir({
    settings: {
      activeFlowRecordTimeout: '1h',
      inactiveFlowRecordTimeout: '1h',
      flowCollector: { enable: true, address: collector.addressFor('tcp') },
    },
  });
  return { weir, collector, load: await StreamLoad.connect(weir.ipfixPort, stream) };
}

/** Sends until the service wants no more, ends it when `isTime`, and demands that it ends in order and in time. */
async function endUnderLoad({ weir, load }: Scene, isTime: () => Promise<boolean>): Promise<void> {
  const sending = (async () => {
    while (!load.isRefused) await load.send(1_000);
    await load.finish();
  })();
  await eventually('there is enough load', isTime);
  const begun = performance.now();
  expect(await weir.stop()).toEqual({ code: 0, signal: null });
  expect(performance.now() - begun).toBeLessThan(MOST_MS);
  await sending;
}

describe('kill -TERM during load', () => {
  it('exports every flow that was updated since its last export', async () => {
    const flows = 50_000;
    const scene = await startScene({ flows });
    const { weir, collector, load } = scene;
    // By then every flow was exported once, when it was new, and is not due again for an hour.
    await endUnderLoad(scene, async () => {
      const metrics = await weir.metrics();
      return metrics.sum('weir_sink_records_delivered_total') >= flows && load.sent > 4 * flows;
    });
    await collector.finish();

    const { messages } = collector;
    expectGaplessSequences(messages);
    const packets = packetsByFlow(messages, flows);
    const sent = (flow: number): number => packetsARound(flow) * Math.ceil((load.sent - flow) / flows);
    expect(packets).toEqual(Float64Array.from({ length: flows }, (_, flow) => sent(flow)));
    const totals = totalsOf(weir);
    expectBalancedTotals(totals);
    expect(totals).toMatchObject({ recordsReceived: load.sent, exportsDropped: 0 });
  }, 60_000);

  it('exports flows that wait for their other half as they are', async () => {
    const flows = 40_000;
    // One of two exporters: it reports its own flows' source halves and the other's flows' destination halves.
    const scene = await startScene({ flows, exporters: 2, kind: 'interNode' });
    const { weir, collector, load } = scene;
    await endUnderLoad(scene, async () => {
      const metrics = await weir.metrics();
      return metrics.sum('weir_flows', { state: 'waiting' }) === flows && load.sent > 2 * flows;
    });
    await collector.finish();

    const { messages } = collector;
    expectGaplessSequences(messages);
    const times = packetsByFlow(messages, flows).map((packets, flow) => packets / packetsARound(flow));
    const totals = totalsOf(weir);
    expectBalancedTotals(totals);
    expect(totals).toMatchObject({ recordsReceived: load.sent, exports: flows, exportsDropped: 0 });
    // Every record that was sent is in some flow, and every flow arrived, with each of its records once.
    expect(times.reduce((sum, records) => sum + records, 0)).toBe(load.sent);
    expect([...new Set(times)].sort()).toEqual([Math.floor(load.sent / flows), Math.ceil(load.sent / flows)]);
  }, 60_000);
});
