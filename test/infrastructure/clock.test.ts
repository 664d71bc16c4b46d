import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SystemClock } from '../../src/infrastructure/clock.js';

/** Node's timers take at most 2^31 - 1 ms; what is longer fires after 1 ms. So do these fake ones. */
const LONG_MS = 2 ** 32 + 5;

describe('SystemClock', () => {
  const clock = new SystemClock();
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([5, 2 ** 31 - 1, 2 ** 31, LONG_MS])('acts once, after %d ms', (milliseconds) => {
    const action = jest.fn();
    clock.after(milliseconds, action);
    jest.advanceTimersByTime(milliseconds - 1);
    expect(action).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(action).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it.each([5, 2 ** 31 - 1, LONG_MS])('acts every %d ms until cancelled', (milliseconds) => {
    const action = jest.fn();
    const cancel = clock.every(milliseconds, action);
    jest.advanceTimersByTime(milliseconds * 2 - 1);
    expect(action).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(1);
    expect(action).toHaveBeenCalledTimes(2);
    cancel();
    jest.advanceTimersByTime(milliseconds * 2);
    expect(action).toHaveBeenCalledTimes(2);
  });

  it('can cancel a long wait while it goes on', () => {
    const action = jest.fn();
    const cancel = clock.after(LONG_MS, action);
    jest.advanceTimersByTime(2 ** 31);
    cancel();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('can end a long repetition from within its own action', () => {
    const cancel = clock.every(LONG_MS, () => {
      cancel();
    });
    jest.advanceTimersByTime(LONG_MS);
    expect(jest.getTimerCount()).toBe(0);
  });
});
