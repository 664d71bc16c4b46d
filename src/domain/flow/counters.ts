import { COUNTER_BLOCK } from './layout.js';
import { COUNTER_FIELDS, type CounterName } from './fields.js';
import { readU64 } from './view.js';

const TWO_32 = 0x1_0000_0000;
const TWO_TO_MINUS_32 = 1 / TWO_32;
const MAX_U64 = (1n << 64n) - 1n;

/** Octets whose bits a double still holds exactly: 2⁵⁰ × 8 = 2⁵³. As a high word. */
const EXACT_OCTETS_HIGH = 2 ** (50 - 32);

/** The names of the counters in the order of their bits in `FlowRecord.carried` and of their words in a block. */
export const COUNTER_NAMES = Object.keys(COUNTER_FIELDS) as readonly CounterName[];

/** The four totals come first, each followed four places later by its delta. */
const TOTALS = 4;
const TOTAL_BITS = (1 << TOTALS) - 1;
/** From a total to its delta, in words. */
const TO_DELTA = TOTALS * 2;

/** Bit of a counter in `FlowRecord.carried`. */
export function counterBit(name: CounterName): number {
  return 1 << COUNTER_NAMES.indexOf(name);
}

/** −1, 0 or 1 as the 64-bit number at `a` is smaller than, equal to or larger than the one at `b`. */
export function compareU64(a: Uint32Array, aAt: number, b: Uint32Array, bAt: number): number {
  const high = a[aAt + 1]! - b[bAt + 1]!;
  if (high !== 0) return high < 0 ? -1 : 1;
  return Math.sign(a[aAt]! - b[bAt]!);
}

/** Copies a 64-bit number. */
export function copyU64(from: Uint32Array, fromAt: number, to: Uint32Array, toAt: number): void {
  to[toAt] = from[fromAt]!;
  to[toAt + 1] = from[fromAt + 1]!;
}

/** Adds `low` + `high` × 2³² to the 64-bit number at `at`; the sum stops at 2⁶⁴ − 1 (flow-rules.md §5). */
export function addU64(words: Uint32Array, at: number, low: number, high: number): void {
  const lowSum = words[at]! + low;
  const highSum = words[at + 1]! + high + (lowSum >= TWO_32 ? 1 : 0);
  if (highSum >= TWO_32) {
    words[at] = 0xffffffff;
    words[at + 1] = 0xffffffff;
    return;
  }
  words[at] = lowSum;
  words[at + 1] = highSum;
}

/** Writes an exact 64-bit number as two words, low word first. For tests and readers of text; rules use blocks. */
export function writeU64(words: Uint32Array, at: number, value: bigint): void {
  words[at] = Number(value & 0xffffffffn);
  words[at + 1] = Number((value >> 32n) & 0xffffffffn);
}

/**
 * A cursor over eight unsigned 64-bit counters. All arithmetic on counters is here, exact over the whole range, in two 32-bit words a
 * counter: no rounded double, no BigInt unless a throughput needs more than 53 bits.
 */
export class CounterBlock {
  constructor(
    public words: Uint32Array,
    public at: number,
  ) {}

  /** A counter as an exact number, for readers. */
  read(name: CounterName): bigint {
    return readU64(this.words, this.at + COUNTER_BLOCK.slots[name].word);
  }

  /** Takes all eight counters as they are. */
  copyFrom(from: CounterBlock): void {
    for (let i = 0; i < COUNTER_BLOCK.words; i++) this.words[this.at + i] = from.words[from.at + i]!;
  }

  /** Whether any of the carried totals is larger than this block's: news, whatever the times (flow-rules.md §5.1). */
  isExceededBy(report: CounterBlock, carried: number): boolean {
    for (let i = 0; i < TOTALS; i++) {
      if (carried & (1 << i) && compareU64(report.words, report.at + 2 * i, this.words, this.at + 2 * i) > 0)
        return true;
    }
    return false;
  }

  /** Takes a side's first report: what is not carried follows from its counterpart (§1). */
  begin(report: CounterBlock, carried: number): void {
    this.copyFrom(report);
    const totals = carried & TOTAL_BITS;
    const deltas = carried >>> TOTALS;
    if (totals === deltas) return;
    for (let i = 0; i < TOTALS; i++) {
      const at = this.at + 2 * i;
      if (!(totals & (1 << i))) copyU64(this.words, at + TO_DELTA, this.words, at);
      else if (!(deltas & (1 << i))) copyU64(this.words, at, this.words, at + TO_DELTA);
    }
  }

  /** Takes a report that is passed on by itself: a total that is not carried is the delta, a delta that is not is 0 (§8). */
  takeAlone(report: CounterBlock, carried: number): void {
    this.copyFrom(report);
    if ((carried & TOTAL_BITS) === carried >>> TOTALS) return;
    for (let i = 0; i < TOTALS; i++) {
      const at = this.at + 2 * i;
      if (!(carried & (1 << i))) copyU64(this.words, at + TO_DELTA, this.words, at);
      else if (!(carried & (1 << (i + TOTALS)))) this.words.fill(0, at + TO_DELTA, at + TO_DELTA + 2);
    }
  }

  /** Takes a later report: totals are replaced and deltas added, and what is not carried follows from its counterpart (§1, §5). */
  update(report: CounterBlock, carried: number): void {
    const totals = carried & TOTAL_BITS;
    const deltas = carried >>> TOTALS;
    for (let i = 0; i < TOTALS; i++) {
      const bit = 1 << i;
      const total = this.at + 2 * i;
      const reported = report.at + 2 * i;
      if (deltas & bit) {
        const low = report.words[reported + TO_DELTA]!;
        const high = report.words[reported + TO_DELTA + 1]!;
        addU64(this.words, total + TO_DELTA, low, high);
        if (!(totals & bit)) addU64(this.words, total, low, high);
      } else if (totals & bit) {
        this.#addGrowth(report.words, reported, total);
      }
      if (totals & bit) copyU64(report.words, reported, this.words, total);
    }
  }

  /**
   * Adds the deltas that came without their totals to both their counters: such traffic is new whatever the record's times (§1).
   *
   * @returns whether there were any
   */
  addLoneDeltas(report: CounterBlock, carried: number): boolean {
    const lone = (carried >>> TOTALS) & ~carried & TOTAL_BITS;
    if (lone === 0) return false;
    this.update(report, lone << TOTALS);
    return true;
  }

  /** Sets the four deltas to 0, as after an export (§6). */
  clearDeltas(): void {
    this.words.fill(0, this.at + TO_DELTA, this.at + 2 * TO_DELTA);
  }

  /** Adds to a delta by how much its total grew; all of it after a counter reset. */
  #addGrowth(reported: Uint32Array, from: number, total: number): void {
    const { words } = this;
    let low = reported[from]!;
    let high = reported[from + 1]!;
    if (compareU64(reported, from, words, total) >= 0) {
      low -= words[total]!;
      high -= words[total + 1]!;
      if (low < 0) {
        low += TWO_32;
        high -= 1;
      }
    }
    addU64(words, total + TO_DELTA, low, high);
  }
}

/**
 * Writes floor(octets × 8 / seconds) as a 64-bit number that stops at 2⁶⁴ − 1; 0 if `seconds` is not positive.
 *
 * @param low low word of the octets
 * @param high high word of the octets
 */
export function writeThroughput(low: number, high: number, seconds: number, words: Uint32Array, at: number): void {
  if (seconds <= 0) {
    words[at] = 0;
    words[at + 1] = 0;
  } else if (high < EXACT_OCTETS_HIGH) {
    // Storing a number in a word cuts off its fraction and what is above 32 bits.
    const bits = ((high * TWO_32 + low) * 8) / seconds;
    words[at] = bits;
    words[at + 1] = bits * TWO_TO_MINUS_32;
  } else {
    const bits = (((BigInt(high) << 32n) | BigInt(low)) * 8n) / BigInt(seconds);
    writeU64(words, at, bits > MAX_U64 ? MAX_U64 : bits);
  }
}
