import { describe, expect, it } from '@jest/globals';
import { ExportFlows } from '../../src/application/export-flows.js';
import type { FlowBatch } from '../../src/domain/batch/flow-batch.js';
import { aBatch } from '../support/a-batch.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { ManualSink } from '../support/manual-sink.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { RecordingMetrics } from '../support/recording-metrics.js';

const rows = (count: number): FlowBatch => aBatch(Array.from({ length: count }, () => ({})));

function setUp(...sinks: ManualSink[]) {
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const metrics = new RecordingMetrics();
  const flows = new ExportFlows(clock, logger, metrics, () => 0.5, {});
  for (const sink of sinks) flows.add(sink);
  const of = (metric: string, sink = 'manual'): number => metrics.sum(`weir_sink_${metric}`, { sink });
  return { clock, logger, metrics, flows, of };
}

describe('ExportFlows.drain', () => {
  it('delivers what waits without gathering, and closes the sink', async () => {
    const sink = new ManualSink({ batching: { maxRows: 100 } });
    const { flows, of, clock } = setUp(sink);
    flows.export(rows(3));
    const drained = flows.drain(10_000);
    sink.pending[0]!.succeed();
    await drained;
    expect([of('records_delivered_total'), sink.closed, clock.timers]).toEqual([3, 1, 0]);
  });

  it('delivers one group after another', async () => {
    const sink = new ManualSink();
    sink.automatic = 'succeed';
    const { flows, of } = setUp(sink);
    for (let i = 0; i < 5; i++) flows.export(rows(1));
    await flows.drain(10_000);
    expect(of('records_delivered_total')).toBe(5);
  });

  it('tries a sink that is failing at once', async () => {
    const sink = new ManualSink();
    sink.automatic = 'fail';
    const { flows, of, clock } = setUp(sink);
    flows.export(rows(1));
    await clock.advance(20_000);
    sink.automatic = 'succeed';
    await flows.drain(10_000);
    expect(of('records_delivered_total')).toBe(1);
    expect(clock.timers).toBe(0);
  });

  it('waits a second again, should that fail', async () => {
    const sink = new ManualSink();
    sink.automatic = 'fail';
    const { flows, clock } = setUp(sink);
    flows.export(rows(1));
    await clock.advance(20_000);
    const drained = flows.drain(10_000);
    await settle();
    expect([sink.groups.length, clock.untilNext]).toEqual([6, 1_000]);
    await clock.advance(10_000);
    await drained;
  });

  it('gives up at the deadline and counts what is left', async () => {
    const sink = new ManualSink();
    const { flows, of, clock, metrics } = setUp(sink);
    for (const count of [1, 2, 3]) flows.export(rows(count));
    const drained = flows.drain(10_000);
    await clock.advance(9_999);
    expect(sink.pending[0]!.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(sink.pending[0]!.signal.aborted).toBe(true);
    sink.pending[0]!.fail();
    await drained;
    expect(metrics.value('weir_sink_records_dropped_total', { sink: 'manual', reason: 'shutdown' })).toBe(6);
    expect([of('queue_records'), flows.bytes, sink.closed]).toEqual([0, 0, 1]);
  });

  it('counts as delivered what the sink took although it was told to stop', async () => {
    const sink = new ManualSink();
    const { flows, of, clock } = setUp(sink);
    flows.export(rows(1));
    const drained = flows.drain(10);
    await clock.advance(10);
    sink.pending[0]!.succeed();
    await drained;
    expect([of('records_delivered_total'), of('records_dropped_total')]).toEqual([1, 0]);
  });

  it('does not wait for ever for a sink that does not stop', async () => {
    const sink = new ManualSink();
    const { flows, of, clock } = setUp(sink);
    flows.export(rows(1));
    let drained = false;
    void flows.drain(10).then(() => (drained = true));
    await clock.advance(510);
    expect([drained, of('records_dropped_total')]).toEqual([true, 1]);
  });

  it('gives up a retry that waits', async () => {
    const sink = new ManualSink();
    sink.automatic = 'fail';
    const { flows, of, clock } = setUp(sink);
    flows.export(rows(1));
    const drained = flows.drain(1_500);
    await clock.advance(1_500);
    await drained;
    expect([of('records_dropped_total'), clock.timers]).toEqual([1, 0]);
  });

  it('does not let one sink keep another from draining', async () => {
    const slow = new ManualSink({ name: 'slow' });
    const quick = new ManualSink({ name: 'quick' });
    quick.automatic = 'succeed';
    const { flows, clock } = setUp(slow, quick);
    flows.export(rows(1));
    void flows.drain(10_000);
    await settle();
    expect([quick.closed, slow.closed]).toEqual([1, 0]);
    await clock.advance(11_000);
    expect(slow.closed).toBe(1);
  });

  it('counts what is exported later as dropped', async () => {
    const { flows, of } = setUp(new ManualSink());
    await flows.drain(0);
    flows.export(rows(2));
    expect(of('records_dropped_total')).toBe(2);
  });

  it('survives a sink that cannot be closed', async () => {
    const sink = new ManualSink();
    sink.close = async () => {
      throw new Error('stuck');
    };
    const { flows, logger } = setUp(sink);
    await flows.drain(10);
    expect(logger.of('warn').map(({ fields }) => fields['error'])).toEqual(['stuck']);
  });
});

describe('ExportFlows.add and remove', () => {
  it('balances a later sink from when it was added', async () => {
    const { flows, of, metrics } = setUp();
    flows.export(rows(5));
    const before = metrics.value('weir_flow_exports_total');
    const sink = new ManualSink();
    flows.add(sink);
    flows.export(rows(2));
    sink.pending[0]!.succeed();
    await settle();
    expect(of('records_delivered_total')).toBe(metrics.value('weir_flow_exports_total') - before);
  });

  it('refuses two sinks of one name', () => {
    const { flows } = setUp(new ManualSink());
    expect(() => {
      flows.add(new ManualSink());
    }).toThrow(RangeError);
  });

  it('drains a sink that is removed, then shows its metrics no more', async () => {
    const sink = new ManualSink();
    const { flows, metrics } = setUp(sink);
    flows.export(rows(1));
    const removed = flows.remove('manual', 10_000);
    flows.export(rows(1));
    expect(flows.sinks).toEqual([]);
    sink.pending[0]!.succeed();
    await removed;
    expect([sink.groups.length, sink.closed]).toEqual([1, 1]);
    expect(metrics.series).toEqual(['weir_flow_exports_total{}']);
  });

  it('replaces a sink without losing a flow or a count', async () => {
    const old = new ManualSink();
    const { flows, of, metrics } = setUp(old);
    flows.export(rows(1));
    const removed = flows.remove('manual', 10_000);
    const replacement = new ManualSink();
    flows.add(replacement);
    flows.export(rows(2));
    expect(of('queue_records')).toBe(3);
    old.pending[0]!.succeed();
    await removed;
    replacement.pending[0]!.succeed();
    await settle();
    expect(of('records_delivered_total')).toBe(metrics.value('weir_flow_exports_total'));
  });

  it('accepts again when the sink that had no room is gone', () => {
    const { flows } = setUp(new ManualSink());
    while (flows.accepting) flows.export(rows(4_096));
    void flows.remove('manual', 0);
    expect(flows.accepting).toBe(true);
  });

  it('waits at the end for a sink that was removed just before', async () => {
    const sink = new ManualSink();
    const { flows } = setUp(sink);
    flows.export(rows(1));
    void flows.remove('manual', 10_000);
    let drained = false;
    const draining = flows.drain(10_000).then(() => (drained = true));
    await settle();
    expect(drained).toBe(false);
    sink.pending[0]!.succeed();
    await draining;
  });

  it('ignores the removal of a sink that is not there', async () => {
    await expect(setUp().flows.remove('none', 1)).resolves.toBeUndefined();
  });
});
