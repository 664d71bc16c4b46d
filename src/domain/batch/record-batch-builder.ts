import { CounterBlock } from '../flow/counters.js';
import type { EnrichableRow } from '../flow/enrichable-row.js';
import { FlowFlag } from '../flow/flow-flags.js';
import type { FlowRecord } from '../flow/flow-record.js';
import { FLOW_BLOCK, FLOW_ROW, REFERENCE_WORDS, SIDE_BLOCK } from '../flow/layout.js';
import type { StringStore, StringTable } from '../flow/string-table.js';
import { viewOf } from '../flow/view.js';
import { BatchPool } from './batch-pool.js';
import { BatchStrings, StringOrigin } from './batch-strings.js';
import { FlowBatch, MAX_BATCH_ROWS } from './flow-batch.js';

const EXPORTER = FLOW_BLOCK.slots.exporterIP.word;
/** Every text and address that is in the message; the exporter's comes with the record. */
const MESSAGE_WORDS = REFERENCE_WORDS.filter((word) => word !== EXPORTER);
const SOURCE_END = FLOW_ROW.source + SIDE_BLOCK.slots.flowEndSeconds.word;

/**
 * Makes batches of records that are passed on by themselves (flow-rules.md §8): a row a record, with the record's counters as those of the
 * only side there is.
 */
export class RecordBatchBuilder {
  readonly #strings: BatchStrings;
  readonly #rows = new Uint32Array(MAX_BATCH_ROWS * FLOW_ROW.words);
  readonly #counters = new CounterBlock(this.#rows, 0);
  readonly #row: RowInBatch;
  readonly #pool = new BatchPool();
  #length = 0;
  /** Exporters by their addresses: records of one come together. */
  #exporter: Uint8Array | undefined;
  #exporterId = 0;

  /** @param metadata the dictionary whose strings rows are completed with */
  constructor(metadata?: StringStore) {
    const origins = metadata ? [new StringOrigin(metadata)] : [];
    this.#strings = new BatchStrings(origins);
    this.#row = new RowInBatch(this.#rows, this.#strings, origins[0]);
  }

  /** Records in the batch so far. */
  get length(): number {
    return this.#length;
  }

  /** Whether the batch must be taken before another record is added. */
  get isFull(): boolean {
    return this.#length === MAX_BATCH_ROWS || this.#strings.isFull;
  }

  /**
   * Copies a record.
   *
   * @returns its row, which can be completed until the next call
   * @throws RangeError if the batch is full
   */
  add(record: FlowRecord): EnrichableRow {
    if (this.isFull) throw new RangeError('the batch is full: take it first');
    const rows = this.#rows;
    const base = this.#length++ * FLOW_ROW.words;
    for (let i = 0; i < FLOW_BLOCK.words; i++) rows[base + i] = record.words[i]!;
    for (let i = 0; i < MESSAGE_WORDS.length; i++) {
      const at = base + MESSAGE_WORDS[i]!;
      const reference = rows[at]!;
      if (reference !== 0)
        rows[at] = this.#strings.add(record.bytes, record.start(reference), record.length(reference));
    }
    rows[base + EXPORTER] = this.#idOf(record.exporter);
    for (let i = FLOW_ROW.source; i < FLOW_ROW.words; i++) rows[base + i] = 0;
    this.#counters.at = base + FLOW_ROW.source;
    this.#counters.takeAlone(record.counters, record.carried);
    rows[base + SOURCE_END] = record.flowEndSeconds;
    rows[base + FLOW_ROW.flags] = FlowFlag.Live | FlowFlag.SourceReported;
    this.#row.base = base;
    return this.#row;
  }

  /** The batch; undefined if no record was added. The builder begins the next one. */
  take(): FlowBatch | undefined {
    if (this.#length === 0) return undefined;
    const strings = this.#strings;
    const batch = FlowBatch.of(this.#length, this.#rows, strings.count, strings.ends, strings.bytes, this.#pool);
    this.#length = 0;
    this.#exporter = undefined;
    strings.clear();
    return batch;
  }

  #idOf(exporter: Uint8Array): number {
    if (this.#exporter !== exporter) {
      this.#exporter = exporter;
      this.#exporterId = this.#strings.add(exporter, 0, exporter.length);
    }
    return this.#exporterId;
  }
}

/** A row of a batch that is being built. */
class RowInBatch extends viewOf(FLOW_BLOCK) implements EnrichableRow {
  readonly #strings: BatchStrings;
  readonly #metadata: StringOrigin | undefined;

  constructor(rows: Uint32Array, strings: BatchStrings, metadata: StringOrigin | undefined) {
    super(rows, 0);
    this.#strings = strings;
    this.#metadata = metadata;
  }

  copyText(word: number, to: Uint8Array): number {
    return this.#strings.copy(this.words[this.base + word]!, to);
  }

  /** @throws TypeError for strings of another table than the builder was made with */
  putText(word: number, from: StringTable, id: number): void {
    if (this.#metadata?.store !== from) throw new TypeError('the string is of no table that the batch takes from');
    this.words[this.base + word] = this.#strings.take(this.#metadata, id);
  }

  override bytesOf(id: number): Uint8Array {
    const bytes = new Uint8Array(this.#strings.length(id));
    this.#strings.copy(id, bytes);
    return bytes;
  }

  override textOf(id: number): string {
    return new TextDecoder().decode(this.bytesOf(id));
  }
}
