import { NO_ROW, RowSlabs, TABLE_ROW } from './row-slabs.js';

/** Seconds the wheel spans; a later deadline is looked at again when the wheel has gone round. A power of two. */
const BUCKETS = 4096;

/**
 * Rows by the second in which something is due for them: a ring of buckets of one second, each a list through the rows.
 *
 * A deadline that moves to later changes only the row's own word: the bucket is where the row is looked at, and whoever looks puts it back if its
 * time has not come. So an update costs nothing here, and there is neither a heap nor a scan of all flows.
 */
export class TimingWheel {
  readonly #slabs: RowSlabs;
  readonly #heads = new Uint32Array(BUCKETS).fill(NO_ROW);
  /** The earliest second that may still have rows. */
  #next: number;

  /** @param now the time in whole seconds, from which the wheel turns */
  constructor(slabs: RowSlabs, now: number) {
    this.#slabs = slabs;
    this.#next = now;
  }

  /** Puts a row, which is in no bucket, where it will be looked at in that second, or with the next that are due if it has passed. */
  schedule(row: number, second: number): void {
    const scheduled = Math.min(Math.max(second, this.#next), this.#next + BUCKETS - 1);
    const bucket = scheduled & (BUCKETS - 1);
    const head = this.#heads[bucket]!;
    const slab = this.#slabs.slab(row);
    const base = RowSlabs.base(row);
    slab[base + TABLE_ROW.scheduled] = scheduled;
    slab[base + TABLE_ROW.next] = head;
    slab[base + TABLE_ROW.previous] = NO_ROW;
    if (head !== NO_ROW) this.#slabs.slab(head)[RowSlabs.base(head) + TABLE_ROW.previous] = row;
    this.#heads[bucket] = row;
  }

  /** Takes a row out of its bucket. */
  unschedule(row: number): void {
    const slab = this.#slabs.slab(row);
    const base = RowSlabs.base(row);
    const next = slab[base + TABLE_ROW.next]!;
    const previous = slab[base + TABLE_ROW.previous]!;
    if (next !== NO_ROW) this.#slabs.slab(next)[RowSlabs.base(next) + TABLE_ROW.previous] = previous;
    if (previous !== NO_ROW) this.#slabs.slab(previous)[RowSlabs.base(previous) + TABLE_ROW.next] = next;
    else this.#heads[slab[base + TABLE_ROW.scheduled]! & (BUCKETS - 1)] = next;
  }

  /** Whether a row is to be looked at now, or an earlier second has one. */
  hasDue(now: number): boolean {
    return this.#turn(now) !== NO_ROW;
  }

  /** Takes out the next row to be looked at by now; NO_ROW if there is none. */
  takeDue(now: number): number {
    const row = this.#turn(now);
    if (row !== NO_ROW) this.unschedule(row);
    return row;
  }

  /** Turns the wheel to the earliest second up to now that has rows. */
  #turn(now: number): number {
    while (this.#next <= now) {
      const row = this.#heads[this.#next & (BUCKETS - 1)]!;
      if (row !== NO_ROW) return row;
      this.#next++;
    }
    return NO_ROW;
  }
}
