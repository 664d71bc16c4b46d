/** How long waits between attempts are. */
export interface BackoffOptions {
  /** The first wait. @default 1000 */
  readonly firstMs?: number;
  /** No wait is longer. @default 30000 */
  readonly longestMs?: number;
  /** How far a wait may be from its nominal length, as a part of it, so that what failed together is not tried together. @default 0.2 */
  readonly jitter?: number;
}

/** Waits between attempts: each twice as long as the one before, give or take some jitter, up to a longest one. */
export class Backoff {
  readonly #random: () => number;
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #jitter: number;
  #nominalMs: number;

  /** @param random numbers from 0 up to 1, evenly spread */
  constructor(random: () => number, { firstMs = 1_000, longestMs = 30_000, jitter = 0.2 }: BackoffOptions = {}) {
    this.#random = random;
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#jitter = jitter;
    this.#nominalMs = firstMs;
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const wait = this.#nominalMs * (1 - this.#jitter + 2 * this.#jitter * this.#random());
    this.#nominalMs = Math.min(this.#nominalMs * 2, this.#longestMs);
    return Math.min(Math.round(wait), this.#longestMs);
  }

  /** The next wait is a first one again. */
  reset(): void {
    this.#nominalMs = this.#firstMs;
  }
}
