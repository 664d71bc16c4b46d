import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addU64,
  compareU64,
  copyU64,
  CounterBlock,
  counterBit,
  COUNTER_NAMES,
  writeThroughput,
  writeU64,
} from '../../../src/domain/flow/counters.js';
import { COUNTER_FIELDS, type CounterName } from '../../../src/domain/flow/fields.js';
import { COUNTER_BLOCK } from '../../../src/domain/flow/layout.js';
import { readU64 } from '../../../src/domain/flow/view.js';

const MAX = 2n ** 64n - 1n;
const BOUNDARIES = [
  0n,
  1n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 32n + 1n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n,
  MAX - 1n,
  MAX,
];
const pairs = BOUNDARIES.flatMap((a) => BOUNDARIES.map((b) => [a, b] as const));

const u64 = fc.oneof(fc.bigInt({ min: 0n, max: MAX }), fc.constantFrom(...BOUNDARIES));

/** Counters of these values, the others being 0, among words that must not change. */
function block(values: Partial<Record<CounterName, bigint>> = {}): CounterBlock {
  const words = new Uint32Array(COUNTER_BLOCK.words + 2);
  words[0] = 0xdead;
  words[words.length - 1] = 0xbeef;
  const counters = new CounterBlock(words, 1);
  for (const [name, value] of Object.entries(values)) {
    writeU64(words, 1 + COUNTER_BLOCK.slots[name as CounterName].word, value);
  }
  return counters;
}

function valuesOf(counters: CounterBlock): Partial<Record<CounterName, bigint>> {
  expect([counters.words[0], counters.words.at(-1)]).toEqual([0xdead, 0xbeef]);
  return Object.fromEntries(
    COUNTER_NAMES.map((name) => [name, counters.read(name)]).filter(([, value]) => value !== 0n),
  ) as Partial<Record<CounterName, bigint>>;
}

const carrying = (...names: CounterName[]): number => names.reduce((bits, name) => bits | counterBit(name), 0);

describe('unsigned 64-bit numbers', () => {
  it.each(BOUNDARIES)('hold %s', (value) => {
    const words = Uint32Array.of(7, 0, 0, 7);
    writeU64(words, 1, value);
    expect(readU64(words, 1)).toBe(value);
    expect([words[0], words[3]]).toEqual([7, 7]);
  });

  it.each(pairs)('compare %s and %s', (a, b) => {
    const words = new Uint32Array(4);
    writeU64(words, 0, a);
    writeU64(words, 2, b);
    expect(compareU64(words, 0, words, 2)).toBe(a < b ? -1 : a > b ? 1 : 0);
  });

  it.each(pairs)('§5 add %s and %s, stopping at 2⁶⁴ − 1', (a, b) => {
    const words = new Uint32Array(4);
    writeU64(words, 0, a);
    writeU64(words, 2, b);
    addU64(words, 0, words[2]!, words[3]!);
    expect(readU64(words, 0)).toBe(a + b > MAX ? MAX : a + b);
  });

  it('copy both words', () => {
    const words = Uint32Array.of(1, 2, 3, 4, 5);
    copyU64(words, 0, words, 3);
    expect([...words]).toEqual([1, 2, 3, 1, 2]);
  });
});

describe('§5 throughput', () => {
  const throughput = (octets: bigint, seconds: number): bigint => {
    const words = Uint32Array.of(9, 9, 9, 9);
    writeThroughput(Number(octets & 0xffffffffn), Number(octets >> 32n), seconds, words, 1);
    expect([words[0], words[3]]).toEqual([9, 9]);
    return readU64(words, 1);
  };

  it.each([
    [1000n, 10, 800n],
    [1n, 3, 2n],
    [2n, 3, 5n],
    [0n, 5, 0n],
    [1n, 9, 0n],
    [2n ** 32n, 1, 2n ** 35n],
    [2n ** 50n - 1n, 1, 2n ** 53n - 8n],
    [2n ** 50n, 1, 2n ** 53n],
    [2n ** 50n + 1n, 3, (2n ** 53n + 8n) / 3n],
    [2n ** 61n - 1n, 1, MAX - 7n],
    [2n ** 61n, 1, MAX],
    [MAX, 1, MAX],
    [MAX, 8, MAX],
    [MAX, 9, (MAX * 8n) / 9n],
  ])('of %s octets in %s s is %s bits per second', (octets, seconds, expected) => {
    expect(throughput(octets, seconds)).toBe(expected);
  });

  it('is 0 without time', () => {
    expect([throughput(1000n, 0), throughput(1000n, -1)]).toEqual([0n, 0n]);
  });

  it('is floored exactly, however large', () => {
    fc.assert(
      fc.property(
        u64,
        fc.oneof(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 1, max: 2 ** 32 - 1 })),
        (octets, seconds) => {
          const exact = (octets * 8n) / BigInt(seconds);
          expect(throughput(octets, seconds)).toBe(exact > MAX ? MAX : exact);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is floored exactly just below and at whole numbers', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 46n }), fc.integer({ min: 1, max: 127 }), (bits, seconds) => {
        const octets = (bits * BigInt(seconds) + 7n) / 8n;
        expect(throughput(octets, seconds)).toBe((octets * 8n) / BigInt(seconds));
        expect(throughput(octets - 1n, seconds)).toBe(((octets - 1n) * 8n) / BigInt(seconds));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('CounterBlock', () => {
  it('has a bit for each counter, totals first, each delta four above its total', () => {
    expect(COUNTER_NAMES).toEqual(Object.keys(COUNTER_FIELDS));
    expect(COUNTER_NAMES.map(counterBit)).toEqual([1, 2, 4, 8, 16, 32, 64, 128]);
    for (const name of COUNTER_NAMES.slice(0, 4)) {
      expect(counterBit(name.replace('Total', 'Delta') as CounterName)).toBe(counterBit(name) << 4);
    }
  });

  it('copies all eight counters', () => {
    const from = Object.fromEntries(COUNTER_NAMES.map((name, i) => [name, 2n ** 40n + BigInt(i)]));
    const to = block();
    to.copyFrom(block(from));
    expect(valuesOf(to)).toEqual(from);
  });

  describe.each(COUNTER_NAMES.slice(0, 4))('of %s', (total) => {
    const delta = total.replace('Total', 'Delta') as CounterName;
    const both = carrying(total, delta);

    it('§4 begins with what the first report says', () => {
      const side = block();
      side.begin(block({ [total]: 100n, [delta]: 7n }), both);
      expect(valuesOf(side)).toEqual({ [total]: 100n, [delta]: 7n });
    });

    it('§1 begins with the delta as total where there is no total', () => {
      const side = block();
      side.begin(block({ [delta]: 7n }), carrying(delta));
      expect(valuesOf(side)).toEqual({ [total]: 7n, [delta]: 7n });
    });

    it('§1 begins with the total as delta where there is no delta', () => {
      const side = block();
      side.begin(block({ [total]: 100n }), carrying(total));
      expect(valuesOf(side)).toEqual({ [total]: 100n, [delta]: 100n });
    });

    it('§5.2 replaces the total and adds the delta', () => {
      const side = block({ [total]: 100n, [delta]: 7n });
      side.update(block({ [total]: 150n, [delta]: 50n }), both);
      expect(valuesOf(side)).toEqual({ [total]: 150n, [delta]: 57n });
    });

    it('§5.2 [better] replaces a total that went back', () => {
      const side = block({ [total]: 2n ** 40n, [delta]: 7n });
      side.update(block({ [total]: 3n, [delta]: 1n }), both);
      expect(valuesOf(side)).toEqual({ [total]: 3n, [delta]: 8n });
    });

    it('§1 [better] adds a delta without a total to both', () => {
      const side = block({ [total]: 100n, [delta]: 7n });
      side.update(block({ [delta]: 2n ** 32n }), carrying(delta));
      expect(valuesOf(side)).toEqual({ [total]: 2n ** 32n + 100n, [delta]: 2n ** 32n + 7n });
    });

    it('§1 [better] adds the growth of a total without a delta to the delta', () => {
      const side = block({ [total]: 2n ** 32n - 1n, [delta]: 7n });
      side.update(block({ [total]: 2n ** 33n }), carrying(total));
      expect(valuesOf(side)).toEqual({ [total]: 2n ** 33n, [delta]: 2n ** 32n + 8n });
    });

    it('§1 [better] adds all of a total that began anew to the delta', () => {
      const side = block({ [total]: 1000n, [delta]: 7n });
      side.update(block({ [total]: 30n }), carrying(total));
      expect(valuesOf(side)).toEqual({ [total]: 30n, [delta]: 37n });
    });

    it('§1 leaves alone what the report does not carry', () => {
      const side = block({ [total]: 100n, [delta]: 7n });
      side.update(block(), 0);
      expect(valuesOf(side)).toEqual({ [total]: 100n, [delta]: 7n });
    });

    it('§5 stops sums of deltas at 2⁶⁴ − 1', () => {
      const side = block({ [total]: MAX - 1n, [delta]: MAX - 1n });
      side.update(block({ [delta]: 5n }), carrying(delta));
      expect(valuesOf(side)).toEqual({ [total]: MAX, [delta]: MAX });
    });

    it('§5.1 is exceeded by a larger total that is carried', () => {
      const side = block({ [total]: 2n ** 32n });
      expect(side.isExceededBy(block({ [total]: 2n ** 32n + 1n }), both)).toBe(true);
      expect(side.isExceededBy(block({ [total]: 2n ** 32n }), both)).toBe(false);
      expect(side.isExceededBy(block({ [total]: 5n }), both)).toBe(false);
      expect(side.isExceededBy(block({ [total]: MAX }), carrying(delta))).toBe(false);
      expect(side.isExceededBy(block({ [total]: 5n, [delta]: MAX }), both)).toBe(false);
    });

    it('§1 adds lone deltas of an older report, and nothing else', () => {
      const side = block({ [total]: 100n, [delta]: 7n });
      expect(side.addLoneDeltas(block({ [delta]: 5n }), carrying(delta))).toBe(true);
      expect(valuesOf(side)).toEqual({ [total]: 105n, [delta]: 12n });
      expect(side.addLoneDeltas(block({ [total]: 5n, [delta]: 5n }), both)).toBe(false);
      expect(side.addLoneDeltas(block({ [total]: 5n }), carrying(total))).toBe(false);
      expect(valuesOf(side)).toEqual({ [total]: 105n, [delta]: 12n });
    });

    it('§6 has its delta cleared and its total kept', () => {
      const side = block({ [total]: 100n, [delta]: 2n ** 40n });
      side.clearDeltas();
      expect(valuesOf(side)).toEqual({ [total]: 100n });
    });
  });

  it('§1 treats each pair by itself', () => {
    const side = block({ octetTotalCount: 10n, octetDeltaCount: 1n, packetTotalCount: 5n, packetDeltaCount: 5n });
    side.update(block({ octetTotalCount: 30n, packetDeltaCount: 2n }), carrying('octetTotalCount', 'packetDeltaCount'));
    expect(valuesOf(side)).toEqual({
      octetTotalCount: 30n,
      octetDeltaCount: 21n,
      packetTotalCount: 7n,
      packetDeltaCount: 7n,
    });
  });

  it('adds growth over the whole range exactly', () => {
    const carried = carrying('octetTotalCount');
    fc.assert(
      fc.property(u64, u64, u64, (before, delta, after) => {
        const side = block({ octetTotalCount: before, octetDeltaCount: delta });
        side.update(block({ octetTotalCount: after }), carried);
        const sum = delta + (after >= before ? after - before : after);
        expect(side.read('octetDeltaCount')).toBe(sum > MAX ? MAX : sum);
        expect(side.read('octetTotalCount')).toBe(after);
      }),
      { numRuns: 1000 },
    );
  });
});
