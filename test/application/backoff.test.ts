import { describe, expect, it } from '@jest/globals';
import { Backoff } from '../../src/application/backoff.js';

const take = (backoff: Backoff, count: number): number[] => Array.from({ length: count }, () => backoff.next());

describe('Backoff', () => {
  it('doubles from one second to thirty', () => {
    expect(take(new Backoff(() => 0.5), 7)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('moves each wait by a fifth at most, as chance says', () => {
    expect(take(new Backoff(() => 0), 2)).toEqual([800, 1_600]);
    expect(take(new Backoff(() => 1), 2)).toEqual([1_200, 2_400]);
  });

  it('never waits longer than the longest', () => {
    expect(take(new Backoff(() => 1), 6).at(-1)).toBe(30_000);
  });

  it('begins anew after a reset', () => {
    const backoff = new Backoff(() => 0.5);
    take(backoff, 4);
    backoff.reset();
    expect(backoff.next()).toBe(1_000);
  });

  it('takes other bounds', () => {
    expect(take(new Backoff(() => 0.9, { firstMs: 10, longestMs: 25, jitter: 0 }), 3)).toEqual([10, 20, 25]);
  });
});
