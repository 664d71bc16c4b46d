import type { Cancel, Clock } from '../../src/application/ports/clock.js';

interface Timer {
  /** When it is due, in the clock's monotonic milliseconds. */
  due: number;
  /** 0 for what happens once. */
  readonly period: number;
  readonly action: () => void;
}

/** Lets every promise that can go on go on: all microtasks, and input and output that is due now. Takes no time of any clock. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * A clock that stands still until a test moves it. Timers fire in the order of their times (those of one time in the order in which
 * they were set), each at exactly its time, and promises that follow from one go on before the next fires.
 */
export class FakeClock implements Clock {
  #now: number;
  #unixOffset: number;
  #timers: Timer[] = [];
  readonly #soon: (() => void)[] = [];

  /**
   * @param unixMilliseconds the Unix time it begins at
   * @param monotonicMilliseconds the monotonic time it begins at; not 0, so that a forgotten "since when" shows
   */
  constructor(unixMilliseconds = 1_700_000_000_000, monotonicMilliseconds = 5_000) {
    this.#now = monotonicMilliseconds;
    this.#unixOffset = unixMilliseconds - monotonicMilliseconds;
  }

  unixMilliseconds(): number {
    return this.#now + this.#unixOffset;
  }

  monotonicMilliseconds(): number {
    return this.#now;
  }

  after(milliseconds: number, action: () => void): Cancel {
    return this.#set({ due: this.#now + milliseconds, period: 0, action });
  }

  every(milliseconds: number, action: () => void): Cancel {
    if (!(milliseconds > 0)) throw new RangeError(`a period of ${milliseconds} ms`);
    return this.#set({ due: this.#now + milliseconds, period: milliseconds, action });
  }

  soon(action: () => void): Cancel {
    let cancelled = false;
    this.#soon.push(() => {
      if (!cancelled) action();
    });
    return () => {
      cancelled = true;
    };
  }

  /** Timers that are set: 0 when nothing is left waiting. */
  get timers(): number {
    return this.#timers.length;
  }

  /** Milliseconds until the next timer, undefined without one. */
  get untilNext(): number | undefined {
    return this.#timers.length === 0 ? undefined : Math.min(...this.#timers.map(({ due }) => due)) - this.#now;
  }

  /** Sets the system's time, as an administrator or NTP would; the monotonic time and all timers go on as they were. */
  setUnix(unixMilliseconds: number): void {
    this.#unixOffset = unixMilliseconds - this.#now;
  }

  /** Runs what is to happen soon, and what follows from it, until there is nothing more. */
  async turn(): Promise<void> {
    await settle();
    while (this.#soon.length > 0) {
      for (const action of this.#soon.splice(0)) action();
      await settle();
    }
  }

  /** Moves the time on, firing what falls due on the way. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await this.turn();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#now = Math.max(this.#now, timer.due);
      if (timer.period > 0) timer.due += timer.period;
      else this.#remove(timer);
      timer.action();
      await this.turn();
    }
    this.#now = end;
  }

  /** Like `advance`, without promises: for code that has none. */
  advanceNow(milliseconds: number): void {
    const end = this.#now + milliseconds;
    this.#runSoon();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#now = Math.max(this.#now, timer.due);
      if (timer.period > 0) timer.due += timer.period;
      else this.#remove(timer);
      timer.action();
      this.#runSoon();
    }
    this.#now = end;
  }

  #runSoon(): void {
    while (this.#soon.length > 0) for (const action of this.#soon.splice(0)) action();
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers)
      if (timer.due <= end && (next === undefined || timer.due < next.due)) next = timer;
    return next;
  }

  #set(timer: Timer): Cancel {
    this.#timers.push(timer);
    return () => {
      this.#remove(timer);
    };
  }

  #remove(timer: Timer): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }
}

/** A fake clock for tests with sockets: its time stands still, but what is to happen soon happens after the input and output due now. */
export class LoopbackClock extends FakeClock {
  override soon(action: () => void): Cancel {
    const immediate = setImmediate(action);
    return () => {
      clearImmediate(immediate);
    };
  }
}
