import type { FlowBatch } from '../../../domain/batch/flow-batch.js';
import { isIPv4 } from '../../../domain/flow/address.js';
import { laterSideAt, largerTotalAt } from '../../../domain/flow/common-counters.js';
import { writeAddress, writeIPv4 } from '../text/addresses.js';
import { writeU32, writeU64 } from '../text/digits.js';
import { copyBytes } from '../ipfix/encode/byte-writing.js';
import { Care, careOf, LONGEST_ESCAPE, writeEscaped } from './json-texts.js';
import { KEY_STRIDE, ValueKind, type LinePlan } from './line-plan.js';

/** What `writeLine` returns if there is no room for the line. */
export const NO_ROOM = -1;

const COLON = 0x3a;

/** "::ffff:" before an IPv4 address in an IPv6 field. */
const MAPPED = Uint8Array.from('::ffff:', (character) => character.charCodeAt(0));

/** A batch to write lines of; made once a batch. */
export class LineSource {
  readonly rows: Uint32Array;
  readonly ends: Uint32Array;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** What each string has to be before it is written: a batch's flows share them, so each is looked at once. */
  readonly care: Uint8Array;

  /** @param rows other rows than the batch's own that refer to its strings */
  constructor(batch: FlowBatch, rows: Uint32Array = batch.rows) {
    this.rows = rows;
    this.ends = batch.stringEnds;
    this.bytes = batch.stringBytes;
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    this.care = new Uint8Array(this.ends.length);
  }
}

/** Bytes to write to. */
export class LineOutput {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }
}

/**
 * Writes the flow at `base` as a line, but for its end: one loop over the plan's steps, nothing allocated.
 *
 * @param at where the line begins
 * @param end the line, and what may be overwritten behind it, must not go beyond
 * @returns where the line ends so far, or NO_ROOM
 */
export function writeLine(
  plan: LinePlan,
  source: LineSource,
  base: number,
  output: LineOutput,
  at: number,
  end: number,
): number {
  const { kinds, words, shifts, keys, keyStarts, keyLengths } = plan;
  const { rows, ends } = source;
  const { view } = output;
  const later = laterSideAt(rows, base);
  // Room for all that is no text; each text then looks for its own.
  let room = end - at - plan.leastBytes;
  if (room < 0) return NO_ROOM;
  for (let step = 0; step < kinds.length; step++) {
    const key = keyStarts[step]!;
    const length = keyLengths[step]!;
    // What is copied beyond the key's length is overwritten next.
    for (let i = 0; i < length; i += KEY_STRIDE) view.setFloat64(at + i, keys.getFloat64(key + i, true), true);
    at += length;
    const word = words[step]!;
    switch (kinds[step]) {
      case ValueKind.U8:
        at = writeU32(view, at, (rows[base + word]! >>> shifts[step]!) & 0xff);
        break;
      case ValueKind.U16:
        at = writeU32(view, at, (rows[base + word]! >>> shifts[step]!) & 0xffff);
        break;
      case ValueKind.U32:
        at = writeU32(view, at, rows[base + word]!);
        break;
      case ValueKind.U64:
        at = writeU64(view, at, rows[base + word]!, rows[base + word + 1]!);
        break;
      case ValueKind.U64OfLaterSide:
        at = writeU64(view, at, rows[later + word]!, rows[later + word + 1]!);
        break;
      case ValueKind.LargerU64: {
        const larger = largerTotalAt(rows, base, word);
        at = writeU64(view, at, rows[larger]!, rows[larger + 1]!);
        break;
      }
      case ValueKind.Text: {
        const id = rows[base + word]!;
        if (id === 0) break;
        const start = ends[id - 1]!;
        room -= (ends[id]! - start) * (careFor(source, id, start) === Care.None ? 1 : LONGEST_ESCAPE);
        if (room < 0) return NO_ROOM;
        at = writeText(source, id, start, output, at);
        break;
      }
      case ValueKind.KeyAddress4:
        at = writeIPv4(view, at, rows[base + word]!);
        break;
      case ValueKind.KeyAddress16:
        at = writeKeyAddress(rows, base + word, output, at);
        break;
      case ValueKind.Address4:
        at = writeReferred(source, rows[base + word]!, 4, output, at);
        break;
      case ValueKind.Address16:
        at = writeReferred(source, rows[base + word]!, 16, output, at);
        break;
      default: {
        const id = rows[base + word]!;
        if (id !== 0) at = writeReferred(source, id, ends[id]! - ends[id - 1]!, output, at);
      }
    }
  }
  return at;
}

function careFor({ care, bytes, ends }: LineSource, id: number, start: number): number {
  if (care[id] === Care.Unknown) care[id] = careOf(bytes, start, ends[id]!);
  return care[id]!;
}

function writeText(source: LineSource, id: number, start: number, output: LineOutput, at: number): number {
  const end = source.ends[id]!;
  if (source.care[id] !== Care.None) return writeEscaped(source.bytes, start, end, output.bytes, at);
  copyBytes(source.view, start, end - start, output.view, at);
  return at + end - start;
}

/** An address of the key in a field for IPv6: an IPv4 one is mapped, as it is in IPFIX. */
function writeKeyAddress(rows: Uint32Array, word: number, { bytes, view }: LineOutput, at: number): number {
  if (isIPv4(rows, word)) {
    bytes.set(MAPPED, at);
    return writeIPv4(view, at + MAPPED.length, rows[word + 3]!);
  }
  return writeAddress(view, at, rows[word]!, rows[word + 1]!, rows[word + 2]!, rows[word + 3]!);
}

/** An address that has this length; the unspecified one in place of none and of one of the other family. */
function writeReferred(source: LineSource, id: number, length: number, output: LineOutput, at: number): number {
  const { view } = output;
  const start = id === 0 ? 0 : source.ends[id - 1]!;
  const isThere = source.ends[id]! - start === length;
  if (length === 4) return writeIPv4(view, at, isThere ? source.view.getUint32(start) : 0);
  if (!isThere) {
    view.setUint16(at, (COLON << 8) | COLON);
    return at + 2;
  }
  const from = source.view;
  return writeAddress(
    view,
    at,
    from.getUint32(start),
    from.getUint32(start + 4),
    from.getUint32(start + 8),
    from.getUint32(start + 12),
  );
}
