import { afterEach, expect, it } from '@jest/globals';
import { ExportFlows } from '../../../src/application/export-flows.js';
import { RecordingMetrics } from '../recording-metrics.js';
import { longGroup, numbered, numberedGroup, upTo } from './numbered-flows.js';
import { ABORT_GRACE_MS, SinkFixture, type FixtureOptions } from './sink-fixture.js';
import { isUnable, type SinkDestination, type SinkHarness } from './sink-harness.js';
import { untilQuiet, untilWithTime, withTime } from './waiting.js';

/** Flows that the queue holds at least, where a test wants it to overflow. */
const SMALL_QUEUE = 500;

/** What closing a sink may take when its destination takes nothing. */
const CLOSE_MS = 1_000;

/** A sink of a test behind the queue that it has in the service. */
class QueuedSink<D extends SinkDestination, Q> {
  readonly metrics = new RecordingMetrics();
  readonly fixture: SinkFixture<D, Q>;
  readonly flows: ExportFlows;

  constructor(fixture: SinkFixture<D, Q>, recordBufferSize: number) {
    this.fixture = fixture;
    const { clock, logger, sink } = fixture;
    this.flows = new ExportFlows(clock, logger, this.metrics, () => 0.5, { recordBufferSize });
    this.flows.add(sink);
  }

  /** One of the sink's metrics: of `weir_sink_records_delivered_total`, "records_delivered_total". */
  of(metric: string): number {
    return this.metrics.sum(`weir_sink_${metric}`, { sink: this.fixture.sink.name });
  }

  get exported(): number {
    return this.metrics.value('weir_flow_exports_total');
  }

  /** Every exported flow is delivered, dropped, filtered or waiting, whenever one looks. */
  expectBalance(): void {
    const known =
      this.of('records_delivered_total') +
      this.of('records_dropped_total') +
      this.of('records_filtered_total') +
      this.of('queue_records');
    expect(known).toBe(this.exported);
  }

  /** Lets time pass until the queue is empty. */
  async emptied(): Promise<void> {
    await untilWithTime(this.fixture.clock, () => this.of('queue_records') === 0);
  }

  drain(deadlineMs: number): Promise<void> {
    return withTime(this.fixture.clock, this.flows.drain(deadlineMs));
  }
}

/** The sink and `ExportFlows` together: whatever happens, the counters balance and say what arrived. */
export function describeQueuedSink<D extends SinkDestination, Q>(harness: SinkHarness<D, Q>): void {
  const { holdsBack, noticesAbsence, noticesVanishing, confirms } = harness.abilities;
  const open: QueuedSink<D, Q>[] = [];
  const queued = async (options: FixtureOptions<D, Q> = {}, rows = 100_000): Promise<QueuedSink<D, Q>> => {
    const made = new QueuedSink(await SinkFixture.of(harness, options), rows);
    open.push(made);
    return made;
  };
  afterEach(async () => {
    for (const each of open.splice(0)) {
      each.fixture.destination.release();
      await each.drain(0);
      each.expectBalance();
      await each.fixture.close();
    }
  });

  it('delivers what is exported, in order, each flow once', async () => {
    const queue = await queued();
    for (const batch of numberedGroup(30, 50)) {
      queue.flows.export(batch);
      queue.expectBalance();
    }
    await queue.emptied();
    await queue.fixture.arrived(1_500);
    await untilQuiet();
    expect(queue.fixture.ids).toEqual(upTo(1_500));
    expect(queue.of('records_delivered_total')).toBe(1_500);
    expect(queue.of('retries_total')).toBe(0);
  });

  it('delivers what waits when the service ends, before it closes', async () => {
    const queue = await queued();
    for (const batch of numberedGroup(3, 100)) queue.flows.export(batch);
    await queue.drain(60_000);
    await queue.fixture.arrived(300);
    expect(queue.of('records_delivered_total')).toBe(300);
    expect(queue.fixture.ids).toEqual(upTo(300));
    queue.flows.export(numbered(300, 10));
    expect(queue.of('records_dropped_total')).toBe(10);
  });

  const { filter } = harness;
  if (!isUnable(filter))
    it('counts what its filter keeps back', async () => {
      const queue = await queued({ make: filter.sink.bind(filter) });
      const batch = filter.batch();
      queue.flows.export(batch);
      await queue.emptied();
      expect(queue.of('records_filtered_total')).toBe(batch.length - filter.passing.length);
      expect(queue.of('records_delivered_total')).toBe(filter.passing.length);
    });

  if (!isUnable(noticesAbsence))
    it('tries again until the destination is there, and loses nothing', async () => {
      const queue = await queued({ away: true });
      for (const batch of numberedGroup(5, 20)) queue.flows.export(batch);
      await untilWithTime(queue.fixture.clock, () => queue.of('retries_total') >= 2);
      queue.expectBalance();
      expect(queue.of('queue_records')).toBe(100);
      await queue.fixture.destination.start();
      await queue.emptied();
      await queue.fixture.arrived(100);
      expect(queue.fixture.ids).toEqual(upTo(100));
      expect(queue.of('records_dropped_total')).toBe(0);
    });

  if (!isUnable(noticesVanishing))
    it('goes on with the destination that follows one that vanished', async () => {
      const queue = await queued();
      const { fixture } = queue;
      fixture.destination.hold();
      const { batches, flows } = longGroup(!isUnable(holdsBack));
      for (const batch of batches) queue.flows.export(batch);
      await withTime(fixture.clock, fixture.destination.reached());
      await fixture.destination.vanish();
      fixture.destination.release();
      await untilWithTime(fixture.clock, () => queue.of('retries_total') > 0);
      queue.expectBalance();
      await fixture.destination.start();
      await queue.emptied();
      queue.expectBalance();
      expect(queue.of('records_delivered_total')).toBe(flows);
      await untilWithTime(fixture.clock, () => fixture.ids.at(-1) === flows - 1);
      if (!isUnable(confirms)) expect(new Set(fixture.ids).size).toBe(flows);
    });

  if (isUnable(holdsBack)) return;

  it('drops the oldest when a slow destination lets the queue fill up; the counters say which arrived', async () => {
    const queue = await queued({}, SMALL_QUEUE);
    const { fixture } = queue;
    fixture.destination.hold();
    for (const batch of numberedGroup(10, 250, { large: true })) {
      queue.flows.export(batch);
      await untilQuiet();
      queue.expectBalance();
    }
    const dropped = queue.of('records_dropped_total');
    // A sink with a limit of its own holds more than what is exported here.
    if (fixture.sink.queueLimit) expect(dropped).toBe(0);
    else expect(dropped).toBeGreaterThan(0);
    fixture.destination.release();
    await queue.emptied();
    await fixture.arrived(2_500 - dropped);
    expect(queue.of('records_delivered_total')).toBe(2_500 - dropped);
    expect(fixture.ids).toHaveLength(2_500 - dropped);
    expect(fixture.ids).toEqual(fixture.ids.toSorted((a, b) => a - b));
  });

  it('gives up in time when the service ends while the destination takes nothing', async () => {
    const queue = await queued();
    const { fixture } = queue;
    fixture.destination.hold();
    for (const batch of longGroup(true).batches) queue.flows.export(batch);
    await withTime(fixture.clock, fixture.destination.reached());
    const begun = fixture.clock.monotonicMilliseconds();
    await queue.drain(200);
    expect(fixture.clock.monotonicMilliseconds() - begun).toBeLessThanOrEqual(200 + ABORT_GRACE_MS + CLOSE_MS);
    queue.expectBalance();
    expect(queue.of('queue_records')).toBe(0);
    expect(queue.of('records_dropped_total')).toBeGreaterThan(0);
  });
}
