/** What was not used is kept for this long: a short pause is made up for, a long one is not. */
const BURST_SECONDS = 0.1;

/** A token bucket: how many records may be sent by now. Knows no clock; times are milliseconds of one that never goes back. */
export class Rate {
  #recordsPerSecond: number;
  #allowance = 0;
  #lastMs: number | null = null;

  /** @param recordsPerSecond 0: no limit */
  constructor(recordsPerSecond: number) {
    this.#recordsPerSecond = recordsPerSecond;
  }

  /** Changes the rate from now on. */
  set(recordsPerSecond: number): void {
    this.#recordsPerSecond = recordsPerSecond;
  }

  /** How many records may be sent now; not more than 0 if it is too early for the next. */
  available(nowMs: number): number {
    if (this.#recordsPerSecond === 0) return Infinity;
    const seconds = (nowMs - (this.#lastMs ?? nowMs)) / 1000;
    this.#lastMs = nowMs;
    const most = Math.max(1, this.#recordsPerSecond * BURST_SECONDS);
    this.#allowance = Math.min(most, this.#allowance + seconds * this.#recordsPerSecond);
    return Math.floor(this.#allowance);
  }

  /** Takes note of records that were sent: perhaps one more than there was allowance for, if a flow has two halves. */
  spend(records: number): void {
    if (this.#recordsPerSecond !== 0) this.#allowance -= records;
  }
}
