import type { BatchExporter } from '../../src/application/ports/batch-exporter.js';
import type { FlowBatch } from '../../src/domain/batch/flow-batch.js';

/** Keeps the batches it is given; a test says whether it has room, and how many bytes wait. */
export class RecordingExporter implements BatchExporter {
  readonly batches: FlowBatch[] = [];
  bytes = 0;
  /** Batches it takes before it has no more room. */
  room = Infinity;
  readonly #waiting: (() => void)[] = [];

  get accepting(): boolean {
    return this.room > 0;
  }

  /** Flows of all batches. */
  get flows(): number {
    return this.batches.reduce((sum, { length }) => sum + length, 0);
  }

  /** Who waits for room. */
  get waiting(): number {
    return this.#waiting.length;
  }

  export(batch: FlowBatch): void {
    this.batches.push(batch);
    this.room--;
  }

  whenRoom(action: () => void): void {
    if (this.accepting) action();
    else this.#waiting.push(action);
  }

  /** Makes room for so many batches. */
  makeRoom(batches = Infinity): void {
    this.room = batches;
    for (const action of this.#waiting.splice(0)) action();
  }
}
