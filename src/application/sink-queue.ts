import { MAX_BATCH_ROWS, type FlowBatch } from '../domain/batch/flow-batch.js';
import type { BatchMemory } from './batch-memory.js';
import { Delivery, type DeliveryContext } from './delivery.js';
import { errorText } from './error-text.js';
import { Fifo } from './fifo.js';
import type { Cancel, Clock } from './ports/clock.js';
import type { FlowSink } from './ports/flow-sink.js';
import type { Logger } from './ports/logger.js';
import { SinkHealth } from './sink-health.js';
import type { DropReason, SinkMetrics } from './sink-metrics.js';

/** What a queue needs beside its sink. */
export interface SinkQueueContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Numbers from 0 up to 1, for the backoff's jitter. */
  readonly random: () => number;
  readonly metrics: SinkMetrics;
  readonly memory: BatchMemory;
  /** Flows that a queue holds before it drops any, at least. */
  readonly recordBufferSize: number;
  /** Called when room, health or length may have changed. */
  readonly changed: () => void;
}

/** A batch in the queue, or what the sink made of it. */
interface Entry<Q> {
  readonly rows: number;
  /** Monotonic milliseconds at which it was queued. */
  readonly since: number;
  /** Accounted bytes of what waits: the batch's until there is an item, then the item's. */
  bytes: number;
  /** The batch, while it is needed. */
  batch: FlowBatch | undefined;
  /** What is to be delivered; undefined while it is being encoded. */
  item: { readonly value: Q } | undefined;
  /** Dropped, while others before it are not yet done. */
  dropped: boolean;
}

/**
 * The queue of one sink: gathers batches into groups, has them delivered and drops the oldest when there are too many. What it does is
 * up to its sink alone: no other sink waits for it.
 */
export class SinkQueue<Q = unknown> {
  readonly sink: FlowSink<Q>;
  readonly #context: SinkQueueContext;
  readonly #health: SinkHealth;
  readonly #deliveryContext: DeliveryContext<Q>;
  readonly #abort = new AbortController();
  readonly #leastRows: number;
  readonly #limitRows: number;
  readonly #limitBytes: number;

  readonly #waiting = new Fifo<Entry<Q>>();
  #waitingRows = 0;
  #waitingBytes = 0;
  /** Bytes of encoded items, waiting or being delivered. */
  #encodedBytes = 0;
  readonly #deliveries = new Map<Delivery<Q>, readonly Entry<Q>[]>();
  #deliveringRows = 0;
  #cancelTimer: Cancel | undefined;
  #flushing = false;
  #closed = false;
  readonly #idle: (() => void)[] = [];

  constructor(sink: FlowSink<Q>, context: SinkQueueContext) {
    this.sink = sink;
    this.#context = context;
    const { clock, logger, random, metrics, changed, recordBufferSize } = context;
    this.#health = new SinkHealth(sink.name, clock, logger);
    const { signal } = this.#abort;
    this.#deliveryContext = { sink, clock, random, metrics, health: this.#health, signal, changed };
    this.#leastRows = Math.max(recordBufferSize, 1);
    this.#limitRows = Math.max(this.#leastRows, sink.queueLimit?.maxRows ?? 0);
    this.#limitBytes = sink.queueLimit?.maxBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Flows that wait or are being delivered. */
  get rows(): number {
    return this.#waitingRows + this.#deliveringRows;
  }

  /** Accounted bytes beside the batches that `BatchMemory` accounts. */
  get encodedBytes(): number {
    return this.#encodedBytes;
  }

  /** No delivery is being retried. */
  get healthy(): boolean {
    return this.#health.healthy;
  }

  /** Whether a batch of any size can be added without anything being dropped for it. */
  get hasRoom(): boolean {
    return !this.#isTooMuch(MAX_BATCH_ROWS);
  }

  /** Monotonic milliseconds at which the oldest flow that is not yet delivered was queued; undefined if there is none. */
  get oldestSince(): number | undefined {
    let oldest = this.#oldest()?.since;
    for (const [first] of this.#deliveries.values())
      if (first && (oldest === undefined || first.since < oldest)) oldest = first.since;
    return oldest;
  }

  /** Queues a batch; what then is too much is dropped, the oldest first. */
  add(batch: FlowBatch): void {
    const { clock, memory, metrics } = this.#context;
    if (this.#closed) {
      metrics.dropped('shutdown').add(batch.length);
      return;
    }
    const entry: Entry<Q> = {
      rows: batch.length,
      since: clock.monotonicMilliseconds(),
      bytes: batch.byteLength,
      batch,
      item: undefined,
      dropped: false,
    };
    memory.hold(batch);
    this.#waiting.push(entry);
    this.#waitingRows += entry.rows;
    this.#waitingBytes += entry.bytes;
    this.#makeItem(entry, batch);
    for (let oldest = this.#oldest(); oldest && this.#isTooMuch(0); oldest = this.#oldest()) this.#drop(oldest, 'full');
    this.#pump();
  }

  /**
   * Delivers all that is queued, without waiting for more, then closes the sink. What is left after `deadlineMs` is dropped. Never rejects.
   */
  async drain(deadlineMs: number): Promise<void> {
    const { clock, logger } = this.#context;
    this.#flushing = true;
    const cancelDeadline = clock.after(deadlineMs, () => {
      this.#stop();
    });
    for (const delivery of this.#deliveries.keys()) delivery.hurry();
    this.#pump();
    await this.#whenIdle();
    cancelDeadline();
    this.#stop();
    try {
      await this.sink.close();
    } catch (error) {
      logger.warn('a sink could not be closed', { sink: this.sink.name, error: errorText(error) });
    }
  }

  /** Gives up what is left; deliveries under way end soon. */
  #stop(): void {
    this.#closed = true;
    for (let oldest = this.#oldest(); oldest; oldest = this.#oldest()) this.#drop(oldest, 'shutdown');
    this.#abort.abort();
    this.#pump();
  }

  /** Whether the oldest batch would have to go if `more` rows were added. */
  #isTooMuch(more: number): boolean {
    const oldest = this.#oldest();
    if (!oldest) return false;
    const without = this.#waitingRows + more - oldest.rows;
    return without >= this.#limitRows || (this.#waitingBytes > this.#limitBytes && without >= this.#leastRows);
  }

  /** The first entry that was not dropped. */
  #oldest(): Entry<Q> | undefined {
    let first = this.#waiting.at(0);
    while (first?.dropped) {
      this.#waiting.shift();
      first = this.#waiting.at(0);
    }
    return first;
  }

  #makeItem(entry: Entry<Q>, batch: FlowBatch): void {
    const { sink } = this;
    if (!sink.encode) {
      // Without `encode` what waits are the batches themselves: Q is FlowBatch.
      entry.item = { value: batch as Q };
      return;
    }
    // An async function, so that what is thrown at once is a rejection like any other.
    const encode = async (): Promise<Q> => sink.encode!(batch);
    void encode().then(
      (value) => {
        this.#encoded(entry, value);
      },
      (error: unknown) => {
        this.#encodeFailed(entry, error);
      },
    );
  }

  #encoded(entry: Entry<Q>, value: Q): void {
    if (entry.dropped) return;
    const bytes = byteLengthOf(value) ?? entry.bytes;
    this.#releaseBatch(entry);
    this.#waitingBytes += bytes - entry.bytes;
    this.#encodedBytes += bytes;
    entry.bytes = bytes;
    entry.item = { value };
    this.#pump();
  }

  #encodeFailed(entry: Entry<Q>, error: unknown): void {
    if (entry.dropped) return;
    this.#drop(entry, 'encode', errorText(error));
    this.#pump();
  }

  /** Begins every delivery that is due, and sees to it that the next one is begun in time. */
  #pump(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    while (this.#deliveries.size < (this.sink.batching.concurrency ?? 1)) {
      const wait = this.#untilDue();
      const group = wait > 0 ? [] : this.#takeGroup();
      if (group.length === 0) {
        if (wait > 0 && wait < Number.POSITIVE_INFINITY)
          this.#cancelTimer = this.#context.clock.after(wait, () => this.#pump());
        break;
      }
      void this.#deliver(group);
    }
    if (this.rows === 0) for (const resolve of this.#idle.splice(0)) resolve();
    this.#context.changed();
  }

  /** Milliseconds until a group should go: 0 when a bound is reached, infinite when there is nothing to wait for. */
  #untilDue(): number {
    const oldest = this.#oldest();
    if (!oldest) return Number.POSITIVE_INFINITY;
    const { maxRows, maxBytes, maxWaitMs } = this.sink.batching;
    const bounded = this.#waitingRows >= maxRows || this.#waitingBytes >= maxBytes;
    // A queue that has no room for more gathers no more.
    if (bounded || this.#flushing || !this.hasRoom) return 0;
    return Math.max(0, oldest.since + maxWaitMs - this.#context.clock.monotonicMilliseconds());
  }

  /** Takes the first entries that are encoded, up to the sink's bounds. */
  #takeGroup(): Entry<Q>[] {
    const { maxRows, maxBytes } = this.sink.batching;
    const group: Entry<Q>[] = [];
    let rows = 0;
    let bytes = 0;
    for (let entry = this.#oldest(); entry?.item; entry = this.#oldest()) {
      if (group.length > 0 && (rows + entry.rows > maxRows || bytes + entry.bytes > maxBytes)) break;
      this.#waiting.shift();
      this.#waitingRows -= entry.rows;
      this.#waitingBytes -= entry.bytes;
      rows += entry.rows;
      bytes += entry.bytes;
      group.push(entry);
    }
    this.#deliveringRows += rows;
    return group;
  }

  async #deliver(group: readonly Entry<Q>[]): Promise<void> {
    const { metrics } = this.#context;
    const rows = group.reduce((sum, entry) => sum + entry.rows, 0);
    const items = Object.freeze(group.map((entry) => entry.item!.value));
    const delivery = new Delivery(items, rows, this.#deliveryContext);
    this.#deliveries.set(delivery, group);
    const taken = await delivery.run();
    this.#deliveries.delete(delivery);
    this.#deliveringRows -= rows;
    if (taken) {
      const filtered = items.reduce((sum, item) => sum + (this.sink.filtered?.(item) ?? 0), 0);
      metrics.filtered.add(filtered);
      metrics.delivered.add(rows - filtered);
    } else {
      this.#countDropped(rows, 'shutdown');
    }
    for (const entry of group) this.#release(entry);
    this.#pump();
  }

  /** Drops an entry that waits. */
  #drop(entry: Entry<Q>, reason: DropReason, error?: string): void {
    entry.dropped = true;
    this.#waitingRows -= entry.rows;
    this.#waitingBytes -= entry.bytes;
    this.#release(entry);
    this.#countDropped(entry.rows, reason, error);
  }

  #countDropped(rows: number, reason: DropReason, error?: string): void {
    const { metrics, logger } = this.#context;
    const { name } = this.sink;
    metrics.dropped(reason).add(rows);
    this.#health.dropped(rows);
    logger.repeated(`sink ${name} dropped ${reason}`, DROPPED[reason], { sink: name, records: rows, error });
  }

  #release(entry: Entry<Q>): void {
    if (entry.batch) this.#releaseBatch(entry);
    else this.#encodedBytes -= entry.bytes;
    entry.item = undefined;
  }

  #releaseBatch(entry: Entry<Q>): void {
    if (entry.batch) this.#context.memory.release(entry.batch);
    entry.batch = undefined;
  }

  #whenIdle(): Promise<void> {
    return this.rows === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }
}

const DROPPED: Readonly<Record<DropReason, string>> = {
  full: "a sink's queue is full: its oldest flows were dropped",
  encode: 'flows that could not be encoded for a sink were dropped',
  shutdown: 'flows were not delivered before the sink had to stop',
};

/** Bytes of an encoded item, if it says so itself (typed arrays, buffers and batches do). */
function byteLengthOf(item: unknown): number | undefined {
  if (typeof item !== 'object' || item === null || !('byteLength' in item)) return undefined;
  return typeof item.byteLength === 'number' ? item.byteLength : undefined;
}
