import { FlowFlag } from '../flow/flow-flags.js';
import { FLOW_ROW } from '../flow/layout.js';
import { NO_ROW, RowSlabs, TABLE_ROW } from './row-slabs.js';

/** Rows that are sampled to learn how long flows have been silent. */
const SAMPLE = 1024;

/** The share of sampled flows that counts as silent longest. */
const OLDEST_SHARE = 1 / 32;

/** Rows the hand passes for one victim; then the most silent it has seen must do, or the next flow there is. */
const MOST_STEPS = 4096;

/**
 * Chooses whom to evict: a flow among those that have been silent longest, to the second.
 *
 * A clock hand goes round the rows. How long is long it learns from a sample, once a round; so neither a record nor a row pays for an order
 * among flows that is needed only at a limit.
 */
export class EvictionHand {
  readonly #slabs: RowSlabs;
  readonly #sample = new Uint32Array(SAMPLE);
  #row = 0;
  /** Flows with an inactive deadline up to this one are silent longest. */
  #threshold = 0;
  /** Steps until a new sample is taken. */
  #stepsLeft = 0;

  constructor(slabs: RowSlabs) {
    this.#slabs = slabs;
  }

  /** The row of a victim that is not `spared`; NO_ROW if there is no other flow. */
  choose(spared: number): number {
    // The spared row is in use, too.
    if (this.#slabs.used <= (spared === NO_ROW ? 0 : 1)) return NO_ROW;
    let best = NO_ROW;
    let bestDeadline = Infinity;
    for (let steps = 0; steps < this.#slabs.highest && (steps < MOST_STEPS || best === NO_ROW); steps++) {
      if (this.#stepsLeft-- <= 0) this.#learn();
      const row = this.#advance();
      if (row === spared || !this.#isLive(row)) continue;
      const deadline = this.#deadline(row);
      if (deadline < bestDeadline) {
        best = row;
        bestDeadline = deadline;
      }
      if (deadline <= this.#threshold) return best;
    }
    // Those that were silent when the sample was taken no longer are.
    this.#stepsLeft = 0;
    return best;
  }

  #learn(): void {
    const rows = this.#slabs.highest;
    const step = Math.max(1, Math.floor(rows / SAMPLE));
    let sampled = 0;
    for (let i = 0, row = this.#row; i < SAMPLE && i * step < rows; i++, row = (row + step) % rows) {
      if (this.#isLive(row)) this.#sample[sampled++] = this.#deadline(row);
    }
    const silence = this.#sample.subarray(0, sampled).sort();
    this.#threshold = silence[Math.floor(sampled * OLDEST_SHARE)] ?? 0;
    this.#stepsLeft = rows;
  }

  #advance(): number {
    const row = this.#row;
    this.#row = row + 1 < this.#slabs.highest ? row + 1 : 0;
    return row;
  }

  #isLive(row: number): boolean {
    return (this.#slabs.slab(row)[RowSlabs.base(row) + FLOW_ROW.flags]! & FlowFlag.Live) !== 0;
  }

  #deadline(row: number): number {
    return this.#slabs.slab(row)[RowSlabs.base(row) + TABLE_ROW.inactiveDeadline]!;
  }
}
