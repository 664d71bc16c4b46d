/** The four digits of each number below 10,000 as one word, the first digit in the highest byte. */
const FOUR_DIGITS = Uint32Array.from({ length: 10_000 }, (_, number) => {
  const digit = (power: number): number => 0x30 + (Math.floor(number / power) % 10);
  return ((digit(1_000) << 24) | (digit(100) << 16) | (digit(10) << 8) | digit(1)) >>> 0;
});

const TEN_THOUSAND = 10_000;
const HUNDRED_MILLION = 100_000_000;

/** Digits of the largest number of 64 bits. */
export const LONGEST_U64 = 20;

/** Bytes beyond a number's last digit, an address's last character, that may be overwritten: digits are written four at a time. */
export const OVERHANG = 4;

/** Writes a number of at most 32 bits in decimal. Returns where it ends. May write up to `OVERHANG` bytes more. */
export function writeU32(to: DataView, at: number, value: number): number {
  if (value < TEN_THOUSAND) return writeShort(to, at, value);
  if (value < HUNDRED_MILLION) {
    const high = (value / TEN_THOUSAND) | 0;
    const next = writeShort(to, at, high);
    to.setUint32(next, FOUR_DIGITS[value - high * TEN_THOUSAND]!);
    return next + 4;
  }
  const high = (value / HUNDRED_MILLION) | 0;
  return writeEight(to, writeShort(to, at, high), value - high * HUNDRED_MILLION);
}

/** Writes a number of 64 bits, given as two words, in decimal and with all its digits. Returns where it ends. May write up to `OVERHANG` bytes more. */
export function writeU64(to: DataView, at: number, low: number, high: number): number {
  if (high === 0) return writeU32(to, at, low);
  // Long division by 10⁸ in steps of 16 bits: no intermediate value has more than 53.
  const first = (high / HUNDRED_MILLION) | 0;
  const middle = (high - first * HUNDRED_MILLION) * 0x1_0000 + (low >>> 16);
  const second = Math.floor(middle / HUNDRED_MILLION);
  const last = (middle - second * HUNDRED_MILLION) * 0x1_0000 + (low & 0xffff);
  const third = Math.floor(last / HUNDRED_MILLION);
  const quotient = first * 0x1_0000_0000 + second * 0x1_0000 + third;
  const top = Math.floor(quotient / HUNDRED_MILLION);
  const rest = quotient - top * HUNDRED_MILLION;
  const begun = top === 0 ? writeU32(to, at, rest) : writeEight(to, writeShort(to, at, top), rest);
  return writeEight(to, begun, last - third * HUNDRED_MILLION);
}

/** A number below 10,000, without leading zeros. */
function writeShort(to: DataView, at: number, value: number): number {
  const digits = value >= 1_000 ? 4 : value >= 100 ? 3 : value >= 10 ? 2 : 1;
  to.setUint32(at, FOUR_DIGITS[value]! << (32 - 8 * digits));
  return at + digits;
}

/** A number below 10⁸ as eight digits. */
function writeEight(to: DataView, at: number, value: number): number {
  const high = (value / TEN_THOUSAND) | 0;
  to.setUint32(at, FOUR_DIGITS[high]!);
  to.setUint32(at + 4, FOUR_DIGITS[value - high * TEN_THOUSAND]!);
  return at + 8;
}
