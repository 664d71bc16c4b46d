import { describe, expect, it } from '@jest/globals';
import { Random } from '../../../src/adapters/simulator/random.js';

describe('Random', () => {
  it('gives the same numbers for the same seed', () => {
    const numbers = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => random.word());
    };
    expect(numbers(5)).toEqual(numbers(5));
    expect(numbers(5)).not.toEqual(numbers(6));
  });

  it('spreads its numbers over the whole range', () => {
    const random = new Random(1);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 20_000; i++) counts[random.below(10)]!++;
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  it('keeps to its bounds', () => {
    const random = new Random(2);
    for (let i = 0; i < 1000; i++) {
      expect([3, 4, 5]).toContain(random.between(3, 5));
      expect(random.text(4, 'ab')).toMatch(/^[ab]{4}$/);
    }
    expect(random.chance(0)).toBe(false);
    expect(random.chance(1)).toBe(true);
    expect(() => random.pick([])).toThrow(RangeError);
  });
});
