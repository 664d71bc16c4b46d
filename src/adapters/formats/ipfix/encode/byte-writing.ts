import { formatAddress } from '../../../../domain/flow/address.js';

const DOT = 0x2e;
const DASH = 0x2d;
const ZERO = 0x30;

/** Length of a UUID as text, and of the UUID. */
const UUID_TEXT = 36;
const UUID_BYTES = 16;

/** Places of the dashes in a UUID's text. */
const isDashPlace = (place: number): boolean => place === 8 || place === 13 || place === 18 || place === 23;

/** Highest bits of four bytes: none is set in ASCII. */
const HIGH_BITS = 0x8080_8080;

/**
 * Copies bytes, four at a time; for short ones that costs a third of what `set` does. The last four overlap with those before them.
 *
 * @returns whether all bytes are ASCII
 */
export function copyBytes(from: DataView, start: number, length: number, to: DataView, at: number): boolean {
  let bits = 0;
  if (length < 4) {
    for (let i = 0; i < length; i++) {
      const byte = from.getUint8(start + i);
      bits |= byte;
      to.setUint8(at + i, byte);
    }
    return (bits & HIGH_BITS) === 0;
  }
  const last = length - 4;
  for (let i = 0; i < last; i += 4) {
    const word = from.getUint32(start + i);
    bits |= word;
    to.setUint32(at + i, word);
  }
  const word = from.getUint32(start + last);
  to.setUint32(at + last, word);
  return ((bits | word) & HIGH_BITS) === 0;
}

/** Writes an address of 4 or 16 bytes as text. Returns how many bytes that took: at most 39. */
export function writeAddressText(from: Uint8Array, start: number, length: number, to: Uint8Array, at: number): number {
  if (length !== 4) {
    const text = formatAddress(from.subarray(start, start + length));
    for (let i = 0; i < text.length; i++) to[at + i] = text.charCodeAt(i);
    return text.length;
  }
  let next = at;
  for (let i = 0; i < 4; i++) {
    const byte = from[start + i]!;
    if (i > 0) to[next++] = DOT;
    if (byte >= 100) to[next++] = ZERO + Math.floor(byte / 100);
    if (byte >= 10) to[next++] = ZERO + (Math.floor(byte / 10) % 10);
    to[next++] = ZERO + (byte % 10);
  }
  return next - at;
}

/** Writes a UUID's 16 bytes: those given, or what a text of 36 characters says, or zeros if it is neither. */
export function writeUuid(from: Uint8Array, start: number, length: number, to: Uint8Array, at: number): void {
  if (length === UUID_BYTES) {
    for (let i = 0; i < UUID_BYTES; i++) to[at + i] = from[start + i]!;
  } else if (length !== UUID_TEXT || !parseUuid(from, start, to, at)) {
    to.fill(0, at, at + UUID_BYTES);
  }
}

function parseUuid(from: Uint8Array, start: number, to: Uint8Array, at: number): boolean {
  let next = at;
  for (let place = 0; place < UUID_TEXT; place++) {
    if (isDashPlace(place)) {
      if (from[start + place] !== DASH) return false;
      continue;
    }
    const high = hexDigit(from[start + place]!);
    const low = hexDigit(from[start + ++place]!);
    if (high < 0 || low < 0) return false;
    to[next++] = (high << 4) | low;
  }
  return true;
}

/** Value of a hexadecimal digit's character; −1 if it is none. */
function hexDigit(character: number): number {
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  const lower = character | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}
