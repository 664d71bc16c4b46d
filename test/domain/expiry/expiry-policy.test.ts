import { describe, expect, it } from '@jest/globals';
import { ExpiryPolicy, WAITING_ROUNDS } from '../../../src/domain/expiry/expiry-policy.js';

describe('ExpiryPolicy', () => {
  it.each([
    [0, 1],
    [1, 1],
    [999, 1],
    [1000, 1],
    [1001, 2],
    [1500, 2],
    [60_000, 60],
  ])('§6 counts %i ms as %i s: at least one, a part of a second as one', (milliseconds, seconds) => {
    expect(new ExpiryPolicy(milliseconds, 5000).activeSeconds).toBe(seconds);
    expect(new ExpiryPolicy(5000, milliseconds).inactiveSeconds).toBe(seconds);
  });

  it('§6 exports uncorrelated flows unless told to drop them, at the third round', () => {
    expect(new ExpiryPolicy(1, 1).uncorrelated).toBe('export');
    expect(new ExpiryPolicy(1, 1, 'drop').uncorrelated).toBe('drop');
    expect(WAITING_ROUNDS).toBe(3);
  });
});
