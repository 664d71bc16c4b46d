import { FLOW_ROW, REFERENCE_WORDS } from '../flow/layout.js';
import type { StringStore } from '../flow/string-table.js';
import { FlowBatch, MAX_BATCH_ROWS } from './flow-batch.js';

/** Bytes of strings a batch has at most before it is closed: a few long labels must not make a batch of a gigabyte. */
const MAX_STRING_BYTES = 8 * 1024 * 1024;

/**
 * Copies flows out of the table into batches. Strings get ids of the batch's own, in the order in which they are first met, so that a
 * batch holds no reference to the table or its dictionary.
 */
export class FlowBatchBuilder {
  readonly #strings: StringStore;
  readonly #rows = new Uint32Array(MAX_BATCH_ROWS * FLOW_ROW.words);
  #length = 0;
  /** The batch's id of each of the dictionary's ids, valid where #batchOf has this batch's number. */
  #ids = new Uint32Array(1024);
  #batchOf = new Uint32Array(1024);
  #batch = 1;
  #ends = new Uint32Array(1024);
  #stringCount = 1;
  #bytes = new Uint8Array(0x10000);
  #size = 0;

  /** @param strings the dictionary that flows' ids refer to */
  constructor(strings: StringStore) {
    this.#strings = strings;
  }

  /** Flows in the batch so far. */
  get length(): number {
    return this.#length;
  }

  /** Whether the batch must be taken before another flow is added. */
  get isFull(): boolean {
    return this.#length === MAX_BATCH_ROWS || this.#size >= MAX_STRING_BYTES;
  }

  /**
   * Copies the flow whose row begins at `base`.
   *
   * @throws RangeError if the batch is full
   */
  add(words: Uint32Array, base: number): void {
    if (this.isFull) throw new RangeError('the batch is full: take it first');
    const rows = this.#rows;
    const at = this.#length * FLOW_ROW.words;
    for (let i = 0; i < FLOW_ROW.words; i++) rows[at + i] = words[base + i]!;
    for (let i = 0; i < REFERENCE_WORDS.length; i++) {
      const word = at + REFERENCE_WORDS[i]!;
      const id = rows[word]!;
      if (id !== 0) rows[word] = this.#batchOf[id] === this.#batch ? this.#ids[id]! : this.#copyString(id);
    }
    this.#length++;
  }

  /** The batch; undefined if no flow was added. The builder begins the next one. */
  take(): FlowBatch | undefined {
    if (this.#length === 0) return undefined;
    const batch = FlowBatch.of(this.#length, this.#rows, this.#stringCount, this.#ends, this.#bytes);
    this.#length = 0;
    this.#stringCount = 1;
    this.#size = 0;
    this.#batch++;
    return batch;
  }

  #copyString(id: number): number {
    const length = this.#strings.length(id);
    if (id >= this.#ids.length) {
      this.#ids = grown(this.#ids, id + 1);
      this.#batchOf = grown(this.#batchOf, id + 1);
    }
    if (this.#stringCount === this.#ends.length) this.#ends = grown(this.#ends, this.#stringCount + 1);
    if (this.#size + length > this.#bytes.length) {
      const bytes = new Uint8Array(Math.max(2 * this.#bytes.length, this.#size + length));
      bytes.set(this.#bytes);
      this.#bytes = bytes;
    }
    this.#size += this.#strings.copy(id, this.#bytes, this.#size);
    this.#ends[this.#stringCount] = this.#size;
    this.#ids[id] = this.#stringCount;
    this.#batchOf[id] = this.#batch;
    return this.#stringCount++;
  }
}

function grown(old: Uint32Array, least: number): Uint32Array<ArrayBuffer> {
  const array = new Uint32Array(Math.max(2 * old.length, least));
  array.set(old);
  return array;
}
