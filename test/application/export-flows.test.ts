import { describe, expect, it } from '@jest/globals';
import { ExportFlows } from '../../src/application/export-flows.js';
import type { FlowSink } from '../../src/application/ports/flow-sink.js';
import type { FlowBatch } from '../../src/domain/batch/flow-batch.js';
import { aBatch } from '../support/a-batch.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { ManualSink } from '../support/manual-sink.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { RecordingMetrics } from '../support/recording-metrics.js';

const rows = (count: number): FlowBatch => aBatch(Array.from({ length: count }, () => ({})));
const BATCH = rows(4_096);

interface Setup {
  readonly recordBufferSize?: number;
  readonly sinks?: readonly FlowSink<unknown>[];
}

function setUp({ recordBufferSize = 8_192, sinks = [] }: Setup = {}) {
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const metrics = new RecordingMetrics();
  const flows = new ExportFlows(clock, logger, metrics, () => 0.5, { recordBufferSize });
  for (const sink of sinks) flows.add(sink);
  const of = (metric: string, sink = 'manual'): number => metrics.sum(`weir_sink_${metric}`, { sink });
  /** The equation of design: what was exported is delivered, dropped, filtered or queued. */
  const balance = (sink = 'manual', exported = metrics.value('weir_flow_exports_total')): void => {
    const parts = ['records_delivered_total', 'records_dropped_total', 'records_filtered_total', 'queue_records'];
    expect(parts.reduce((sum, part) => sum + of(part, sink), 0)).toBe(exported);
  };
  return { clock, logger, metrics, flows, of, balance };
}

describe('ExportFlows: fan-out', () => {
  it('counts each flow once, however many sinks there are', () => {
    const { flows, metrics } = setUp({ sinks: [new ManualSink({ name: 'a' }), new ManualSink({ name: 'b' })] });
    flows.export(rows(3));
    expect(metrics.value('weir_flow_exports_total')).toBe(3);
  });

  it('counts flows that no sink gets', () => {
    const { flows, metrics } = setUp();
    flows.export(rows(2));
    expect(metrics.value('weir_flow_exports_total')).toBe(2);
  });

  it('gives every sink the same batch', () => {
    const sinks = [new ManualSink({ name: 'a' }), new ManualSink({ name: 'b' })] as const;
    const { flows } = setUp({ sinks });
    const batch = rows(1);
    flows.export(batch);
    expect(sinks.map((sink) => sink.groups)).toEqual([[[batch]], [[batch]]]);
  });

  it('does not let a slow sink slow another', async () => {
    const slow = new ManualSink({ name: 'slow' });
    const quick = new ManualSink({ name: 'quick' });
    quick.automatic = 'succeed';
    const { flows, of, clock } = setUp({ sinks: [slow, quick] });
    for (let i = 0; i < 20; i++) {
      flows.export(BATCH);
      await clock.turn();
    }
    expect(of('records_delivered_total', 'quick')).toBe(20 * 4_096);
    expect(of('records_dropped_total', 'quick')).toBe(0);
    expect(slow.pending).toHaveLength(1);
  });

  it('does not let a sink that throws disturb another', async () => {
    const broken = new ManualSink({ name: 'broken' });
    broken.deliver = () => {
      throw new Error('thrown, not rejected');
    };
    const good = new ManualSink({ name: 'good' });
    good.automatic = 'succeed';
    const { flows, of, logger, balance } = setUp({ sinks: [broken, good] });
    flows.export(rows(1));
    await settle();
    expect(of('records_delivered_total', 'good')).toBe(1);
    expect(logger.of('warn')[0]!.fields).toEqual({ sink: 'broken', records: 1, error: 'thrown, not rejected' });
    balance('broken');
    balance('good');
  });

  it('ignores an empty batch', () => {
    const sink = new ManualSink();
    const { flows } = setUp({ sinks: [sink] });
    flows.export(rows(0));
    expect(sink.groups).toEqual([]);
  });
});

describe('ExportFlows: gathering', () => {
  const gather = { maxRows: 10, maxBytes: 1_000_000, maxWaitMs: 500 };

  it('delivers once maxRows are there', () => {
    const sink = new ManualSink({ batching: gather });
    const { flows } = setUp({ sinks: [sink] });
    flows.export(rows(6));
    expect(sink.groups).toHaveLength(0);
    flows.export(rows(4));
    expect(sink.groups.map((group) => group.length)).toEqual([2]);
  });

  it('puts no more than maxRows into a group', () => {
    const sink = new ManualSink({ batching: gather });
    const { flows } = setUp({ sinks: [sink] });
    flows.export(rows(6));
    flows.export(rows(6));
    expect(sink.groups.map((group) => group.length)).toEqual([1]);
  });

  it('delivers a batch that is larger than maxRows alone', () => {
    const sink = new ManualSink({ batching: gather });
    const { flows } = setUp({ sinks: [sink] });
    flows.export(rows(30));
    expect(sink.groups.map((group) => group.length)).toEqual([1]);
  });

  it('delivers once maxBytes are there', () => {
    const bytes = rows(1).byteLength;
    const sink = new ManualSink({ batching: { ...gather, maxBytes: 2 * bytes } });
    const { flows } = setUp({ sinks: [sink] });
    flows.export(rows(1));
    expect(sink.groups).toHaveLength(0);
    flows.export(rows(1));
    expect(sink.groups.map((group) => group.length)).toEqual([2]);
  });

  it('delivers what is there after maxWaitMs', async () => {
    const sink = new ManualSink({ batching: gather });
    const { flows, clock } = setUp({ sinks: [sink] });
    flows.export(rows(1));
    await clock.advance(499);
    expect(sink.groups).toHaveLength(0);
    await clock.advance(1);
    expect(sink.groups).toHaveLength(1);
  });

  it('delivers one group at a time, in order', async () => {
    const sink = new ManualSink();
    const { flows } = setUp({ sinks: [sink] });
    const batches = [rows(1), rows(2), rows(3)];
    for (const batch of batches) flows.export(batch);
    expect(sink.pending).toHaveLength(1);
    for (let i = 0; i < 3; i++) {
      sink.pending[0]!.succeed();
      await settle();
    }
    expect(sink.groups).toEqual(batches.map((batch) => [batch]));
  });

  it('delivers as many at a time as the sink wants', () => {
    const sink = new ManualSink({ batching: { concurrency: 2 } });
    const { flows } = setUp({ sinks: [sink] });
    for (let i = 0; i < 3; i++) flows.export(rows(1));
    expect(sink.pending).toHaveLength(2);
  });

  it('gathers no further when the queue has no room for more', () => {
    const sink = new ManualSink({ batching: { maxRows: 1_000_000, maxBytes: Number.POSITIVE_INFINITY } });
    const { flows, of } = setUp({ sinks: [sink] });
    for (let i = 0; i < 4; i++) flows.export(BATCH);
    expect(sink.groups.length).toBeGreaterThan(0);
    expect(of('records_dropped_total')).toBe(0);
  });
});

describe('ExportFlows: retries', () => {
  it('tries the same group again after 1 s, doubling to 30 s', async () => {
    const sink = new ManualSink();
    sink.automatic = 'fail';
    const { flows, clock, of } = setUp({ sinks: [sink] });
    flows.export(rows(1));
    await settle();
    for (const [attempts, wait] of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].entries()) {
      expect(sink.groups).toHaveLength(attempts + 1);
      expect(clock.untilNext).toBe(wait);
      await clock.advance(wait);
    }
    expect(new Set(sink.groups).size).toBe(1);
    expect(of('retries_total')).toBe(7);
  });

  it('begins with short waits again after a success', async () => {
    const sink = new ManualSink();
    sink.automatic = 'fail';
    const { flows, clock } = setUp({ sinks: [sink] });
    flows.export(rows(1));
    await clock.advance(20_000);
    sink.automatic = 'succeed';
    await clock.advance(20_000);
    sink.automatic = 'fail';
    flows.export(rows(1));
    await settle();
    expect(clock.untilNext).toBe(1_000);
  });

  it('says once that a sink began to fail and once that it recovered, with the numbers', async () => {
    const sink = new ManualSink();
    sink.automatic = 'fail';
    const { flows, clock, logger } = setUp({ sinks: [sink] });
    flows.export(BATCH);
    await clock.advance(7_000);
    for (let i = 0; i < 4; i++) flows.export(BATCH);
    sink.automatic = 'succeed';
    await clock.advance(8_000);
    expect(logger.of('warn').map(({ fields }) => fields)).toEqual([{ sink: 'manual', records: 4_096, error: 'no' }]);
    expect(logger.of('info').map(({ fields }) => fields)).toEqual([
      { sink: 'manual', seconds: 15, retries: 4, dropped: 2 * 4_096 },
    ]);
  });

  it('goes on with what waits once the sink recovered', async () => {
    const sink = new ManualSink();
    const { flows, clock, of, balance } = setUp({ sinks: [sink] });
    flows.export(rows(1));
    flows.export(rows(2));
    sink.pending[0]!.fail();
    await clock.advance(1_000);
    sink.pending[0]!.succeed();
    await settle();
    sink.pending[0]!.succeed();
    await settle();
    expect(of('records_delivered_total')).toBe(3);
    balance();
  });
});

describe('ExportFlows: a full queue', () => {
  it('holds recordBufferSize records beside what is being delivered, then drops the oldest', () => {
    const sink = new ManualSink();
    const { flows, of, balance } = setUp({ sinks: [sink], recordBufferSize: 8_192 });
    flows.export(rows(1));
    for (let i = 0; i < 8_192; i++) flows.export(rows(1));
    expect(of('records_dropped_total')).toBe(0);
    flows.export(rows(5));
    expect(of('records_dropped_total')).toBe(5);
    expect(of('queue_records')).toBe(8_193);
    balance();
  });

  it('never holds fewer than recordBufferSize records because batches are large', () => {
    const { flows, of } = setUp({ sinks: [new ManualSink()] });
    for (const batch of [rows(1), BATCH, BATCH, rows(10)]) flows.export(batch);
    expect(of('records_dropped_total')).toBe(0);
  });

  it.each([0, 10])('holds a whole batch, even if recordBufferSize is %d', (recordBufferSize) => {
    const { flows, of } = setUp({ sinks: [new ManualSink()], recordBufferSize });
    flows.export(rows(1));
    expect(flows.accepting).toBe(true);
    flows.export(BATCH);
    expect(of('records_dropped_total')).toBe(0);
    flows.export(BATCH);
    expect(of('records_dropped_total')).toBe(4_096);
  });

  it('holds more where the sink has a larger limit of rows', () => {
    const sink = new ManualSink({ queueLimit: { maxRows: 5 * 4_096, maxBytes: Number.POSITIVE_INFINITY } });
    const { flows, of } = setUp({ sinks: [sink] });
    for (let i = 0; i < 6; i++) flows.export(BATCH);
    expect(of('records_dropped_total')).toBe(0);
    flows.export(BATCH);
    expect(of('records_dropped_total')).toBe(4_096);
  });

  it("drops for the sink's limit of bytes, but not below recordBufferSize", () => {
    const sink = new ManualSink({ queueLimit: { maxRows: 20 * 4_096, maxBytes: 3 * BATCH.byteLength } });
    const { flows, of } = setUp({ sinks: [sink] });
    for (let i = 0; i < 4; i++) flows.export(BATCH);
    expect(of('records_dropped_total')).toBe(0);
    flows.export(BATCH);
    expect(of('records_dropped_total')).toBe(4_096);
    const small = new ManualSink({ name: 'small', queueLimit: { maxRows: 20 * 4_096, maxBytes: 1 } });
    flows.add(small);
    for (let i = 0; i < 3; i++) flows.export(BATCH);
    expect(of('records_dropped_total', 'small')).toBe(0);
  });

  it('says that it drops as something that repeats', () => {
    const { flows, logger } = setUp({ sinks: [new ManualSink()], recordBufferSize: 1 });
    for (let i = 0; i < 3; i++) flows.export(BATCH);
    expect(logger.of('repeated').map(({ fields }) => fields)).toEqual([
      { sink: 'manual', records: 4_096, error: undefined },
    ]);
  });
});

describe('ExportFlows: room', () => {
  it('accepts without a sink', () => {
    expect(setUp().flows.accepting).toBe(true);
  });

  it('accepts while a whole batch fits without displacing any', () => {
    const { flows, of } = setUp({ sinks: [new ManualSink()] });
    while (flows.accepting) flows.export(BATCH);
    expect(of('records_dropped_total')).toBe(0);
    expect(of('queue_records')).toBe(3 * 4_096);
  });

  it('does not accept when the only sink retries', async () => {
    const sink = new ManualSink();
    const { flows, clock } = setUp({ sinks: [sink] });
    flows.export(rows(1));
    sink.pending[0]!.fail();
    await settle();
    expect(flows.accepting).toBe(false);
    await clock.advance(1_000);
    sink.pending[0]!.succeed();
    await settle();
    expect(flows.accepting).toBe(true);
  });

  it('accepts while one of several is healthy and has room', async () => {
    const dead = new ManualSink({ name: 'dead' });
    dead.automatic = 'fail';
    const alive = new ManualSink({ name: 'alive' });
    alive.automatic = 'succeed';
    const { flows, of, clock } = setUp({ sinks: [dead, alive] });
    for (let i = 0; i < 10; i++) {
      expect(flows.accepting).toBe(true);
      flows.export(BATCH);
      await clock.turn();
    }
    expect(of('records_dropped_total', 'alive')).toBe(0);
    expect(of('records_dropped_total', 'dead')).toBe(7 * 4_096);
  });

  it('tells who waits, once, when there is room again', async () => {
    const sink = new ManualSink();
    const { flows } = setUp({ sinks: [sink] });
    while (flows.accepting) flows.export(BATCH);
    let told = 0;
    flows.whenRoom(() => told++);
    expect(told).toBe(0);
    for (let i = 0; i < 3; i++) {
      sink.pending[0]!.succeed();
      await settle();
      expect(told).toBe(1);
    }
  });

  it('tells at once when there is room', () => {
    let told = 0;
    setUp().flows.whenRoom(() => told++);
    expect(told).toBe(1);
  });

  it('drops nothing of 500,000 flows that are due at once, with one healthy sink', async () => {
    const sink = new ManualSink({ batching: { maxRows: 4_096 } });
    sink.automatic = 'succeed';
    const { flows, of, balance } = setUp({ sinks: [sink] });
    for (let left = 500_000; left > 0;) {
      if (!flows.accepting) await new Promise<void>((resolve) => flows.whenRoom(resolve));
      flows.export(BATCH);
      left -= BATCH.length;
    }
    await settle();
    expect(of('records_dropped_total')).toBe(0);
    expect(of('queue_records')).toBe(0);
    balance();
  });
});

describe('ExportFlows: encode', () => {
  it('is called when a batch is queued, and what it gives is delivered in order', async () => {
    const done: ((value: string) => void)[] = [];
    const sink = new ManualSink<string>({ encode: () => new Promise((resolve) => done.push(resolve)) });
    sink.automatic = 'succeed';
    const { flows } = setUp({ sinks: [sink] });
    flows.export(rows(1));
    flows.export(rows(1));
    expect(done).toHaveLength(2);
    done[1]!('second');
    await settle();
    expect(sink.groups).toEqual([]);
    done[0]!('first');
    await settle();
    expect(sink.groups).toEqual([['first'], ['second']]);
  });

  it('that fails or throws drops the batch, counted and logged, and nothing else', async () => {
    let calls = 0;
    const sink = new ManualSink<string>({
      encode: (batch) => {
        calls++;
        if (calls === 1) throw new Error('thrown');
        return calls === 2 ? Promise.reject(new Error('rejected')) : Promise.resolve(`${batch.length} rows`);
      },
    });
    sink.automatic = 'succeed';
    const { flows, metrics, logger, balance, clock } = setUp({ sinks: [sink] });
    for (const count of [1, 2, 3]) flows.export(rows(count));
    await clock.turn();
    expect(sink.groups).toEqual([['3 rows']]);
    expect(metrics.value('weir_sink_records_dropped_total', { sink: 'manual', reason: 'encode' })).toBe(3);
    expect(logger.of('repeated').map(({ fields }) => fields['error'])).toEqual(['thrown', 'rejected']);
    expect(flows.bytes).toBe(0);
    balance();
  });

  it('of a batch that was dropped meanwhile is forgotten', async () => {
    const done: ((value: string) => void)[] = [];
    const sink = new ManualSink<string>({ encode: () => new Promise((resolve) => done.push(resolve)) });
    const { flows, of, balance } = setUp({ sinks: [sink], recordBufferSize: 1 });
    flows.export(BATCH);
    flows.export(BATCH);
    for (const [index, resolve] of done.entries()) resolve(String(index));
    await settle();
    expect(sink.groups).toEqual([['1']]);
    expect(of('records_dropped_total')).toBe(4_096);
    balance();
  });
});

describe('ExportFlows: memory', () => {
  it('counts a batch that several sinks hold once, until the last lets go', async () => {
    const sinks = [new ManualSink({ name: 'a' }), new ManualSink({ name: 'b' })] as const;
    const { flows } = setUp({ sinks });
    const batch = rows(7);
    flows.export(batch);
    expect(flows.bytes).toBe(batch.byteLength);
    sinks[0].pending[0]!.succeed();
    await settle();
    expect(flows.bytes).toBe(batch.byteLength);
    sinks[1].pending[0]!.succeed();
    await settle();
    expect(flows.bytes).toBe(0);
  });

  it('counts what a batch was encoded to in its place', async () => {
    const sink = new ManualSink<Uint8Array>({ encode: () => Promise.resolve(new Uint8Array(99)) });
    const { flows } = setUp({ sinks: [sink] });
    flows.export(rows(7));
    await settle();
    expect(flows.bytes).toBe(99);
    sink.pending[0]!.succeed();
    await settle();
    expect(flows.bytes).toBe(0);
  });

  it('forgets what it drops', async () => {
    const { flows, of } = setUp({ sinks: [new ManualSink()], recordBufferSize: 1 });
    for (let i = 0; i < 10; i++) flows.export(rows(4_096));
    expect(of('queue_records')).toBe(2 * 4_096);
    expect(flows.bytes).toBe(2 * BATCH.byteLength);
  });
});

describe('ExportFlows: filters and gauges', () => {
  it('counts what the sink filtered apart from what it delivered', async () => {
    const sink = new ManualSink({ filtered: (batch) => batch.length - 1 });
    sink.automatic = 'succeed';
    const { flows, of, balance } = setUp({ sinks: [sink] });
    flows.export(rows(5));
    await settle();
    expect([of('records_delivered_total'), of('records_filtered_total')]).toEqual([1, 4]);
    balance();
  });

  it('shows the age of the oldest flow that is not delivered', async () => {
    const sink = new ManualSink();
    const { flows, clock, of } = setUp({ sinks: [sink] });
    expect(of('lag_seconds')).toBe(0);
    flows.export(rows(1));
    await clock.advance(2_000);
    flows.export(rows(1));
    await clock.advance(1_000);
    expect(of('lag_seconds')).toBe(3);
    sink.pending[0]!.succeed();
    await settle();
    expect(of('lag_seconds')).toBe(1);
  });

  it('observes how long successful deliveries took', async () => {
    const sink = new ManualSink();
    const { flows, clock, metrics } = setUp({ sinks: [sink] });
    flows.export(rows(1));
    await clock.advance(300);
    sink.pending[0]!.fail();
    await clock.advance(1_000);
    await clock.advance(250);
    sink.pending[0]!.succeed();
    await settle();
    expect(metrics.observed('weir_sink_delivery_seconds', { sink: 'manual' })).toEqual([0.25]);
  });

  it('shows every metric of a sink at 0 from the start', () => {
    const { metrics } = setUp({ sinks: [new ManualSink()] });
    expect(metrics.series.filter((series) => series.includes('manual'))).toEqual([
      'weir_sink_delivery_seconds{sink="manual"}',
      'weir_sink_lag_seconds{sink="manual"}',
      'weir_sink_queue_records{sink="manual"}',
      'weir_sink_records_delivered_total{sink="manual"}',
      'weir_sink_records_dropped_total{reason="encode",sink="manual"}',
      'weir_sink_records_dropped_total{reason="full",sink="manual"}',
      'weir_sink_records_dropped_total{reason="shutdown",sink="manual"}',
      'weir_sink_records_filtered_total{sink="manual"}',
      'weir_sink_retries_total{sink="manual"}',
    ]);
  });
});
