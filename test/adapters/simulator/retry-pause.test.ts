import { describe, expect, it } from '@jest/globals';
import { RetryPause } from '../../../src/adapters/simulator/retry-pause.js';
import { FakeClock } from '../../support/fake-clock.js';

describe('RetryPause', () => {
  it('doubles from failure to failure, up to five seconds', () => {
    const pause = new RetryPause(new FakeClock());
    expect(Array.from({ length: 8 }, () => pause.failed())).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  it('goes on doubling for connections that break soon, and begins again after one that lasted', async () => {
    const clock = new FakeClock();
    const pause = new RetryPause(clock);
    pause.failed();
    pause.opened();
    await clock.advance(4999);
    expect(pause.failed()).toBe(200);
    // Between two connections nothing lasts.
    await clock.advance(60_000);
    expect(pause.failed()).toBe(400);
    pause.opened();
    await clock.advance(5000);
    expect(pause.failed()).toBe(100);
  });
});
