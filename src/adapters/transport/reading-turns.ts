import type { Clock } from '../../application/ports/clock.js';

/** So long records of all connections are taken before the rest of the event loop has its turn. Node alone would read 2 MiB of each connection. */
const TURN_MILLISECONDS = 5;

/** Octets between two looks at the clock: what is read at a time. */
const CLOCK_OCTETS = 64 * 1024;

/** Shares out the event loop among connections that send faster than their records can be taken. */
export class ReadingTurns {
  readonly #clock: Clock;
  #isInTurn = false;
  #isOver = false;
  /** Monotonic milliseconds. */
  #end = 0;
  #untilClock = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether so many octets may be dealt with in this turn. If not, `goOn` is called in the next one, after those that asked before. */
  take(octets: number, goOn: () => void): boolean {
    if (!this.#isInTurn) this.#begin();
    if (!this.#isOver && this.#untilClock <= 0) {
      this.#untilClock = CLOCK_OCTETS;
      this.#isOver = this.#clock.monotonicMilliseconds() >= this.#end;
    }
    if (this.#isOver) {
      this.#waiting.push(goOn);
      return false;
    }
    this.#untilClock -= octets;
    return true;
  }

  #begin(): void {
    this.#isInTurn = true;
    this.#isOver = false;
    this.#end = this.#clock.monotonicMilliseconds() + TURN_MILLISECONDS;
    this.#untilClock = CLOCK_OCTETS;
    this.#clock.soon(() => {
      this.#isInTurn = false;
      for (const next of this.#waiting.splice(0)) next();
    });
  }
}
