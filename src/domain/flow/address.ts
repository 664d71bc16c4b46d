/**
 * Addresses as the record path holds them. In a key an address is four words, an IPv4 address as ::ffff:a.b.c.d, so that each address
 * has one form; elsewhere it is a byte string of 4 or 16 bytes (flow-rules.md §1: an address's length is its family).
 */

/** Third word of an IPv4 address in four words; the first two are 0. */
export const IPV4_PREFIX_WORD = 0xffff;

/** Whether the four words at `at` hold an IPv4 address. */
export function isIPv4(words: Uint32Array, at: number): boolean {
  return words[at] === 0 && words[at + 1] === 0 && words[at + 2] === IPV4_PREFIX_WORD;
}

/** Whether 16 bytes at `offset` hold an IPv4 address in its IPv6 form, ::ffff:a.b.c.d. */
export function isMappedIPv4(bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[offset + i] !== 0) return false;
  return bytes[offset + 10] === 0xff && bytes[offset + 11] === 0xff;
}

/** Whether all bytes of an address are zero: no address, where flow-rules.md §1 says so. */
export function isUnspecified(bytes: Uint8Array, offset: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[offset + i] !== 0) return false;
  return true;
}

/** Writes an address of 4 or 16 bytes as four words. */
export function addressToWords(
  bytes: Uint8Array,
  offset: number,
  length: number,
  words: Uint32Array,
  at: number,
): void {
  if (length === 4) {
    words[at] = 0;
    words[at + 1] = 0;
    words[at + 2] = IPV4_PREFIX_WORD;
    words[at + 3] = wordAt(bytes, offset);
    return;
  }
  for (let i = 0; i < 4; i++) words[at + i] = wordAt(bytes, offset + 4 * i);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** The bytes of an address in four words: 4 for IPv4, else 16. */
export function wordsToAddress(words: Uint32Array, at: number): Uint8Array {
  const first = isIPv4(words, at) ? 3 : 0;
  const bytes = new Uint8Array((4 - first) * 4);
  for (let i = first; i < 4; i++) {
    const word = words[at + i]!;
    bytes.set([word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff], (i - first) * 4);
  }
  return bytes;
}

/**
 * The text of an address: dotted decimal, or IPv6 as RFC 5952 has it (lower case, no leading zeros, the longest run of at least two
 * zero groups as "::"). No bytes give "".
 *
 * @throws RangeError if there are neither 0, 4 nor 16 bytes
 */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
  if (isMappedIPv4(bytes, 0)) return bytes.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  const run = longestZeroRun(groups);
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

/**
 * The bytes of an address written as text: 4, or 16, or 4 for ::ffff:a.b.c.d; undefined if it is none.
 * Leading zeros in dotted decimal and zones are refused, since peers disagree about what they mean.
 */
export function parseAddress(text: string): Uint8Array | undefined {
  if (!text.includes(':')) return parseIPv4(text);
  const bytes = parseIPv6(text);
  return bytes && isMappedIPv4(bytes, 0) ? bytes.slice(12) : bytes;
}

function parseIPv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255))
    return undefined;
  return Uint8Array.from(parts, Number);
}

function parseIPv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (!head || !tail) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

/** The bytes of colon-separated groups; dotted decimal may stand last where `last` says that these end the address. */
function parseGroups(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (last && index === groups.length - 1 && group.includes('.')) {
      const ipv4 = parseIPv4(group);
      if (!ipv4) return undefined;
      bytes.push(...ipv4);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = parseInt(group, 16);
      bytes.push(value >>> 8, value & 0xff);
    }
  }
  return bytes;
}
