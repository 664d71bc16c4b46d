import { Flow } from '../flow/flow.js';
import { FLOW_ROW } from '../flow/layout.js';
import type { StringTable } from '../flow/string-table.js';
import type { BatchPool } from './batch-pool.js';

/** The most rows a batch has. */
export const MAX_BATCH_ROWS = 4096;

/** Words before the rows: how many rows there are, words a row, strings, bytes of strings. */
const HEADER_WORDS = 4;

const decoder = new TextDecoder();

/**
 * Flows as they were when they left the table: rows, and the strings their words refer to, in one piece of memory.
 * Immutable and self-contained, so that all sinks share it; it lives as long as someone holds it.
 *
 * Not in shared memory: the garbage collector does not count that, and let go of batches so late that they took hundreds of MiB
 * (docs/decisions/0007).
 *
 * In memory, as 32-bit words: the header, the rows (`FLOW_ROW`), the end of each string in the string bytes; then the string bytes.
 */
export class FlowBatch implements StringTable, Iterable<Flow> {
  /** All of it; post this to a worker, which gets a copy, and make a FlowBatch of it there. */
  readonly buffer: ArrayBuffer;
  /** Number of flows. */
  readonly length: number;
  /** The rows: flow i begins at word i × FLOW_ROW.words. */
  readonly rows: Uint32Array;
  /** Bytes of all strings, one after another. */
  readonly stringBytes: Uint8Array;
  /** Where each string ends in `stringBytes`; it begins where the one before ends. String 0 is empty. */
  readonly stringEnds: Uint32Array;

  #pool: BatchPool | undefined;

  /**
   * @param buffer what another batch's `buffer` was
   * @param pool where the memory goes when the batch is recycled
   * @throws RangeError if the buffer is no batch
   */
  constructor(buffer: ArrayBuffer, pool?: BatchPool) {
    const [length, rowWords, strings, stringBytes] = new Uint32Array(buffer, 0, HEADER_WORDS) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const rowsEnd = HEADER_WORDS + length * FLOW_ROW.words;
    const expected = (rowsEnd + strings) * 4 + stringBytes;
    if (rowWords !== FLOW_ROW.words || (pool ? expected > buffer.byteLength : expected !== buffer.byteLength)) {
      throw new RangeError(`not a batch of flows: ${buffer.byteLength} bytes where its header says ${expected}`);
    }
    this.buffer = buffer;
    this.#pool = pool;
    this.length = length;
    this.rows = new Uint32Array(buffer, HEADER_WORDS * 4, length * FLOW_ROW.words);
    this.stringEnds = new Uint32Array(buffer, rowsEnd * 4, strings);
    this.stringBytes = new Uint8Array(buffer, (rowsEnd + strings) * 4, stringBytes);
  }

  /** Bytes the batch takes in memory. */
  get byteLength(): number {
    return this.buffer.byteLength;
  }

  /** Gives the memory to other batches, if it came from a pool: nobody may look at this one any more. */
  recycle(): void {
    this.#pool?.give(this.buffer);
    this.#pool = undefined;
  }

  /** Where a string begins in `stringBytes`. */
  stringStart(id: number): number {
    return id === 0 ? 0 : this.stringEnds[id - 1]!;
  }

  bytes(id: number): Uint8Array {
    return this.stringBytes.subarray(this.stringStart(id), this.stringEnds[id]);
  }

  text(id: number): string {
    return decoder.decode(this.bytes(id));
  }

  copy(id: number, to: Uint8Array, at: number): number {
    const start = this.stringStart(id);
    const length = this.stringEnds[id]! - start;
    for (let i = 0; i < length; i++) to[at + i] = this.stringBytes[start + i]!;
    return length;
  }

  /** A cursor on flow `index`; it may be moved to others by its `base`. */
  at(index: number): Flow {
    if (index < 0 || index >= this.length) throw new RangeError(`flow ${index} of a batch of ${this.length}`);
    return new Flow(this, this.rows, index * FLOW_ROW.words);
  }

  /** A batch of the flows that `keep` says yes to, in the same order; this one if that is all of them. */
  select(keep: (row: number) => boolean): FlowBatch {
    const words = FLOW_ROW.words;
    const rows = new Uint32Array(this.rows.length);
    let kept = 0;
    for (let row = 0; row < this.length; row++)
      if (keep(row)) rows.set(this.rows.subarray(row * words, (row + 1) * words), kept++ * words);
    if (kept === this.length) return this;
    return FlowBatch.of(kept, rows, this.stringEnds.length, this.stringEnds, this.stringBytes);
  }

  /** The flows in the order in which they left the table, a cursor of its own for each. */
  *[Symbol.iterator](): IterableIterator<Flow> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }

  /**
   * Puts a batch together. The caller's arrays are copied.
   *
   * @param rows words of `length` rows, references being ids below `strings`
   * @param stringEnds end of each string, the first being the empty one
   * @param pool where memory comes from, and goes when the batch is recycled
   */
  static of(
    length: number,
    rows: Uint32Array,
    strings: number,
    stringEnds: Uint32Array,
    stringBytes: Uint8Array,
    pool?: BatchPool,
  ): FlowBatch {
    const size = stringEnds[strings - 1]!;
    const rowWords = length * FLOW_ROW.words;
    const bytes = (HEADER_WORDS + rowWords + strings) * 4 + size;
    const buffer = pool?.take(bytes) ?? new ArrayBuffer(bytes);
    const words = new Uint32Array(buffer, 0, HEADER_WORDS + rowWords + strings);
    words.set([length, FLOW_ROW.words, strings, size]);
    words.set(rows.subarray(0, rowWords), HEADER_WORDS);
    words.set(stringEnds.subarray(0, strings), HEADER_WORDS + rowWords);
    new Uint8Array(buffer, words.byteLength).set(stringBytes.subarray(0, size));
    return new FlowBatch(buffer, pool);
  }
}
