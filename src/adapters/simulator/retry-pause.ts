import type { Clock } from '../../application/ports/clock.js';

/** Milliseconds before the first attempt to connect again; each failure doubles them, up to the last. */
const FIRST_MS = 100;
const LAST_MS = 5000;

/**
 * How long an agent waits before it connects again. A connection that lasted makes the next pause a short one; one that broke at once
 * does not: a collector that does not like an agent's certificate lets it connect first (TLS 1.3) and hangs up then.
 */
export class RetryPause {
  readonly #clock: Clock;
  #nextMs = FIRST_MS;
  #openedMs: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The connection is open. */
  opened(): void {
    this.#openedMs = this.#clock.monotonicMilliseconds();
  }

  /** The connection broke, or there was none. @returns milliseconds to wait */
  failed(): number {
    if (this.#openedMs !== null && this.#clock.monotonicMilliseconds() - this.#openedMs >= LAST_MS) {
      this.#nextMs = FIRST_MS;
    }
    this.#openedMs = null;
    const pauseMs = this.#nextMs;
    this.#nextMs = Math.min(LAST_MS, 2 * pauseMs);
    return pauseMs;
  }
}
