/** What stands for a byte that is no UTF-8: one byte too, so that no length changes. */
const REPLACEMENT = 0x3f;

/** The least code point that needs a sequence of so many bytes; smaller ones have a shorter form, which is the only right one. */
const LEAST = [0, 0, 0x80, 0x800, 0x1_0000];

const LAST_CODE_POINT = 0x10_ffff;
const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;

/**
 * Puts a question mark in place of each byte that is not part of well-formed UTF-8 (RFC 3629): exporters send what they like, but a
 * message with an ill-formed string must not be sent on (RFC 7011 §6.1.6).
 */
export function makeWellFormed(bytes: Uint8Array, start: number, length: number): void {
  const end = start + length;
  for (let at = start; at < end;) {
    const size = sequenceAt(bytes, at, end);
    if (size === 0) bytes[at] = REPLACEMENT;
    at += size || 1;
  }
}

/** Bytes of the well-formed sequence that begins here; 0 if none does. */
function sequenceAt(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc0 || first >= 0xf8 || at + size > end) return 0;
  let codePoint = first & (0x7f >> size);
  for (let i = 1; i < size; i++) {
    const next = bytes[at + i]!;
    if ((next & 0xc0) !== 0x80) return 0;
    codePoint = (codePoint << 6) | (next & 0x3f);
  }
  const isScalar = codePoint <= LAST_CODE_POINT && (codePoint < FIRST_SURROGATE || codePoint > LAST_SURROGATE);
  return isScalar && codePoint >= LEAST[size]! ? size : 0;
}
