import type { Family } from './address-plan.js';
import type { FlowIdentity } from './flow-identity.js';

/** What is written into a copy of a record each time the flow is reported. */
export interface RecordReport {
  exportSeconds: number;
  observationDomain: number;
  sequence: number;
  flowEndSeconds: number;
  endReason: number;
}

/**
 * A record, encoded once: a report copies its bytes and writes the few that differ (times, sequence number, counters) around or over
 * the copy.
 */
export interface EncodedRecord {
  /**
   * Encodes all that stays the same.
   *
   * @throws RangeError if a name, or all of them together, are longer than those of the simulated cluster
   */
  encode(family: Family, identity: FlowIdentity, flowStartSeconds: number, tcpState: string): void;
  /**
   * Writes a report of it to `at`, where there must be room for a record of its format; what is behind its end is garbage.
   *
   * @param view on the same bytes as `target`
   * @param counters of {@link FlowCounters}
   * @returns where it ends
   */
  write(target: Buffer, view: DataView, at: number, report: RecordReport, counters: Float64Array): number;
  /**
   * Puts another source into the report that was written last, at `at`.
   *
   * @param host the last 32 bits of its address
   * @param port from 16384
   */
  replaceSource(view: DataView, at: number, host: number, port: number): void;
}
