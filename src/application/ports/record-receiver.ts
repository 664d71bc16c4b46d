import type { FlowRecord } from '../../domain/flow/flow-record.js';

/** Takes records from a source. */
export interface RecordReceiver {
  /** Takes what it needs of a record before it returns: the record and all it refers to is overwritten by the next one. Never throws. */
  receive(record: FlowRecord): void;
}
