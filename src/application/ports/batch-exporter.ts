import type { FlowBatch } from '../../domain/batch/flow-batch.js';

/** Where batches go when flows have left the table. */
export interface BatchExporter {
  /** Takes a batch for all sinks. Never throws; a sink without room drops its oldest, counted. */
  export(batch: FlowBatch): void;
  /** Whether a whole batch would fit now: there is no sink, or a healthy one has room for it without dropping anything. */
  readonly accepting: boolean;
  /** Calls `action` once when a batch fits again; at once if it does. */
  whenRoom(action: () => void): void;
  /** Bytes of the batches that wait. */
  readonly bytes: number;
}
