import type { FlowBatch } from '../domain/batch/flow-batch.js';

/** Accounts the memory of the batches that queues hold: a batch that several share counts once. */
export class BatchMemory {
  readonly #holders = new Map<FlowBatch, number>();
  /** Batches that somebody was stopped with, who may still look at them. */
  readonly #suspect = new WeakSet<FlowBatch>();
  #bytes = 0;

  /** Bytes of all batches that are held. */
  get bytes(): number {
    return this.#bytes;
  }

  hold(batch: FlowBatch): void {
    const holders = this.#holders.get(batch) ?? 0;
    if (holders === 0) this.#bytes += batch.byteLength;
    this.#holders.set(batch, holders + 1);
  }

  /**
   * Ends one `hold`. The memory of a batch that nobody holds any more is used again.
   *
   * @param isDone whether it is certain that the holder looks at the batch no more
   */
  release(batch: FlowBatch, isDone: boolean): void {
    const holders = this.#holders.get(batch);
    if (holders === undefined) return;
    if (!isDone) this.#suspect.add(batch);
    if (holders > 1) {
      this.#holders.set(batch, holders - 1);
    } else {
      this.#holders.delete(batch);
      this.#bytes -= batch.byteLength;
      if (!this.#suspect.has(batch)) batch.recycle();
    }
  }
}
