import type { FlowBatch } from '../../domain/batch/flow-batch.js';

/** When a queue hands what waits in it to its sink: as soon as one of these is reached. */
export interface Batching {
  readonly maxRows: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  /** Groups that may be under way at once; 1 if not given. */
  readonly concurrency?: number;
}

/** What may wait in a queue. */
export interface QueueLimit {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** Somewhere flows are delivered to. Q is what waits in its queue: the batches, or what `encode` makes of them. */
export interface FlowSink<Q = FlowBatch> {
  /** Unique among the sinks; for logs and metrics. */
  readonly name: string;
  readonly batching: Batching;
  /** What may wait beside what is being delivered, where that is more than recordBufferSize. */
  readonly queueLimit?: QueueLimit;
  /**
   * What kind of thing `encode` makes, where another sink could deliver it just as well: what waits for one that is replaced goes to one
   * that says the same.
   */
  readonly encoding?: string;
  /** Called once before anything is delivered; where the sink takes another's place, when that is closed. */
  open?(): void;
  /** Turns a batch into the destination's bytes when it is queued (a gzip member, a RowBinary block; in a worker if it costs time). No I/O. */
  encode?(batch: FlowBatch): Promise<Q>;
  /**
   * How many flows of the batch that `item` was made of the sink's own filter keeps from the destination; none if not given.
   * Asked once `item` is delivered: those are counted as filtered, the others as delivered.
   */
  filtered?(item: Q): number;
  /**
   * Delivers a group; resolves once the destination has taken it, rejects if it did not. Never retries by itself: a retry gets the same group.
   * Rejects soon after `signal` is aborted. Once it has resolved the sink must not look at the group: its memory may be used again.
   */
  deliver(group: readonly Q[], signal: AbortSignal): Promise<void>;
  /**
   * The flows of a group that the destination has not taken, as far as the sink knows; all of them if not given. Asked when a delivery was
   * given up and the sink is closed, because another is to deliver the rest. Only of sinks without `encode`.
   */
  untaken?(group: readonly Q[]): readonly FlowBatch[];
  /** Lets go of everything the sink holds. Nothing is delivered after. */
  close(): Promise<void>;
}
