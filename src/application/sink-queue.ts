import { MAX_BATCH_ROWS, type FlowBatch } from '../domain/batch/flow-batch.js';
import type { BatchMemory } from './batch-memory.js';
import { Delivery, type DeliveryContext } from './delivery.js';
import { errorText } from './error-text.js';
import type { Cancel, Clock } from './ports/clock.js';
import type { FlowSink } from './ports/flow-sink.js';
import type { Logger } from './ports/logger.js';
import { SinkHealth } from './sink-health.js';
import type { DropReason, SinkMetrics } from './sink-metrics.js';
import { rowsOf, WaitingEntries, type Entry } from './waiting-entries.js';

/** How long a sink that is replaced may take for an attempt that follows a failed one: it is probably why it is replaced. */
const RETRY_GRACE_MS = 1_000;

/** How long another sink waits for the one before it to close; what closes in order takes half a second. */
const CLOSE_GRACE_MS = 2_000;

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
  /** Whether nothing is delivered until another queue has been handed over to this one. @default false */
  readonly isHeld?: boolean;
}

/** What was being delivered by a sink that had to stop. */
interface Stopped<Q> {
  readonly group: readonly Entry<Q>[];
  readonly items: readonly Q[];
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

  readonly #waiting: WaitingEntries<Q>;
  #nextOrder = 0;
  /** Bytes of encoded items, waiting or being delivered. */
  #encodedBytes = 0;
  readonly #deliveries = new Map<Delivery<Q>, readonly Entry<Q>[]>();
  #deliveringRows = 0;
  #cancelTimer: Cancel | undefined;
  #flushing = false;
  #closed = false;
  #isHeld: boolean;
  /** Where what this sink does not deliver any more goes. */
  #successor: SinkQueue | undefined;
  readonly #stopped: Stopped<Q>[] = [];
  readonly #cancelDeadlines: Cancel[] = [];
  readonly #idle: (() => void)[] = [];

  constructor(sink: FlowSink<Q>, context: SinkQueueContext) {
    this.sink = sink;
    this.#context = context;
    const { clock, logger, random, metrics, changed, recordBufferSize, isHeld = false } = context;
    this.#health = new SinkHealth(sink.name, clock, logger);
    this.#deliveryContext = { sink, clock, random, metrics, health: this.#health, changed };
    this.#waiting = new WaitingEntries(recordBufferSize, sink.queueLimit);
    this.#isHeld = isHeld;
    if (!isHeld) sink.open?.();
  }

  /** Flows that wait or are being delivered. */
  get rows(): number {
    return this.#waiting.rows + this.#deliveringRows;
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
    return !this.#waiting.isTooMuch(MAX_BATCH_ROWS);
  }

  /** Monotonic milliseconds at which the oldest flow that is not yet delivered was queued; undefined if there is none. */
  get oldestSince(): number | undefined {
    let oldest = this.#waiting.oldest?.since;
    for (const [first] of [...this.#deliveries.values(), ...this.#stopped.map(({ group }) => group)])
      if (first && (oldest === undefined || first.since < oldest)) oldest = first.since;
    return oldest;
  }

  /** Queues a batch; what then is too much is dropped, the oldest first. */
  add(batch: FlowBatch): void {
    if (this.#closed) {
      this.#context.metrics.dropped('shutdown').add(batch.length);
      return;
    }
    const since = this.#context.clock.monotonicMilliseconds();
    this.#waiting.push(this.#entry(batch, since, this.#nextOrder++));
    this.#dropWhatIsTooMuch();
    this.#pump();
  }

  /**
   * Delivers all that is queued, without waiting for more, then closes the sink. What is left after `deadlineMs` is dropped. Never rejects.
   */
  async drain(deadlineMs: number): Promise<void> {
    this.#flushing = true;
    this.stopAfter(deadlineMs);
    for (const delivery of this.#deliveries.keys()) delivery.hurry();
    this.#pump();
    await this.#whenIdle();
    this.#stop();
    await this.#close();
  }

  /** Gives up what is left after so long, if that is earlier than what was said before. */
  stopAfter(deadlineMs: number): void {
    this.#cancelDeadlines.push(this.#context.clock.after(deadlineMs, () => this.#stop()));
  }

  /**
   * Lets another queue, which is held, take this one's place: gives it all that waits, then what is being delivered and does not arrive
   * within `deadlineMs`, and lets it begin once the sink is closed. What only this sink can deliver, since it is encoded already, it
   * delivers by then, or it is dropped. Never rejects.
   */
  async handOver(successor: SinkQueue, deadlineMs: number): Promise<void> {
    this.#successor = successor;
    this.#flushing = true;
    successor.#nextOrder = this.#nextOrder;
    this.#handOverWaiting(successor);
    this.stopAfter(deadlineMs);
    for (const [delivery, group] of this.#deliveries) {
      if (group.every((entry) => this.#canGo(entry))) delivery.conclude(RETRY_GRACE_MS);
      else delivery.hurry();
    }
    this.#pump();
    await this.#whenIdle();
    this.#stop();
    await this.#closeWithin(CLOSE_GRACE_MS);
    for (const { group, items } of this.#stopped.splice(0)) this.#handOverStopped(successor, group, items);
    successor.#begin();
  }

  /** Delivers from now on. */
  #begin(): void {
    if (this.#closed) return;
    this.#isHeld = false;
    this.sink.open?.();
    this.#pump();
  }

  /** Gives up what is left; deliveries under way end soon. */
  #stop(): void {
    for (const cancel of this.#cancelDeadlines.splice(0)) cancel();
    this.#closed = true;
    this.#isHeld = false;
    for (let oldest = this.#waiting.oldest; oldest; oldest = this.#waiting.oldest) this.#drop(oldest, 'shutdown');
    for (const delivery of this.#deliveries.keys()) delivery.stop();
    this.#pump();
  }

  async #close(): Promise<void> {
    try {
      await this.sink.close();
    } catch (error) {
      this.#context.logger.warn('a sink could not be closed', { sink: this.sink.name, error: errorText(error) });
    }
  }

  async #closeWithin(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#context.clock.after(milliseconds, resolve);
      void this.#close().then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** Whether the successor can deliver it as well as this sink. */
  #canGo({ batch }: Entry<Q>): boolean {
    const successor = this.#successor;
    if (!successor) return false;
    return batch !== undefined || (this.sink.encoding !== undefined && this.sink.encoding === successor.sink.encoding);
  }

  #handOverWaiting(successor: SinkQueue): void {
    const going = this.#waiting.list().filter((entry) => this.#canGo(entry));
    successor.#adopt(going);
    for (const entry of going) {
      this.#waiting.remove(entry);
      this.#release(entry, false);
    }
  }

  /** Hands over what the sink, now closed, says it has not delivered of a group; the rest it has. */
  #handOverStopped(successor: SinkQueue, group: readonly Entry<Q>[], items: readonly Q[]): void {
    const { sink } = this;
    const { since, order } = group[0]!;
    const rest = sink.encode ? undefined : sink.untaken?.(items);
    const rows = rowsOf(group);
    if (rest) {
      const restRows = rest.reduce((sum, batch) => sum + batch.length, 0);
      this.#countTaken(rows - restRows, this.#filtered(items) - this.#filtered(rest as readonly Q[]));
      successor.#adopt(rest.filter(({ length }) => length > 0).map((batch) => ({ batch, since, order })));
    } else {
      successor.#adopt(group);
    }
    this.#deliveringRows -= rows;
    for (const entry of group) this.#release(entry, false);
  }

  /** Takes what waited in another queue, each at its place. */
  #adopt(handed: readonly (Pick<Entry<unknown>, 'batch' | 'since' | 'order'> & Partial<Entry<unknown>>)[]): void {
    const entries = handed.map(({ batch, since, order, rows = 0, bytes = 0, item }): Entry<Q> => {
      if (batch) return this.#entry(batch, since, order);
      this.#encodedBytes += bytes;
      return { rows, order, since, bytes, batch, item: item as { readonly value: Q }, gone: false };
    });
    this.#waiting.insert(entries);
    this.#dropWhatIsTooMuch();
    // Time was up before they came.
    if (this.#closed) this.#stop();
    else this.#pump();
  }

  /** An entry for a batch, which is not yet in the queue. */
  #entry(batch: FlowBatch, since: number, order: number): Entry<Q> {
    const { length: rows, byteLength: bytes } = batch;
    const entry: Entry<Q> = { rows, order, since, bytes, batch, item: undefined, gone: false };
    this.#context.memory.hold(batch);
    this.#makeItem(entry, batch);
    return entry;
  }

  #dropWhatIsTooMuch(): void {
    for (let oldest = this.#waiting.oldest; oldest && this.#waiting.isTooMuch(0); oldest = this.#waiting.oldest)
      this.#drop(oldest, 'full');
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
    if (entry.gone) return;
    const bytes = byteLengthOf(value) ?? entry.bytes;
    this.#releaseBatch(entry, true);
    this.#waiting.resize(entry, bytes);
    this.#encodedBytes += bytes;
    entry.item = { value };
    this.#pump();
  }

  #encodeFailed(entry: Entry<Q>, error: unknown): void {
    if (entry.gone) return;
    this.#drop(entry, 'encode', errorText(error));
    this.#pump();
  }

  /** Begins every delivery that is due, and sees to it that the next one is begun in time. */
  #pump(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    while (!this.#isHeld && this.#deliveries.size < (this.sink.batching.concurrency ?? 1)) {
      const wait = this.#untilDue();
      const group = wait > 0 ? [] : this.#takeGroup();
      if (group.length === 0) {
        if (wait > 0 && wait < Number.POSITIVE_INFINITY)
          this.#cancelTimer = this.#context.clock.after(wait, () => this.#pump());
        break;
      }
      void this.#deliver(group);
    }
    if (this.#isIdle) for (const resolve of this.#idle.splice(0)) resolve();
    this.#context.changed();
  }

  /** Milliseconds until a group should go: 0 when a bound is reached, infinite when there is nothing to wait for. */
  #untilDue(): number {
    const oldest = this.#waiting.oldest;
    if (!oldest) return Number.POSITIVE_INFINITY;
    const { maxRows, maxBytes, maxWaitMs } = this.sink.batching;
    const bounded = this.#waiting.rows >= maxRows || this.#waiting.bytes >= maxBytes;
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
    for (let entry = this.#waiting.oldest; entry?.item; entry = this.#waiting.oldest) {
      if (group.length > 0 && (rows + entry.rows > maxRows || bytes + entry.bytes > maxBytes)) break;
      this.#waiting.shift();
      rows += entry.rows;
      bytes += entry.bytes;
      group.push(entry);
    }
    this.#deliveringRows += rows;
    return group;
  }

  async #deliver(group: readonly Entry<Q>[]): Promise<void> {
    const rows = rowsOf(group);
    const items = Object.freeze(group.map((entry) => entry.item!.value));
    const delivery = new Delivery(items, rows, this.#deliveryContext);
    this.#deliveries.set(delivery, group);
    const taken = await delivery.run();
    this.#deliveries.delete(delivery);
    if (!taken && group.every((entry) => this.#canGo(entry))) {
      // What the sink has done of it is certain once it is closed.
      this.#stopped.push({ group, items });
      this.#pump();
      return;
    }
    this.#deliveringRows -= rows;
    if (taken) this.#countTaken(rows, this.#filtered(items));
    else this.#countDropped(rows, 'shutdown');
    for (const entry of group) this.#release(entry, taken);
    this.#pump();
  }

  /** Flows of these that the sink's own filter kept back. */
  #filtered(items: readonly Q[]): number {
    return items.reduce((sum, item) => sum + (this.sink.filtered?.(item) ?? 0), 0);
  }

  #countTaken(rows: number, filtered: number): void {
    const { metrics } = this.#context;
    metrics.filtered.add(filtered);
    metrics.delivered.add(rows - filtered);
  }

  /** Drops an entry that waits. */
  #drop(entry: Entry<Q>, reason: DropReason, error?: string): void {
    this.#waiting.remove(entry);
    this.#release(entry, !this.sink.encode);
    this.#countDropped(entry.rows, reason, error);
  }

  #countDropped(rows: number, reason: DropReason, error?: string): void {
    const { metrics, logger } = this.#context;
    const { name } = this.sink;
    metrics.dropped(reason).add(rows);
    this.#health.dropped(rows);
    logger.repeated(`sink ${name} dropped ${reason}`, DROPPED[reason], { sink: name, records: rows, error });
  }

  /** @param isDone whether the sink is certain to look at the batch no more */
  #release(entry: Entry<Q>, isDone: boolean): void {
    if (entry.batch) this.#releaseBatch(entry, isDone);
    else this.#encodedBytes -= entry.bytes;
    entry.item = undefined;
  }

  #releaseBatch(entry: Entry<Q>, isDone: boolean): void {
    if (entry.batch) this.#context.memory.release(entry.batch, isDone);
    entry.batch = undefined;
  }

  /** Nothing waits that this sink is to deliver, and nothing is being delivered. */
  get #isIdle(): boolean {
    return !this.#isHeld && this.#waiting.rows === 0 && this.#deliveries.size === 0;
  }

  #whenIdle(): Promise<void> {
    return this.#isIdle ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
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
