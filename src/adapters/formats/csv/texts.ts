import { makeWellFormed } from '../ipfix/encode/well-formed.js';

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const QUESTION_MARK = 0x3f;
const DELETE = 0x7f;

/** What a text has to be before it is written. */
export const Care = {
  /** Not yet looked at. */
  Unknown: 0,
  /** Copied as it is. */
  None: 1,
  /** Has a character that asks for quotes, a control character, or bytes that are not ASCII and may be no UTF-8. */
  Some: 2,
} as const;

/** Whether RFC 4180 §2 has a field in quotes for this byte. */
function asksForQuotes(byte: number): boolean {
  return byte === COMMA || byte === QUOTE || byte === LINE_FEED || byte === CARRIAGE_RETURN;
}

/** Whether this byte would do something to a terminal or a reader of lines; line breaks are in quotes, tabs are harmless. */
function isControl(byte: number): boolean {
  return (byte < 0x20 && byte !== TAB && byte !== LINE_FEED && byte !== CARRIAGE_RETURN) || byte === DELETE;
}

const NEEDS_CARE = Uint8Array.from({ length: 256 }, (_, byte) =>
  asksForQuotes(byte) || isControl(byte) || byte > DELETE ? 1 : 0,
);

/** Which `Care` a text needs. */
export function careOf(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) if (NEEDS_CARE[bytes[i]!] !== 0) return Care.Some;
  return Care.None;
}

/** Bytes that {@link writeWithCare} adds to a text at most, beside doubling its quotes. */
export const AROUND_TEXT = 4;

let scratch = new Uint8Array(1_024);

/**
 * Writes a text as a field: in quotes, and its own quotes doubled, if RFC 4180 §2 asks for that. A question mark takes the place of each
 * byte that is no UTF-8 and of each control character but tab and line breaks: a log is read on terminals and by programs that stop at NUL.
 *
 * @param within a character's code to stand before and after the text, inside of the quotes; 0 for none
 * @returns where it ends: at most twice the text's length and `AROUND_TEXT` further
 */
export function writeWithCare(
  from: Uint8Array,
  start: number,
  end: number,
  to: Uint8Array,
  at: number,
  within: number,
): number {
  const length = end - start;
  if (length > scratch.length) scratch = new Uint8Array(2 * length);
  scratch.set(from.subarray(start, end));
  makeWellFormed(scratch, 0, length);
  let isQuoted = asksForQuotes(within);
  for (let i = 0; i < length; i++) {
    const byte = scratch[i]!;
    if (isControl(byte)) scratch[i] = QUESTION_MARK;
    else isQuoted ||= asksForQuotes(byte);
  }
  let next = at;
  if (isQuoted) to[next++] = QUOTE;
  if (within !== 0) to[next++] = within;
  for (let i = 0; i < length; i++) {
    const byte = scratch[i]!;
    if (byte === QUOTE) to[next++] = QUOTE;
    to[next++] = byte;
  }
  if (within !== 0) to[next++] = within;
  if (isQuoted) to[next++] = QUOTE;
  return next;
}

/** The bytes of a text as a field, as {@link writeWithCare} writes them. */
export function fieldBytes(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const field = new Uint8Array(2 * bytes.length + AROUND_TEXT);
  return field.subarray(0, writeWithCare(bytes, 0, bytes.length, field, 0, 0));
}
