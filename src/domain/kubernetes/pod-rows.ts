import { POD_BLOCK } from './pod-fields.js';

const FIRST_ROWS = 1024;

/** Memory for the rows of Pods: one array that doubles, and the free rows. Row numbers stay as they are. */
export class PodRows {
  words = new Uint32Array(FIRST_ROWS * POD_BLOCK.words);
  readonly #free: number[] = [];
  #highest = 0;

  /** All row numbers are below. */
  get highest(): number {
    return this.#highest;
  }

  /** Bytes of memory. */
  get byteLength(): number {
    return this.words.byteLength;
  }

  /** Where a row begins. */
  static base(row: number): number {
    return row * POD_BLOCK.words;
  }

  /** A row of zeros. */
  allocate(): number {
    const row = this.#free.pop() ?? this.#highest++;
    if (PodRows.base(row + 1) > this.words.length) {
      const words = new Uint32Array(2 * this.words.length);
      words.set(this.words);
      this.words = words;
    }
    return row;
  }

  /** Gives a row back. */
  release(row: number): void {
    this.words.fill(0, PodRows.base(row), PodRows.base(row + 1));
    this.#free.push(row);
  }
}
