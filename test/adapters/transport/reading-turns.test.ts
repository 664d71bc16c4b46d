import { describe, expect, it } from '@jest/globals';
import { ReadingTurns } from '../../../src/adapters/transport/reading-turns.js';
import { FakeClock } from '../../support/fake-clock.js';

const CHUNK = 64 * 1024;

/** A clock that can go on within a turn of the event loop. */
class TurnClock extends FakeClock {
  later = 0;

  override monotonicMilliseconds(): number {
    return super.monotonicMilliseconds() + this.later;
  }
}

describe('ReadingTurns', () => {
  it('lets connections go on while a turn lasts, however much they read', () => {
    const turns = new ReadingTurns(new TurnClock());
    for (let chunks = 0; chunks < 100; chunks++) expect(turns.take(CHUNK, () => undefined)).toBe(true);
  });

  it('has those that come after 5 ms wait for the next turn, in the order in which they came', async () => {
    const clock = new TurnClock();
    const turns = new ReadingTurns(clock);
    const wentOn: string[] = [];
    const read = (connection: string): boolean => turns.take(CHUNK, () => void wentOn.push(connection));
    expect(read('a')).toBe(true);
    clock.later += 5;
    expect(read('b')).toBe(false);
    expect(read('c')).toBe(false);
    expect(wentOn).toEqual([]);

    await clock.turn();
    expect(wentOn).toEqual(['b', 'c']);
    expect(read('b')).toBe(true);
  });

  it('looks at the clock once for many small chunks', () => {
    const clock = new TurnClock();
    const turns = new ReadingTurns(clock);
    expect(turns.take(CHUNK - 1, () => undefined)).toBe(true);
    clock.later += 5;
    expect(turns.take(1, () => undefined)).toBe(true);
    expect(turns.take(1, () => undefined)).toBe(false);
  });
});
