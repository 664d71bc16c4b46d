import { describe, expect, it } from '@jest/globals';
import { Rate } from '../../../src/adapters/simulator/rate.js';

describe('Rate', () => {
  it('allows what the time since the last look is worth, fractions included', () => {
    const rate = new Rate(150);
    expect(rate.available(1000)).toBe(0);
    expect(rate.available(1010)).toBe(1);
    rate.spend(1);
    expect(rate.available(1020)).toBe(2);
  });

  it('makes up for a tenth of a second, not for more', () => {
    const rate = new Rate(1000);
    rate.available(0);
    expect(rate.available(60_000)).toBe(100);
  });

  it('waits longer after more was spent than it allowed', () => {
    const rate = new Rate(100);
    rate.available(0);
    expect(rate.available(10)).toBe(1);
    rate.spend(2);
    expect(rate.available(20)).toBe(0);
    expect(rate.available(30)).toBe(1);
  });

  it('allows one record at a time however low the rate', () => {
    const rate = new Rate(0.5);
    rate.available(0);
    expect(rate.available(1000)).toBe(0);
    expect(rate.available(2000)).toBe(1);
  });

  it('has no limit at 0', () => {
    expect(new Rate(0).available(0)).toBe(Infinity);
  });
});
