import { FLOW_ROW } from '../flow/layout.js';

/** Rows of a slab. */
export const SLAB_ROWS = 0x10000;
const ROW_BITS = 16;
const ROW_MASK = SLAB_ROWS - 1;

/** No row. */
export const NO_ROW = 0xffffffff;

/** Words of a table's row behind those of the flow: what only the table needs to know. */
export const TABLE_ROW = {
  /** When a ready flow is due for export, or a waiting one for another round. Whole seconds, as all times here. */
  activeDeadline: FLOW_ROW.words,
  /** When the flow ends unless a record comes. */
  inactiveDeadline: FLOW_ROW.words + 1,
  /** Hash of the flow's key. */
  hash: FLOW_ROW.words + 2,
  /** The second in whose bucket of the timing wheel the row is. */
  scheduled: FLOW_ROW.words + 3,
  /** The row behind in that bucket, or the next free row. */
  next: FLOW_ROW.words + 4,
  /** The row before in that bucket. */
  previous: FLOW_ROW.words + 5,
  words: FLOW_ROW.words + 6,
} as const;

/**
 * Memory for the rows of a table: typed-array slabs of 64 Ki rows, and a list of free rows through the rows themselves.
 * A slab's memory is only touched, and so only resident, where rows are used.
 */
export class RowSlabs {
  readonly #slabs: Uint32Array[] = [];
  #rows = 0;
  #free = NO_ROW;
  #used = 0;

  /** Rows in use. */
  get used(): number {
    return this.#used;
  }

  /** Rows that were ever in use: all row numbers are below. */
  get highest(): number {
    return this.#rows;
  }

  /** Bytes of the rows in use. What rows that were given back took stays resident, for the next flows. */
  get byteLength(): number {
    return this.#used * TABLE_ROW.words * 4;
  }

  /** The slab that has a row. */
  slab(row: number): Uint32Array {
    return this.#slabs[row >>> ROW_BITS]!;
  }

  /** Where in its slab a row begins. */
  static base(row: number): number {
    return (row & ROW_MASK) * TABLE_ROW.words;
  }

  /** A row for a new flow. Its words have what they had; the flags are 0. */
  allocate(): number {
    this.#used++;
    const row = this.#free;
    if (row !== NO_ROW) {
      this.#free = this.slab(row)[RowSlabs.base(row) + TABLE_ROW.next]!;
      return row;
    }
    if ((this.#rows & ROW_MASK) === 0) this.#slabs.push(new Uint32Array(SLAB_ROWS * TABLE_ROW.words));
    return this.#rows++;
  }

  /** Gives a row back and clears its flags. */
  release(row: number): void {
    const slab = this.slab(row);
    const base = RowSlabs.base(row);
    slab[base + FLOW_ROW.flags] = 0;
    slab[base + TABLE_ROW.next] = this.#free;
    this.#free = row;
    this.#used--;
  }
}
