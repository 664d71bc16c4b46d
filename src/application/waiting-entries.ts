import type { FlowBatch } from '../domain/batch/flow-batch.js';
import { Fifo } from './fifo.js';
import type { QueueLimit } from './ports/flow-sink.js';

/** A batch in a queue, or what the sink made of it. */
export interface Entry<Q> {
  readonly rows: number;
  /** Its place: entries are in the order of these numbers, also after some came from another queue. */
  readonly order: number;
  /** Monotonic milliseconds at which it was queued. */
  readonly since: number;
  /** Accounted bytes of what waits: the batch's until there is an item, then the item's. */
  bytes: number;
  /** The batch, while it is needed. */
  batch: FlowBatch | undefined;
  /** What is to be delivered; undefined while it is being encoded. */
  item: { readonly value: Q } | undefined;
  /** No longer waiting, while others before it may still do. */
  gone: boolean;
}

/** Flows of all these entries. */
export function rowsOf(entries: readonly { readonly rows: number }[]): number {
  return entries.reduce((sum, { rows }) => sum + rows, 0);
}

/** The entries of a queue that are not yet being delivered, the oldest first. */
export class WaitingEntries<Q> {
  readonly #leastRows: number;
  readonly #limitRows: number;
  readonly #limitBytes: number;
  readonly #entries = new Fifo<Entry<Q>>();
  #rows = 0;
  #bytes = 0;

  /** @param recordBufferSize flows that find room at least, whatever the limit says */
  constructor(recordBufferSize: number, limit: QueueLimit | undefined) {
    this.#leastRows = Math.max(recordBufferSize, 1);
    this.#limitRows = Math.max(this.#leastRows, limit?.maxRows ?? 0);
    this.#limitBytes = limit?.maxBytes ?? Number.POSITIVE_INFINITY;
  }

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The first entry that is not gone. */
  get oldest(): Entry<Q> | undefined {
    let first = this.#entries.at(0);
    while (first?.gone) {
      this.#entries.shift();
      first = this.#entries.at(0);
    }
    return first;
  }

  /** Whether the oldest entry would have to go if `more` rows were added. */
  isTooMuch(more: number): boolean {
    const { oldest } = this;
    if (!oldest) return false;
    const without = this.#rows + more - oldest.rows;
    return without >= this.#limitRows || (this.#bytes > this.#limitBytes && without >= this.#leastRows);
  }

  /** Adds an entry that is younger than all others. */
  push(entry: Entry<Q>): void {
    this.#entries.push(entry);
    this.#rows += entry.rows;
    this.#bytes += entry.bytes;
  }

  /** Adds entries at their places. */
  insert(entries: readonly Entry<Q>[]): void {
    const all = [...entries, ...this.#takeAll()].sort((a, b) => a.order - b.order);
    for (const entry of all) this.push(entry);
  }

  /** Takes the oldest entry out. */
  shift(): void {
    const { oldest } = this;
    if (oldest) this.remove(oldest);
    this.#entries.shift();
  }

  /** Lets an entry go, wherever it is. */
  remove(entry: Entry<Q>): void {
    entry.gone = true;
    this.#rows -= entry.rows;
    this.#bytes -= entry.bytes;
  }

  /** An entry takes another number of bytes now. */
  resize(entry: Entry<Q>, bytes: number): void {
    this.#bytes += bytes - entry.bytes;
    entry.bytes = bytes;
  }

  /** The entries, the oldest first. */
  list(): Entry<Q>[] {
    const all = this.#takeAll();
    for (const entry of all) this.push(entry);
    return all;
  }

  #takeAll(): Entry<Q>[] {
    const all: Entry<Q>[] = [];
    for (let entry = this.#entries.shift(); entry; entry = this.#entries.shift()) if (!entry.gone) all.push(entry);
    this.#rows = 0;
    this.#bytes = 0;
    return all;
  }
}
