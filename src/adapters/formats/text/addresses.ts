import { IPV4_PREFIX_WORD } from '../../../domain/flow/address.js';

/** Longest text of an address: an IPv6 one without zeros. */
export const LONGEST_ADDRESS = 39;

const COLON = 0x3a;

/** Each octet in decimal and a dot, as one word; and how many characters those are. */
const OCTETS = Uint32Array.from({ length: 256 }, (_, octet) => {
  const text = new TextEncoder().encode(`${octet}.`.padEnd(4, '\0'));
  return text.reduce((word, character) => ((word << 8) | character) >>> 0, 0);
});
const OCTET_LENGTHS = Uint8Array.from({ length: 256 }, (_, octet) => `${octet}.`.length);

const HEX = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/**
 * Writes an address that is four words, an IPv4 one as ::ffff:a.b.c.d: dotted decimal for those, the canonical form of RFC 5952 for
 * others. Returns where it ends. May write up to `OVERHANG` bytes more.
 */
export function writeAddress(to: DataView, at: number, a: number, b: number, c: number, d: number): number {
  return a === 0 && b === 0 && c === IPV4_PREFIX_WORD ? writeIPv4(to, at, d) : writeIPv6(to, at, a, b, c, d);
}

/** Writes an IPv4 address in dotted decimal. Returns where it ends. May write up to `OVERHANG` bytes more. */
export function writeIPv4(to: DataView, at: number, address: number): number {
  let next = at;
  for (let shift = 24; shift >= 0; shift -= 8) {
    const octet = (address >>> shift) & 0xff;
    to.setUint32(next, OCTETS[octet]!);
    next += OCTET_LENGTHS[octet]!;
  }
  // Without the dot after the last octet.
  return next - 1;
}

const groups = new Uint16Array(8);

function writeIPv6(to: DataView, at: number, a: number, b: number, c: number, d: number): number {
  groups[0] = a >>> 16;
  groups[1] = a;
  groups[2] = b >>> 16;
  groups[3] = b;
  groups[4] = c >>> 16;
  groups[5] = c;
  groups[6] = d >>> 16;
  groups[7] = d;
  const { start, end } = longestZeros();
  let next = at;
  for (let i = 0; i < 8; i++) {
    if (i === start) {
      to.setUint16(next, (COLON << 8) | COLON);
      next += 2;
      i = end - 1;
      continue;
    }
    if (i > 0 && i !== end) to.setUint8(next++, COLON);
    next = writeGroup(to, next, groups[i]!);
  }
  return next;
}

const zeros = { start: 0, end: 0 };

/** RFC 5952 §4.2: the longest run of at least two groups that are zero, the first of several. −1 if there is none. */
function longestZeros(): { readonly start: number; readonly end: number } {
  zeros.start = -1;
  zeros.end = -1;
  let longest = 1;
  for (let i = 0; i < 8; i++) {
    if (groups[i] !== 0) continue;
    const start = i;
    while (i < 8 && groups[i] === 0) i++;
    if (i - start <= longest) continue;
    longest = i - start;
    zeros.start = start;
    zeros.end = i;
  }
  return zeros;
}

function writeGroup(to: DataView, at: number, group: number): number {
  let next = at;
  if (group >= 0x1000) to.setUint8(next++, HEX[group >>> 12]!);
  if (group >= 0x100) to.setUint8(next++, HEX[(group >>> 8) & 0xf]!);
  if (group >= 0x10) to.setUint8(next++, HEX[(group >>> 4) & 0xf]!);
  to.setUint8(next++, HEX[group & 0xf]!);
  return next;
}
