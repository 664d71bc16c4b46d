import type { Batching, FlowSink, QueueLimit } from '../../src/application/ports/flow-sink.js';
import type { FlowBatch } from '../../src/domain/batch/flow-batch.js';

/** A delivery that waits for the test to say how it ends. */
export interface PendingDelivery<Q> {
  readonly group: readonly Q[];
  readonly signal: AbortSignal;
  succeed(): void;
  fail(error?: Error): void;
}

/** What a test can set of a sink. */
export interface ManualSinkOptions<Q> {
  readonly name?: string;
  readonly batching?: Partial<Batching>;
  readonly queueLimit?: QueueLimit;
  readonly encode?: (batch: FlowBatch) => Promise<Q>;
  readonly filtered?: (item: Q) => number;
}

/** A sink that delivers what and when the test says. */
export class ManualSink<Q = FlowBatch> implements FlowSink<Q> {
  readonly name: string;
  readonly batching: Batching;
  declare readonly queueLimit?: QueueLimit;
  declare readonly encode?: (batch: FlowBatch) => Promise<Q>;
  declare readonly filtered?: (item: Q) => number;
  /** Deliveries that are under way, the oldest first. */
  readonly pending: PendingDelivery<Q>[] = [];
  /** Every group that deliver was called with. */
  readonly groups: (readonly Q[])[] = [];
  closed = 0;
  /** Set to answer every delivery at once. */
  automatic: 'succeed' | 'fail' | undefined;

  constructor({ name = 'manual', batching, queueLimit, encode, filtered }: ManualSinkOptions<Q> = {}) {
    this.name = name;
    this.batching = { maxRows: 1, maxBytes: 1_000_000, maxWaitMs: 1_000, ...batching };
    if (queueLimit) this.queueLimit = queueLimit;
    if (encode) this.encode = encode;
    if (filtered) this.filtered = filtered;
  }

  deliver(group: readonly Q[], signal: AbortSignal): Promise<void> {
    this.groups.push(group);
    return new Promise((resolve, reject) => {
      const settle = (action: () => void) => (): void => {
        const index = this.pending.indexOf(delivery);
        if (index >= 0) this.pending.splice(index, 1);
        action();
      };
      const delivery: PendingDelivery<Q> = {
        group,
        signal,
        succeed: settle(resolve),
        fail: (error = new Error('no')) => {
          settle(() => {
            reject(error);
          })();
        },
      };
      this.pending.push(delivery);
      if (this.automatic === 'succeed') delivery.succeed();
      if (this.automatic === 'fail') delivery.fail();
    });
  }

  async close(): Promise<void> {
    this.closed++;
  }
}
