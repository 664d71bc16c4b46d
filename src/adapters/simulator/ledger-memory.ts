import type { Ledger, LedgerEntry } from './ledger.js';

/** A ledger that keeps its entries: for tests, and for those who read them in the same process. */
export class LedgerMemory implements Ledger {
  readonly #entries: LedgerEntry[] = [];

  /** What was written so far, in the order in which the flows ended. */
  get entries(): readonly LedgerEntry[] {
    return this.#entries;
  }

  write(entry: LedgerEntry): void {
    this.#entries.push(entry);
  }

  async drained(): Promise<void> {
    // There is always room.
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}
