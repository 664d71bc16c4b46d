import { makeWellFormed } from '../ipfix/encode/well-formed.js';

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const ZERO = 0x30;

/** Letters that stand for characters after a backslash (RFC 8259 §7). */
const SHORT = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['\b', 'b'],
  ['\f', 'f'],
  ['\n', 'n'],
  ['\r', 'r'],
  ['\t', 't'],
]);

/** What stands after the backslash in place of each byte; 0 for what stands for itself. */
const ESCAPES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const letter = SHORT.get(String.fromCharCode(byte));
  if (letter !== undefined) return letter.charCodeAt(0);
  return byte < 0x20 ? LETTER_U : 0;
});

const HEX = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/** Bytes that one byte of a text takes at most: \u001f. */
export const LONGEST_ESCAPE = 6;

/** What a text has to be before it is written. */
export const Care = {
  /** Not yet looked at. */
  Unknown: 0,
  /** Copied as it is. */
  None: 1,
  /** Has a character to be escaped, or bytes that are not ASCII and may be no UTF-8. */
  Some: 2,
} as const;

/** Which `Care` a text needs. */
export function careOf(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80 || ESCAPES[byte] !== 0) return Care.Some;
  }
  return Care.None;
}

/** Bytes of a text once it is written. */
export function escapedLength(bytes: Uint8Array, start: number, end: number): number {
  let length = end - start;
  for (let i = start; i < end; i++) {
    const escape = ESCAPES[bytes[i]!]!;
    if (escape !== 0) length += escape === LETTER_U ? LONGEST_ESCAPE - 1 : 1;
  }
  return length;
}

let scratch = new Uint8Array(1_024);

/**
 * Writes a text as the inside of a JSON string: escaped as RFC 8259 §7 asks for, a question mark in place of each byte that is no UTF-8,
 * as the IPFIX exporter has it.
 *
 * @returns where it ends
 */
export function writeEscaped(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  const length = end - start;
  if (length > scratch.length) scratch = new Uint8Array(2 * length);
  const text = scratch;
  let bits = 0;
  for (let i = 0; i < length; i++) {
    const byte = from[start + i]!;
    bits |= byte;
    text[i] = byte;
  }
  if (bits >= 0x80) makeWellFormed(text, 0, length);
  let next = at;
  for (let i = 0; i < length; i++) {
    const byte = text[i]!;
    const escape = ESCAPES[byte]!;
    if (escape === 0) {
      to[next++] = byte;
      continue;
    }
    to[next++] = BACKSLASH;
    to[next++] = escape;
    if (escape !== LETTER_U) continue;
    to[next++] = ZERO;
    to[next++] = ZERO;
    to[next++] = HEX[byte >>> 4]!;
    to[next++] = HEX[byte & 0xf]!;
  }
  return next;
}
