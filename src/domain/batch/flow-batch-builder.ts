import { FLOW_ROW, REFERENCE_WORDS } from '../flow/layout.js';
import type { StringStore } from '../flow/string-table.js';
import { BatchStrings, StringOrigin } from './batch-strings.js';
import { FlowBatch, MAX_BATCH_ROWS } from './flow-batch.js';

/** Copies flows out of the table into batches. */
export class FlowBatchBuilder {
  readonly #dictionary: StringOrigin;
  readonly #strings: BatchStrings;
  readonly #rows = new Uint32Array(MAX_BATCH_ROWS * FLOW_ROW.words);
  #length = 0;

  /** @param strings the dictionary that flows' ids refer to */
  constructor(strings: StringStore) {
    this.#dictionary = new StringOrigin(strings);
    this.#strings = new BatchStrings([this.#dictionary]);
  }

  /** Flows in the batch so far. */
  get length(): number {
    return this.#length;
  }

  /** Whether the batch must be taken before another flow is added. */
  get isFull(): boolean {
    return this.#length === MAX_BATCH_ROWS || this.#strings.isFull;
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
      if (id !== 0) rows[word] = this.#strings.take(this.#dictionary, id);
    }
    this.#length++;
  }

  /** The batch; undefined if no flow was added. The builder begins the next one. */
  take(): FlowBatch | undefined {
    if (this.#length === 0) return undefined;
    const strings = this.#strings;
    const batch = FlowBatch.of(this.#length, this.#rows, strings.count, strings.ends, strings.bytes);
    this.#length = 0;
    strings.clear();
    return batch;
  }
}
