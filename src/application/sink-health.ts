import { errorText } from './error-text.js';
import type { Clock } from './ports/clock.js';
import type { Logger } from './ports/logger.js';

/**
 * Whether a sink takes what it is given, and the two log lines about it: one when deliveries begin to fail, one when they succeed again.
 */
export class SinkHealth {
  readonly #sink: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Deliveries that failed and are being tried again. */
  readonly #failing = new Set<object>();
  #since = 0;
  #retries = 0;
  #dropped = 0;

  constructor(sink: string, clock: Clock, logger: Logger) {
    this.#sink = sink;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** No delivery is being retried. */
  get healthy(): boolean {
    return this.#failing.size === 0;
  }

  /** An attempt failed and is followed by another. */
  failed(delivery: object, rows: number, error: unknown): void {
    if (this.healthy) {
      this.#since = this.#clock.monotonicMilliseconds();
      this.#retries = 0;
      this.#dropped = 0;
      this.#logger.warn('a sink takes no flows; they are kept and tried again', {
        sink: this.#sink,
        records: rows,
        error: errorText(error),
      });
    }
    this.#failing.add(delivery);
  }

  /** Another attempt begins. */
  retried(): void {
    this.#retries++;
  }

  /** Flows were dropped; those of a bad time are summed up when it is over. */
  dropped(rows: number): void {
    this.#dropped += rows;
  }

  /** A delivery succeeded. */
  succeeded(delivery: object): void {
    if (!this.#failing.delete(delivery) || !this.healthy) return;
    this.#logger.info('the sink takes flows again', {
      sink: this.#sink,
      seconds: Math.round((this.#clock.monotonicMilliseconds() - this.#since) / 1_000),
      retries: this.#retries,
      dropped: this.#dropped,
    });
  }
}
