import type { FlowBatch } from '../../../domain/batch/flow-batch.js';
import { FLOW_ROW } from '../../../domain/flow/layout.js';
import { planRows, type CsvColumn, type RowOptions, type RowPlan } from './row-plan.js';
import { NO_ROOM, Output, RowSource, writeRow } from './row-writer.js';

/** A place among the rows of a group of batches. */
export interface RowPosition {
  readonly batch: number;
  readonly row: number;
}

/** Where a group's rows begin. */
export const FIRST_ROW: RowPosition = { batch: 0, row: 0 };

/** Whether the flow whose row begins at `base` is written. */
export type RowFilter = (rows: Uint32Array, base: number) => boolean;

/** What is written, and how. */
export interface CsvOptions extends RowOptions {
  readonly columns: readonly CsvColumn[];
  /** @default every row */
  readonly filter?: RowFilter | undefined;
}

/** Bounds of what is encoded at a time. */
export interface ChunkLimits {
  /** Bytes of a chunk of several rows, at most. */
  readonly bytes: number;
  /** Bytes that its first row may have: no chunk is empty because of a long row, unless it has to be. @default any number */
  readonly firstRowBytes?: number;
}

/** Some whole rows, one after another. */
export interface CsvChunk {
  /** Valid until the next chunk is encoded. */
  readonly bytes: Uint8Array;
  /** How many. 0 if the group ends, or the first one does not fit. */
  readonly rows: number;
  /** Where each row ends in `bytes`. Valid until the next chunk is encoded. */
  readonly rowEnds: Uint32Array;
  /** The place after them and after rows that the filter keeps away. */
  readonly next: RowPosition;
}

/** Turns batches of flows into lines of CSV (RFC 4180, but with LF and without a header), in their order. */
export class CsvEncoder {
  readonly #plan: RowPlan;
  readonly #filter: RowFilter | undefined;
  #output = new Output(0);
  #rowEnds = new Uint32Array(1_024);
  #source: RowSource | undefined;

  constructor({ columns, filter, ...options }: CsvOptions) {
    this.#plan = planRows(columns, options);
    this.#filter = filter;
  }

  /** Encodes the rows from `from` on, until the limit or the group's end is reached. */
  encode(
    group: readonly FlowBatch[],
    from: RowPosition,
    { bytes, firstRowBytes = Number.POSITIVE_INFINITY }: ChunkLimits,
  ): CsvChunk {
    // Room for a row beyond the limit, which ends the chunk; a longer one gets it when it is the first.
    this.#makeRoom(bytes + 0x4000);
    let { batch, row } = from;
    let end = 0;
    let count = 0;
    for (; batch < group.length; batch++, row = 0) {
      const { length } = group[batch]!;
      const source = this.#sourceOf(group[batch]!);
      for (; row < length; row++) {
        const base = row * FLOW_ROW.words;
        if (this.#filter?.(source.rows, base) === false) continue;
        let next = writeRow(this.#plan, source, base, this.#output, end);
        while (next === NO_ROOM && count === 0) {
          this.#makeRoom(2 * this.#output.bytes.length);
          next = writeRow(this.#plan, source, base, this.#output, end);
        }
        if (next === NO_ROOM || next > (count === 0 ? firstRowBytes : bytes))
          return this.#chunk(end, count, { batch, row });
        end = next;
        if (count === this.#rowEnds.length) this.#growRowEnds();
        this.#rowEnds[count++] = end;
      }
    }
    return this.#chunk(end, count, { batch, row: 0 });
  }

  /** The place after `count` of the rows from `from` on that the filter lets pass. */
  advance(group: readonly FlowBatch[], from: RowPosition, count: number): RowPosition {
    let { batch, row } = from;
    let left = count;
    for (; batch < group.length && left > 0; batch++, row = 0) {
      const { rows, length } = group[batch]!;
      for (; row < length; row++) {
        if (this.#filter?.(rows, row * FLOW_ROW.words) === false) continue;
        if (--left === 0) return { batch, row: row + 1 };
      }
    }
    return { batch, row };
  }

  /** Lets go of the last batch. */
  release(): void {
    this.#source = undefined;
  }

  #chunk(end: number, rows: number, next: RowPosition): CsvChunk {
    return { bytes: this.#output.bytes.subarray(0, end), rows, rowEnds: this.#rowEnds.subarray(0, rows), next };
  }

  /** Chunks can be smaller than batches: what is known of the last batch serves the next chunk too. */
  #sourceOf(batch: FlowBatch): RowSource {
    if (this.#source?.rows !== batch.rows) this.#source = new RowSource(batch);
    return this.#source;
  }

  #makeRoom(bytes: number): void {
    const least = bytes + this.#plan.mostBytes;
    if (this.#output.bytes.length < least) this.#output = new Output(least);
  }

  #growRowEnds(): void {
    const grown = new Uint32Array(2 * this.#rowEnds.length);
    grown.set(this.#rowEnds);
    this.#rowEnds = grown;
  }
}
