import type { FlowSink } from '../../../src/application/ports/flow-sink.js';
import type { FlowBatch } from '../../../src/domain/batch/flow-batch.js';
import { LoopbackClock } from '../fake-clock.js';
import { RecordingLogger } from '../recording-logger.js';
import type { SinkDestination, SinkHarness } from './sink-harness.js';
import { withTime } from './waiting.js';

/** No delivery is given up. */
export const NEVER = new AbortController().signal;

/** Milliseconds that a sink has to let go of a delivery that was given up; after that its queue no longer waits for it. */
export const ABORT_GRACE_MS = 500;

/** How a sink of a test is made. */
export interface FixtureOptions<D extends SinkDestination, Q> {
  /** Whether its destination is not there yet. @default false */
  readonly away?: boolean;
  /** Makes the sink. @default what the harness does */
  readonly make?: SinkHarness<D, Q>['sink'];
}

/** Opens a sink of a test, which is closed after it. */
export type OpenSink<D extends SinkDestination, Q> = (options?: FixtureOptions<D, Q>) => Promise<SinkFixture<D, Q>>;

/** A sink of one test, and the destination that it delivers to. */
export class SinkFixture<D extends SinkDestination, Q> {
  readonly clock = new LoopbackClock();
  readonly logger = new RecordingLogger();
  readonly harness: SinkHarness<D, Q>;
  readonly destination: D;
  readonly sink: FlowSink<Q>;

  private constructor(harness: SinkHarness<D, Q>, destination: D, make: SinkHarness<D, Q>['sink']) {
    this.harness = harness;
    this.destination = destination;
    this.sink = make(destination, this);
    this.sink.open?.();
  }

  /** A sink whose destination is there, or is still away. */
  static async of<D extends SinkDestination, Q>(
    harness: SinkHarness<D, Q>,
    { away = false, make = harness.sink.bind(harness) }: FixtureOptions<D, Q> = {},
  ): Promise<SinkFixture<D, Q>> {
    const destination = await harness.destination();
    const fixture = new SinkFixture(harness, destination, make);
    if (!away) await destination.start();
    return fixture;
  }

  /** Numbers of the flows that arrived, in the order in which they did. */
  get ids(): number[] {
    return this.destination.arrived.map(({ id }) => id);
  }

  /** A group as its queue hands it over: batches, or what the sink made of them. */
  async group(batches: readonly FlowBatch[]): Promise<readonly Q[]> {
    const items: Q[] = [];
    // Without `encode` what is delivered are the batches themselves.
    for (const batch of batches) items.push(this.sink.encode ? await this.sink.encode(batch) : (batch as Q));
    return Object.freeze(items);
  }

  /** Begins a delivery. */
  async begin(group: readonly Q[], signal = NEVER): Promise<void> {
    await this.sink.deliver(group, signal);
  }

  /** Delivers a group, with as much time as that takes. */
  deliver(group: readonly Q[], signal = NEVER): Promise<void> {
    return withTime(this.clock, this.begin(group, signal));
  }

  /** Delivers batches, with as much time as that takes. */
  async deliverAll(batches: readonly FlowBatch[]): Promise<void> {
    await this.deliver(await this.group(batches));
  }

  /** Resolves once so many flows have arrived. */
  async arrived(count: number): Promise<void> {
    const arrive = async (): Promise<void> => {
      while (this.destination.count < count) await new Promise((resolve) => setImmediate(resolve));
    };
    await withTime(this.clock, arrive());
  }

  /** Lets go of everything, whatever happened. */
  async close(): Promise<void> {
    this.destination.release();
    await withTime(this.clock, this.sink.close());
    await this.destination.close();
  }
}
