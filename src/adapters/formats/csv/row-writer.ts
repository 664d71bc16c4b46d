import type { FlowBatch } from '../../../domain/batch/flow-batch.js';
import { laterSideAt, largerTotalAt } from '../../../domain/flow/common-counters.js';
import { copyBytes } from '../ipfix/encode/byte-writing.js';
import { writeAddress, writeIPv4 } from '../text/addresses.js';
import { writeU32, writeU64 } from '../text/digits.js';
import { Operation, type RowPlan } from './row-plan.js';
import { Care, careOf, writeWithCare } from './texts.js';

const COMMA = 0x2c;
const LINE_FEED = 0x0a;

/** What `writeRow` returns for a row that has no room. */
export const NO_ROOM = -1;

/** A batch to write rows of, and what is known of its texts; made once a batch. */
export class RowSource {
  readonly rows: Uint32Array;
  readonly ends: Uint32Array;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** `Care` that each text needs: most are in many rows and looked at once. */
  readonly care: Uint8Array;

  constructor(batch: FlowBatch) {
    this.rows = batch.rows;
    this.ends = batch.stringEnds;
    this.bytes = batch.stringBytes;
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    this.care = new Uint8Array(this.ends.length);
  }
}

/** Bytes to write to. */
export class Output {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }
}

/**
 * Writes the row at `base` with a line feed at its end: one loop over the plan's steps, nothing allocated.
 *
 * @param at where it begins
 * @returns where it ends, or NO_ROOM if the output might be too small for it
 */
export function writeRow(plan: RowPlan, source: RowSource, base: number, output: Output, at: number): number {
  const { operations, words, shifts, masks } = plan;
  const { rows, ends } = source;
  const { view } = output;
  // What is no text has room in any case: only texts are checked before they are written.
  const end = output.bytes.length - plan.mostBytes;
  if (at > end) return NO_ROOM;
  for (let step = 0; step < operations.length; step++) {
    const word = words[step]!;
    switch (operations[step]) {
      case Operation.Small:
        at = writeU32(view, at, (rows[base + word]! >>> shifts[step]!) & masks[step]!);
        break;
      case Operation.U32:
        at = writeU32(view, at, rows[base + word]!);
        break;
      case Operation.U64:
        at = writeU64(view, at, rows[base + word]!, rows[base + word + 1]!);
        break;
      case Operation.U64OfLaterSide: {
        const from = laterSideAt(rows, base) + word;
        at = writeU64(view, at, rows[from]!, rows[from + 1]!);
        break;
      }
      case Operation.LargerU64: {
        const from = largerTotalAt(rows, base, word);
        at = writeU64(view, at, rows[from]!, rows[from + 1]!);
        break;
      }
      case Operation.Text: {
        const id = rows[base + word]!;
        const start = id === 0 ? 0 : ends[id - 1]!;
        if (at + 2 * (ends[id]! - start) > end) return NO_ROOM;
        at = writeText(source, id, start, output, at, plan.between[step]!);
        break;
      }
      case Operation.Endpoint: {
        const from = base + word;
        at = writeAddress(view, at, rows[from]!, rows[from + 1]!, rows[from + 2]!, rows[from + 3]!);
        break;
      }
      case Operation.Address:
        at = writeReferredAddress(source, rows[base + word]!, view, at);
        break;
      default: {
        const { view: names, starts } = plan.tables[step]!;
        const index = (rows[base + word]! >>> shifts[step]!) & masks[step]!;
        const length = starts[index + 1]! - starts[index]!;
        copyBytes(names, starts[index]!, length, view, at);
        at += length;
      }
    }
    view.setUint8(at++, COMMA);
  }
  view.setUint8(at - 1, LINE_FEED);
  return at;
}

function writeText(source: RowSource, id: number, start: number, output: Output, at: number, between: number): number {
  const end = source.ends[id]!;
  if (source.care[id] === Care.Unknown) source.care[id] = careOf(source.bytes, start, end);
  if (source.care[id] === Care.Some || between !== 0)
    return writeWithCare(source.bytes, start, end, output.bytes, at, between);
  copyBytes(source.view, start, end - start, output.view, at);
  return at + end - start;
}

/** Writes an address of 4 or 16 bytes; nothing for none. */
function writeReferredAddress({ ends, view: from }: RowSource, id: number, to: DataView, at: number): number {
  if (id === 0) return at;
  const start = ends[id - 1]!;
  switch (ends[id]! - start) {
    case 4:
      return writeIPv4(to, at, from.getUint32(start));
    case 16:
      return writeAddress(
        to,
        at,
        from.getUint32(start),
        from.getUint32(start + 4),
        from.getUint32(start + 8),
        from.getUint32(start + 12),
      );
    default:
      return at;
  }
}
