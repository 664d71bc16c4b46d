import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ExportFlows } from '../../src/application/export-flows.js';
import type { FlowBatch } from '../../src/domain/batch/flow-batch.js';
import { aBatch } from '../support/a-batch.js';
import { FakeClock, settle } from '../support/fake-clock.js';
import { GradualSink } from '../support/gradual-sink.js';
import { ManualSink } from '../support/manual-sink.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { RecordingMetrics } from '../support/recording-metrics.js';

const DEADLINE_MS = 5_000;
const PARTS = ['records_delivered_total', 'records_dropped_total', 'records_filtered_total', 'queue_records'];

function setUp(recordBufferSize = 8_192) {
  const clock = new FakeClock();
  const metrics = new RecordingMetrics();
  const flows = new ExportFlows(clock, new RecordingLogger(), metrics, () => 0.5, { recordBufferSize });
  let port = 0;
  /** Exports flows, numbered on and on. */
  const batch = (count: number): FlowBatch =>
    aBatch(Array.from({ length: count }, () => ({ sourceTransportPort: port++ })));
  const of = (metric: string, sink: string): number => metrics.sum(`weir_sink_${metric}`, { sink });
  /** What is exported is delivered, dropped, filtered or queued by those that took one another's place. */
  const balance = (...names: string[]): void => {
    const sum = names.flatMap((name) => PARTS.map((part) => of(part, name))).reduce((total, part) => total + part, 0);
    expect(sum).toBe(metrics.value('weir_flow_exports_total'));
  };
  return { clock, metrics, flows, batch, of, balance };
}

const ports = (batches: readonly FlowBatch[]): number[] =>
  batches.flatMap((batch) => [...batch].map((flow) => flow.sourceTransportPort));

/** Numbers from 0. */
const upTo = (end: number): number[] => Array.from({ length: end }, (_, index) => index);

describe('ExportFlows.replace', () => {
  it('hands over what waits, in order, before what comes later', async () => {
    const { clock, flows, batch, balance } = setUp();
    const [old, next] = [new GradualSink(), new GradualSink()];
    next.isQuick = true;
    flows.add(old);
    for (const count of [8, 2, 3]) flows.export(batch(count));
    const replaced = flows.replace('gradual', next, DEADLINE_MS);
    flows.export(batch(4));
    balance('gradual');
    await settle();
    expect([next.opened, next.took]).toEqual([0, []]);
    old.take(8);
    await replaced;
    await clock.advance(100);
    expect([old.took, next.took]).toEqual([upTo(8), upTo(17).slice(8)]);
    expect([old.closed, next.opened, next.closed, clock.timers]).toEqual([1, 1, 0, 0]);
    balance('gradual');
    expect(flows.bytes).toBe(0);
  });

  it('hands over the rest of a delivery that takes too long', async () => {
    const { clock, flows, batch, of, balance } = setUp();
    const [old, next] = [new GradualSink(), new GradualSink()];
    next.isQuick = true;
    flows.add(old);
    flows.export(batch(8));
    flows.export(batch(3));
    const replaced = flows.replace('gradual', next, DEADLINE_MS);
    old.take(5);
    await clock.advance(DEADLINE_MS - 1);
    expect(old.isBusy).toBe(true);
    await clock.advance(1);
    await replaced;
    await clock.advance(100);
    expect([old.took, next.took]).toEqual([upTo(5), upTo(11).slice(5)]);
    balance('gradual');
    expect([of('records_dropped_total', 'gradual'), flows.bytes]).toEqual([0, 0]);
  });

  it('does not wait for a sink whose deliveries fail', async () => {
    const { clock, flows, batch } = setUp();
    const [old, next] = [new GradualSink(), new GradualSink()];
    next.isQuick = true;
    flows.add(old);
    flows.export(batch(8));
    old.fail();
    await clock.advance(500);
    const begun = clock.monotonicMilliseconds();
    await flows.replace('gradual', next, DEADLINE_MS);
    await settle();
    expect([clock.monotonicMilliseconds() - begun, next.took]).toEqual([0, upTo(8)]);
  });

  it('waits a second for one that tries again just now', async () => {
    const { clock, flows, batch } = setUp();
    const [old, next] = [new GradualSink(), new GradualSink()];
    next.isQuick = true;
    flows.add(old);
    flows.export(batch(8));
    old.fail();
    await clock.advance(1_500);
    expect(old.isBusy).toBe(true);
    const replaced = flows.replace('gradual', next, DEADLINE_MS);
    await clock.advance(999);
    expect(next.took).toEqual([]);
    await clock.advance(1);
    await replaced;
    await settle();
    expect(next.took).toEqual(upTo(8));
    expect(clock.timers).toBe(0);
  });

  it('makes no further attempt when the one under way fails', async () => {
    const { clock, flows, batch } = setUp();
    const [old, next] = [new GradualSink(), new GradualSink()];
    next.isQuick = true;
    flows.add(old);
    flows.export(batch(8));
    const replaced = flows.replace('gradual', next, DEADLINE_MS);
    old.take(2);
    old.fail();
    await replaced;
    await clock.advance(100);
    expect([old.took, next.took, clock.timers]).toEqual([upTo(2), upTo(8).slice(2), 0]);
  });

  it('drops the oldest of what is too much for the new queue', async () => {
    const { flows, batch, of, balance } = setUp(10);
    const [old, next] = [new GradualSink(), new GradualSink()];
    flows.add(old);
    flows.export(batch(8));
    for (let i = 0; i < 10; i++) flows.export(batch(1));
    const replaced = flows.replace('gradual', next, DEADLINE_MS);
    for (let i = 0; i < 4; i++) flows.export(batch(1));
    old.fail();
    await replaced;
    next.isQuick = true;
    next.take(Infinity);
    await settle();
    expect(of('records_dropped_total', 'gradual')).toBe(8 + 4);
    expect(next.took).toEqual(upTo(22).slice(12));
    balance('gradual');
  });

  it('keeps the counters of a sink that gives way to one of another name', async () => {
    const { clock, metrics, flows, batch, of, balance } = setUp();
    const [old, next] = [new GradualSink('ipfix'), new GradualSink('json')];
    next.isQuick = true;
    flows.add(old);
    flows.export(batch(8));
    old.take(8);
    await settle();
    flows.export(batch(3));
    await flows.replace('ipfix', next, DEADLINE_MS);
    expect(flows.sinks).toEqual(['json']);
    balance('ipfix', 'json');
    flows.export(batch(5));
    await clock.advance(100);
    balance('ipfix', 'json');
    expect([of('records_delivered_total', 'ipfix'), of('records_delivered_total', 'json')]).toEqual([8, 8]);
    await flows.replace('json', new GradualSink('ipfix'), DEADLINE_MS);
    flows.export(batch(2));
    balance('ipfix', 'json');
    expect(metrics.value('weir_sink_queue_records', { sink: 'ipfix' })).toBe(2);
  });

  it('refuses names that are not there, or are taken', () => {
    const { flows } = setUp();
    flows.add(new GradualSink('a'));
    flows.add(new GradualSink('b'));
    expect(() => flows.replace('c', new GradualSink('d'), 0)).toThrow(RangeError);
    expect(() => flows.replace('a', new GradualSink('b'), 0)).toThrow(RangeError);
    expect(flows.sinks).toEqual(['a', 'b']);
  });

  it('hands over nothing of a delivery that succeeds after all', async () => {
    const { clock, flows, batch, balance } = setUp();
    const [old, next] = [new ManualSink(), new ManualSink()];
    flows.add(old);
    flows.export(batch(2));
    const replaced = flows.replace('manual', next, DEADLINE_MS);
    await clock.advance(DEADLINE_MS);
    old.pending[0]!.succeed();
    await replaced;
    expect(next.groups).toEqual([]);
    balance('manual');
  });

  it('hands over all of a delivery whose sink does not know how far it got, or does not stop', async () => {
    const { clock, flows, batch, balance } = setUp();
    const [old, next] = [new ManualSink(), new ManualSink()];
    flows.add(old);
    flows.export(batch(2));
    const replaced = flows.replace('manual', next, DEADLINE_MS);
    await clock.advance(DEADLINE_MS + 500);
    await replaced;
    expect(next.groups.map((group) => ports(group))).toEqual([[0, 1]]);
    balance('manual');
  });

  it('keeps the order of several deliveries that are given up', async () => {
    const { clock, flows, batch } = setUp();
    const old = new ManualSink({ batching: { concurrency: 3 } });
    const next = new ManualSink({ batching: { concurrency: 9 } });
    flows.add(old);
    for (let i = 0; i < 5; i++) flows.export(batch(1));
    const replaced = flows.replace('manual', next, DEADLINE_MS);
    await clock.advance(DEADLINE_MS);
    const [first, second, third] = [...old.pending];
    third!.fail();
    first!.fail();
    second!.succeed();
    await replaced;
    expect(next.groups.map((group) => ports(group))).toEqual([[0], [2], [3], [4]]);
  });

  it('does not wait for ever for a sink that does not close', async () => {
    const { clock, flows } = setUp();
    const [old, next] = [new ManualSink(), new GradualSink()];
    old.close = () => new Promise(() => undefined);
    flows.add(old);
    const replaced = flows.replace('manual', next, DEADLINE_MS);
    await clock.advance(2_000);
    await replaced;
    expect(next.opened).toBe(1);
  });

  it('counts what a filter kept back once, by whoever took the flow', async () => {
    const { clock, flows, batch, of, balance } = setUp();
    const isOdd = (port: number): boolean => port % 2 === 1;
    const [old, next] = [new GradualSink(), new GradualSink()];
    for (const sink of [old, next])
      Object.assign(sink, { filtered: (item: FlowBatch) => ports([item]).filter(isOdd).length });
    next.isQuick = true;
    flows.add(old);
    flows.export(batch(8));
    const replaced = flows.replace('gradual', next, DEADLINE_MS);
    old.take(3);
    old.fail();
    await replaced;
    await clock.advance(100);
    expect([of('records_filtered_total', 'gradual'), of('records_delivered_total', 'gradual')]).toEqual([4, 4]);
    balance('gradual');
  });
});

describe('ExportFlows.replace: sinks that encode', () => {
  const encode = async (batch: FlowBatch): Promise<Uint8Array> => Uint8Array.from(ports([batch]));
  const encoding = (name: string, kind?: string): ManualSink<Uint8Array> =>
    Object.assign(new ManualSink<Uint8Array>({ name, encode }), kind === undefined ? {} : { encoding: kind });

  it('hands what was encoded to a sink of the same encoding', async () => {
    const { flows, batch, balance } = setUp();
    const [old, next] = [encoding('old', 'ports'), encoding('new', 'ports')];
    flows.add(old);
    for (let i = 0; i < 3; i++) flows.export(batch(1));
    await settle();
    const replaced = flows.replace('old', next, DEADLINE_MS);
    balance('old', 'new');
    old.pending[0]!.fail();
    await replaced;
    next.automatic = 'succeed';
    next.pending[0]!.succeed();
    await settle();
    expect(next.groups.flat().map((item) => [...item])).toEqual([[0], [1], [2]]);
    balance('old', 'new');
    expect(flows.bytes).toBe(0);
  });

  it('has the old sink deliver what only it can, and counts as dropped what it does not', async () => {
    const { clock, flows, batch, of, balance } = setUp();
    const [old, next] = [encoding('old', 'ports'), encoding('new', 'other')];
    flows.add(old);
    for (let i = 0; i < 3; i++) flows.export(batch(1));
    await settle();
    const replaced = flows.replace('old', next, DEADLINE_MS);
    flows.export(batch(1));
    old.pending[0]!.fail();
    await clock.advance(1_000);
    old.pending[0]!.succeed();
    await settle();
    balance('old', 'new');
    await clock.advance(DEADLINE_MS + 500);
    await replaced;
    next.automatic = 'succeed';
    next.pending[0]?.succeed();
    await settle();
    expect([of('records_delivered_total', 'old'), of('records_dropped_total', 'old')]).toEqual([1, 2]);
    expect(next.groups.flat().map((item) => [...item])).toEqual([[3]]);
    balance('old', 'new');
    expect(flows.bytes).toBe(0);
  });

  it('hands over batches that are still being encoded', async () => {
    const { clock, flows, batch, balance } = setUp();
    const old = new ManualSink<Uint8Array>({ name: 'old', encode: () => new Promise(() => undefined) });
    const next = encoding('new');
    next.automatic = 'succeed';
    flows.add(old);
    flows.export(batch(2));
    await flows.replace('old', next, DEADLINE_MS);
    await clock.advance(1_000);
    expect(next.groups.flat().map((item) => [...item])).toEqual([[0, 1]]);
    balance('old', 'new');
    expect(flows.bytes).toBe(0);
  });
});

describe('ExportFlows.drain during a replacement', () => {
  it('gives the old sink half of the time, and the new one the rest', async () => {
    const { clock, flows, batch, balance } = setUp();
    const [old, next] = [new GradualSink(), new GradualSink()];
    next.isQuick = true;
    flows.add(old);
    for (const count of [8, 3]) flows.export(batch(count));
    void flows.replace('gradual', next, 10_000);
    old.take(1);
    const drained = flows.drain(4_000);
    await clock.advance(1_999);
    expect(next.took).toEqual([]);
    await clock.advance(1);
    await drained;
    expect([old.took, next.took, next.closed, clock.timers]).toEqual([[0], upTo(11).slice(1), 1, 0]);
    balance('gradual');
  });

  it('counts what neither takes', async () => {
    const { clock, flows, batch, of, balance } = setUp();
    const [old, next] = [new GradualSink(), new GradualSink()];
    flows.add(old);
    for (const count of [8, 3]) flows.export(batch(count));
    void flows.replace('gradual', next, 10_000);
    const drained = flows.drain(4_000);
    await clock.advance(4_500);
    await drained;
    expect([of('records_dropped_total', 'gradual'), flows.bytes, clock.timers]).toEqual([11, 0, 0]);
    balance('gradual');
  });
});

describe('Replacing sinks again and again', () => {
  type Step =
    | { readonly do: 'export' | 'take' | 'advance'; readonly count: number }
    | { readonly do: 'fail' | 'next' | 'replace' | 'rename' };

  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ do: fc.constantFrom('export', 'take'), count: fc.integer({ min: 1, max: 12 }) }),
    fc.record({ do: fc.constant('advance'), count: fc.constantFrom(0, 50, 200, 1_000, 6_000) }),
    fc.record({ do: fc.constantFrom('fail', 'next', 'replace', 'rename') }),
  );

  it('loses no flow, delivers none twice, keeps their order, and always balances', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { clock, flows, batch, balance } = setUp();
        const sinks = [new GradualSink('a')];
        flows.add(sinks[0]!);
        let isReplacing = false;
        let exported = 0;
        const check = (): void => balance('a', 'b');
        for (const one of steps) {
          const busy = sinks.find(({ isBusy }) => isBusy);
          if (one.do === 'export') {
            flows.export(batch(one.count));
            exported += one.count;
          } else if (one.do === 'take') busy?.take(one.count);
          else if (one.do === 'advance') await clock.advance(one.count);
          else if (one.do === 'fail') busy?.fail();
          else if (one.do === 'next') await clock.turn();
          else if (!isReplacing) {
            const { name } = sinks.at(-1)!;
            const other = name === 'a' ? 'b' : 'a';
            sinks.push(new GradualSink(one.do === 'rename' ? other : name));
            isReplacing = true;
            void flows.replace(name, sinks.at(-1)!, DEADLINE_MS).then(() => (isReplacing = false));
          }
          check();
        }
        await clock.advance(DEADLINE_MS + 1_000);
        for (const sink of sinks) {
          sink.isQuick = true;
          sink.take(Infinity);
        }
        await clock.advance(60_000);
        check();
        expect(sinks.flatMap(({ took }) => took)).toEqual(upTo(exported));
        expect(flows.bytes).toBe(0);
        await flows.drain(0);
        expect(sinks.map(({ closed }) => closed)).toEqual(sinks.map(() => 1));
        expect(clock.timers).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
