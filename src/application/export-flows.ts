import { inject, injectable } from 'inversify';
import type { FlowBatch } from '../domain/batch/flow-batch.js';
import { BatchMemory } from './batch-memory.js';
import type { BatchExporter } from './ports/batch-exporter.js';
import type { Clock } from './ports/clock.js';
import type { FlowSink } from './ports/flow-sink.js';
import type { Logger } from './ports/logger.js';
import type { Counter, Metrics } from './ports/metrics.js';
import { SinkMetrics } from './sink-metrics.js';
import { SinkQueue } from './sink-queue.js';
import { APPLICATION } from './symbols.js';

/** What an operator sets. */
export interface ExportFlowsOptions {
  /** Flows that each sink's queue holds before it drops any, at least. @default 8192 */
  readonly recordBufferSize?: number;
}

/** The queues that go by one sink's name: the present one, and those that it replaced and that are still being drained. */
interface NamedQueues {
  readonly metrics: SinkMetrics;
  readonly all: Set<SinkQueue>;
}

/**
 * Hands every batch of flows to every sink, each with a queue of its own: a slow or dead sink never slows another.
 *
 * Each flow is counted once as exported, and in the end, for each sink that existed by then, once as delivered, dropped or filtered.
 */
@injectable()
export class ExportFlows implements BatchExporter {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #random: () => number;
  readonly #recordBufferSize: number;
  readonly #exports: Counter;
  readonly #memory = new BatchMemory();
  /** Where batches go. */
  readonly #queues = new Map<string, SinkQueue>();
  /** These, and the ones that no longer get any. */
  readonly #named = new Map<string, NamedQueues>();
  /** Queues that hand over to others. */
  readonly #leaving = new Set<SinkQueue>();
  /** What goes on with queues that are being drained or handed over. */
  readonly #finishing = new Set<Promise<void>>();
  readonly #waitingForRoom: (() => void)[] = [];
  /** Asked for each flow that falls due, so it is known, not found out. */
  #accepting = true;
  #isDraining = false;

  /** @param random numbers from 0 up to 1, evenly spread, for the jitter of retries */
  constructor(
    @inject(APPLICATION.Clock) clock: Clock,
    @inject(APPLICATION.Logger) logger: Logger,
    @inject(APPLICATION.Metrics) metrics: Metrics,
    @inject(APPLICATION.Random) random: () => number,
    @inject(APPLICATION.ExportFlowsOptions) { recordBufferSize = 8_192 }: ExportFlowsOptions,
  ) {
    this.#clock = clock;
    this.#logger = logger;
    this.#metrics = metrics;
    this.#random = random;
    this.#recordBufferSize = recordBufferSize;
    this.#exports = metrics.counter('weir_flow_exports_total', 'Flows that left the table, each export counted once');
  }

  /** Names of the sinks that batches go to. */
  get sinks(): readonly string[] {
    return [...this.#queues.keys()];
  }

  /** Accounted bytes of all that is queued; a batch that several sinks wait for counts once. */
  get bytes(): number {
    let bytes = this.#memory.bytes;
    for (const { all } of this.#named.values()) for (const queue of all) bytes += queue.encodedBytes;
    return bytes;
  }

  /**
   * Whether due flows should be exported now: there is no sink, or one that takes what it is given has room for a whole batch. If not,
   * they wait in the table, which costs least.
   */
  get accepting(): boolean {
    return this.#accepting;
  }

  whenRoom(action: () => void): void {
    if (this.#accepting) action();
    else this.#waitingForRoom.push(action);
  }

  /**
   * Hands batches to a sink from now on. It may have the name of one that was removed a moment ago and is still being drained: the two
   * then share that name's metrics.
   *
   * @throws RangeError if there is a sink of that name
   */
  add<Q>(sink: FlowSink<Q>): void {
    const { name } = sink;
    if (this.#queues.has(name)) throw new RangeError(`there is a sink named "${name}" already`);
    this.#queues.set(name, this.#queue(sink, false));
    this.#changed();
  }

  #queue<Q>(sink: FlowSink<Q>, isHeld: boolean): SinkQueue<Q> {
    const named = this.#named.get(sink.name) ?? this.#name(sink.name);
    const queue = new SinkQueue(sink, {
      isHeld,
      clock: this.#clock,
      logger: this.#logger,
      random: this.#random,
      metrics: named.metrics,
      memory: this.#memory,
      recordBufferSize: this.#recordBufferSize,
      changed: () => {
        this.#changed();
      },
    });
    named.all.add(queue);
    return queue;
  }

  /**
   * Hands a sink no more batches; resolves once what it had is delivered, or after `deadlineMs` dropped, and the sink is closed. Its
   * metrics go with it. Does nothing if there is no such sink. Never rejects.
   */
  async remove(name: string, deadlineMs: number): Promise<void> {
    const queue = this.#queues.get(name);
    if (!queue) return;
    this.#queues.delete(name);
    this.#changed();
    await this.#finish(queue, deadlineMs);
    const named = this.#named.get(name)!;
    named.all.delete(queue);
    // The service's last words are about them.
    if (named.all.size > 0 || this.#isDraining) return;
    this.#named.delete(name);
    named.metrics.remove();
  }

  /**
   * Puts a sink in the place of another, from now on. What waits for the old one goes to the new one, in order. What the old one is just
   * delivering it may end, within `deadlineMs`, unless its deliveries fail; the rest goes to the new one, which begins when the old one is
   * closed. Resolves when it does so; never rejects.
   *
   * If the new one has another name, the old one's counters stay: the two together balance.
   *
   * @throws RangeError if there is no sink of that name, or another one of the new one's name
   */
  replace<Q>(name: string, sink: FlowSink<Q>, deadlineMs: number): Promise<void> {
    const old = this.#queues.get(name);
    if (!old) throw new RangeError(`there is no sink named "${name}"`);
    if (sink.name !== name && this.#queues.has(sink.name))
      throw new RangeError(`there is a sink named "${sink.name}" already`);
    const queue = this.#queue(sink, true) as SinkQueue;
    this.#queues.delete(name);
    this.#queues.set(sink.name, queue);
    this.#leaving.add(old);
    const replaced = old.handOver(queue, deadlineMs).then(() => {
      this.#leaving.delete(old);
      this.#named.get(name)!.all.delete(old);
      this.#finishing.delete(replaced);
      this.#changed();
    });
    this.#finishing.add(replaced);
    this.#changed();
    return replaced;
  }

  /** Queues a batch for every sink. Never waits and never throws. */
  export(batch: FlowBatch): void {
    if (batch.length === 0) return;
    this.#exports.add(batch.length);
    for (const queue of this.#queues.values()) queue.add(batch);
  }

  /**
   * The end: delivers all that is queued without gathering, then closes the sinks. What a sink has not taken after `deadlineMs` is dropped
   * and counted, and so is all that is exported later. Never rejects.
   */
  async drain(deadlineMs: number): Promise<void> {
    this.#isDraining = true;
    // Whoever takes their place needs the rest of the time.
    for (const queue of this.#leaving) queue.stopAfter(deadlineMs / 2);
    for (const queue of this.#queues.values()) void this.#finish(queue, deadlineMs);
    await Promise.all(this.#finishing);
  }

  async #finish(queue: SinkQueue, deadlineMs: number): Promise<void> {
    const finishing = queue.drain(deadlineMs);
    this.#finishing.add(finishing);
    await finishing;
    this.#finishing.delete(finishing);
    this.#changed();
  }

  #name(name: string): NamedQueues {
    const all = new Set<SinkQueue>();
    const clock = this.#clock;
    const metrics = new SinkMetrics(this.#metrics, name, {
      get rows() {
        return sum(all, (queue) => queue.rows);
      },
      get lagSeconds() {
        const now = clock.monotonicMilliseconds();
        return Math.max(0, ...[...all].map((queue) => (now - (queue.oldestSince ?? now)) / 1_000));
      },
    });
    const named = { metrics, all };
    this.#named.set(name, named);
    return named;
  }

  #changed(): void {
    const queues = [...this.#queues.values()];
    this.#accepting = queues.length === 0 || queues.some((queue) => queue.healthy && queue.hasRoom);
    if (this.#accepting) for (const action of this.#waitingForRoom.splice(0)) action();
  }
}

function sum(queues: Iterable<SinkQueue>, of: (queue: SinkQueue) => number): number {
  let total = 0;
  for (const queue of queues) total += of(queue);
  return total;
}
