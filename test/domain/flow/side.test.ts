import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SIDE_BLOCK } from '../../../src/domain/flow/layout.js';
import { Side } from '../../../src/domain/flow/side.js';
import { readU64 } from '../../../src/domain/flow/view.js';
import { aRecord, type RecordValues } from '../../support/a-record.js';

const MAX = 2n ** 64n - 1n;

/** A side that took these reports, the first as its first. */
function sideOf(...reports: RecordValues[]): Side {
  const side = new Side(new Uint32Array(SIDE_BLOCK.words + 2).fill(0xdead), 1);
  side.clear();
  for (const [index, report] of reports.entries()) {
    if (index === 0) side.takeFirst(aRecord(report));
    else side.takeNext(aRecord(report));
  }
  expect([side.words[0], side.words.at(-1)]).toEqual([0xdead, 0xdead]);
  return side;
}

const throughput = (side: Side): bigint => readU64(side.words, side.at + SIDE_BLOCK.slots.throughput.word);
const reverseThroughput = (side: Side): bigint =>
  readU64(side.words, side.at + SIDE_BLOCK.slots.reverseThroughput.word);

const FIRST: RecordValues = {
  flowStartSeconds: 100,
  flowEndSeconds: 110,
  packetTotalCount: 10n,
  octetTotalCount: 1000n,
  reversePacketTotalCount: 20n,
  reverseOctetTotalCount: 2000n,
  octetDeltaCount: 1000n,
  reverseOctetDeltaCount: 2000n,
};
/** Totals that are no news. */
const SAME = {
  packetTotalCount: 10n,
  octetTotalCount: 1000n,
  reversePacketTotalCount: 20n,
  reverseOctetTotalCount: 2000n,
};

describe("§4 a side's first report", () => {
  it('copies counters', () => {
    const side = sideOf(FIRST);
    expect(side.read('octetTotalCount')).toBe(1000n);
    expect(side.read('packetTotalCount')).toBe(10n);
    expect(side.read('reverseOctetDeltaCount')).toBe(2000n);
    expect(side.flowEndSeconds).toBe(110);
  });

  it('has octets × 8 / (end − start), floored, as throughputs', () => {
    const side = sideOf({ ...FIRST, flowEndSeconds: 107 });
    expect(throughput(side)).toBe(1142n);
    expect(reverseThroughput(side)).toBe(2285n);
  });

  it.each([100, 99])('has throughput 0 if it ends at %i, not after its start', (flowEndSeconds) => {
    const side = sideOf({ ...FIRST, flowEndSeconds });
    expect([throughput(side), reverseThroughput(side)]).toEqual([0n, 0n]);
  });

  it('§1 has the throughput of its delta where there is no total', () => {
    expect(throughput(sideOf({ ...FIRST, octetTotalCount: 0, carries: ['octetDeltaCount'] }))).toBe(800n);
  });
});

describe('§5.1 a later report', () => {
  const take = (report: RecordValues): { isNews: boolean; side: Side } => {
    const side = sideOf(FIRST);
    return { isNews: side.takeNext(aRecord({ ...SAME, ...report })), side };
  };

  it('is news if it ends later', () => {
    expect(take({ flowEndSeconds: 111 }).isNews).toBe(true);
  });

  it.each([110, 109])('that ends at %i, with no larger total, is not, and changes nothing', (flowEndSeconds) => {
    const { isNews, side } = take({ flowEndSeconds, octetDeltaCount: 5n, octetTotalCount: 900n });
    expect(isNews).toBe(false);
    expect(side.words).toEqual(sideOf(FIRST).words);
  });

  it.each(['packetTotalCount', 'octetTotalCount', 'reversePacketTotalCount', 'reverseOctetTotalCount'])(
    '[better] is news whatever its time if its %s is larger',
    (name) => {
      const { isNews, side } = take({ flowEndSeconds: 105, [name]: 5000n });
      expect(isNews).toBe(true);
      expect(side.read(name as 'octetTotalCount')).toBe(5000n);
    },
  );

  it('§1 has deltas without totals added whatever its time, and is news thereby; nothing else changes', () => {
    const { isNews, side } = take({ flowEndSeconds: 105, octetDeltaCount: 5n, carries: ['octetDeltaCount'] });
    expect(isNews).toBe(true);
    expect(side.read('octetTotalCount')).toBe(1005n);
    expect(side.read('octetDeltaCount')).toBe(1005n);
    expect([throughput(side), side.flowEndSeconds]).toEqual([800n, 110]);
  });
});

describe('§5.2 counters of a later report', () => {
  it('replace totals and add to deltas', () => {
    const side = sideOf(FIRST, { ...FIRST, flowEndSeconds: 115, octetTotalCount: 1700n, octetDeltaCount: 700n });
    expect(side.read('octetTotalCount')).toBe(1700n);
    expect(side.read('octetDeltaCount')).toBe(1700n);
  });

  it('[better] that went back give throughput 0, not a wrapped number', () => {
    const side = sideOf(FIRST, { flowEndSeconds: 120, octetTotalCount: 999n, reverseOctetTotalCount: 1999n });
    expect(side.read('octetTotalCount')).toBe(999n);
    expect([throughput(side), reverseThroughput(side)]).toEqual([0n, 0n]);
  });
});

describe('§5.3 throughput of a later report', () => {
  it("is what the total grew by × 8 / the time since the side's previous end, floored", () => {
    const side = sideOf(FIRST, {
      flowEndSeconds: 113,
      octetTotalCount: 1100n,
      reverseOctetTotalCount: 2200n,
    });
    expect([throughput(side), reverseThroughput(side)]).toEqual([266n, 533n]);
  });

  it('is unchanged if no time has passed', () => {
    const side = sideOf(FIRST, { flowEndSeconds: 110, octetTotalCount: 9000n });
    expect(throughput(side)).toBe(800n);
    expect(sideOf(FIRST, { flowEndSeconds: 109, octetTotalCount: 9000n }).flowEndSeconds).toBe(110);
  });

  it('leaves the side with the larger end', () => {
    expect(sideOf(FIRST, { flowEndSeconds: 112 }).flowEndSeconds).toBe(112);
    expect(sideOf(FIRST, { flowEndSeconds: 112 }, { flowEndSeconds: 111, octetTotalCount: 9n }).flowEndSeconds).toBe(
      112,
    );
  });

  it('counts deltas that came without totals', () => {
    const side = sideOf(FIRST, { flowEndSeconds: 114, octetDeltaCount: 100n, carries: ['octetDeltaCount'] });
    expect([throughput(side), reverseThroughput(side)]).toEqual([200n, 0n]);
  });

  it('is exact over the whole range', () => {
    const u64 = fc.oneof(fc.bigInt({ min: 0n, max: MAX }), fc.constantFrom(2n ** 32n, 2n ** 32n - 1n, MAX));
    fc.assert(
      fc.property(u64, u64, fc.integer({ min: 1, max: 1000 }), (before, after, seconds) => {
        const side = sideOf(
          { flowStartSeconds: 100, flowEndSeconds: 110, octetTotalCount: before },
          { flowEndSeconds: 110 + seconds, octetTotalCount: after },
        );
        const exact = after > before ? ((after - before) * 8n) / BigInt(seconds) : 0n;
        expect(throughput(side)).toBe(exact > MAX ? MAX : exact);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a side', () => {
  it('§4 is 0 before its first report', () => {
    const side = sideOf();
    expect(side.words.subarray(1, -1).every((word) => word === 0)).toBe(true);
  });

  it('§6 has deltas and throughputs set to 0 after an export, and keeps totals and end', () => {
    const side = sideOf(FIRST);
    side.clearInterval();
    expect([throughput(side), reverseThroughput(side)]).toEqual([0n, 0n]);
    expect([side.read('octetDeltaCount'), side.read('reverseOctetDeltaCount')]).toEqual([0n, 0n]);
    expect([side.read('octetTotalCount'), side.read('reverseOctetTotalCount')]).toEqual([1000n, 2000n]);
    expect(side.flowEndSeconds).toBe(110);
  });
});
