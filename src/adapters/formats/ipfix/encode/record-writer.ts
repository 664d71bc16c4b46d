import type { FlowBatch } from '../../../../domain/batch/flow-batch.js';
import { laterSideAt, largerTotalAt } from '../../../../domain/flow/common-counters.js';
import { copyBytes, writeAddressText, writeUuid } from './byte-writing.js';
import { Operation, type RecordPlan } from './record-plan.js';
import { makeWellFormed } from './well-formed.js';

/** Longest text of an address: an IPv6 one without zeros. */
const ADDRESS_TEXT = 39;

/** What `write` returns for a record that would be too long. */
export const TOO_LONG = -1;

/** A batch to write records of, with a view of its strings; made once a batch. */
export class RowSource {
  readonly rows: Uint32Array;
  readonly ends: Uint32Array;
  readonly bytes: Uint8Array;
  readonly view: DataView;

  /** @param rows other rows than the batch's own that refer to its strings */
  constructor(batch: FlowBatch, rows: Uint32Array = batch.rows) {
    this.rows = rows;
    this.ends = batch.stringEnds;
    this.bytes = batch.stringBytes;
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }
}

/** Bytes to write to. */
export class Output {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }
}

/**
 * Writes the row at `base` as a data record: one loop over the plan's runs, a tight one over each run's steps, nothing allocated.
 *
 * The output needs `plan.leastBytes` beyond `end`: only texts are checked before they are written.
 *
 * @param at where the record begins
 * @param end the record must not go beyond
 * @returns where the record ends, or TOO_LONG
 */
export function writeRecord(
  plan: RecordPlan,
  source: RowSource,
  base: number,
  output: Output,
  at: number,
  end: number,
): number {
  const { operations, runs, words, shifts } = plan;
  const { rows, ends } = source;
  const { bytes, view } = output;
  const later = laterSideAt(rows, base);
  let step = 0;
  for (let run = 0; run < runs.length; run++) {
    const until = step + runs[run]!;
    switch (operations[run]) {
      case Operation.U8:
        for (; step < until; step++) bytes[at++] = rows[base + words[step]!]! >>> shifts[step]!;
        break;
      case Operation.U16:
        for (; step < until; step++, at += 2) view.setUint16(at, rows[base + words[step]!]! >>> shifts[step]!);
        break;
      case Operation.U32:
        for (; step < until; step++, at += 4) view.setUint32(at, rows[base + words[step]!]!);
        break;
      case Operation.U64:
        for (; step < until; step++, at += 8) writeU64(view, at, rows, base + words[step]!);
        break;
      case Operation.U64OfLaterSide:
        for (; step < until; step++, at += 8) writeU64(view, at, rows, later + words[step]!);
        break;
      case Operation.LargerU64:
        for (; step < until; step++, at += 8) writeU64(view, at, rows, largerTotalAt(rows, base, words[step]!));
        break;
      case Operation.Text:
        for (; step < until; step++) {
          const id = rows[base + words[step]!]!;
          if (id === 0) {
            bytes[at++] = 0;
            continue;
          }
          const start = ends[id - 1]!;
          const length = ends[id]! - start;
          if (at + length >= end) return TOO_LONG;
          if (length < 255) {
            bytes[at++] = length;
          } else {
            bytes[at] = 255;
            view.setUint16(at + 1, length);
            at += 3;
          }
          if (!copyBytes(source.view, start, length, view, at)) makeWellFormed(bytes, at, length);
          at += length;
        }
        break;
      case Operation.Address4:
        for (; step < until; step++, at += 4) copyAddress(source, rows[base + words[step]!]!, 4, output, at);
        break;
      case Operation.Address16:
        for (; step < until; step++, at += 16) copyAddress(source, rows[base + words[step]!]!, 16, output, at);
        break;
      case Operation.AddressText:
        for (; step < until; step++) {
          const id = rows[base + words[step]!]!;
          let length = 0;
          if (id !== 0) {
            if (at + ADDRESS_TEXT >= end) return TOO_LONG;
            const start = ends[id - 1]!;
            length = writeAddressText(source.bytes, start, ends[id]! - start, bytes, at + 1);
          }
          bytes[at] = length;
          at += 1 + length;
        }
        break;
      case Operation.Uuid:
        for (; step < until; step++, at += 16) {
          const id = rows[base + words[step]!]!;
          const start = id === 0 ? 0 : ends[id - 1]!;
          writeUuid(source.bytes, start, ends[id]! - start, bytes, at);
        }
        break;
      default:
        step = until;
        copyBytes(plan.constant, 0, plan.constant.byteLength, view, at);
        at += plan.constant.byteLength;
    }
  }
  return at > end ? TOO_LONG : at;
}

function writeU64(view: DataView, at: number, words: Uint32Array, word: number): void {
  view.setUint32(at, words[word + 1]!);
  view.setUint32(at + 4, words[word]!);
}

/** Writes an address that has this length; zeros in place of none and of one of the other family. */
function copyAddress(source: RowSource, id: number, length: number, output: Output, at: number): void {
  const start = id === 0 ? 0 : source.ends[id - 1]!;
  if (source.ends[id]! - start === length) copyBytes(source.view, start, length, output.view, at);
  else output.bytes.fill(0, at, at + length);
}
