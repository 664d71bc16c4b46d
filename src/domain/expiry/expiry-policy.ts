/** Times a waiting flow falls due before its other half is given up (flow-rules.md §6). */
export const WAITING_ROUNDS = 3;

/** What becomes of a flow whose other half never came: `correlation.uncorrelated`. */
export type UncorrelatedPolicy = 'export' | 'drop';

/** When flows are exported and when they end (flow-rules.md §6). */
export class ExpiryPolicy {
  /** Seconds between two exports of a flow, and between two rounds of a waiting one. Whole, at least 1. */
  readonly activeSeconds: number;
  /** Seconds without a record after which a flow ends. Whole, at least 1. */
  readonly inactiveSeconds: number;
  readonly uncorrelated: UncorrelatedPolicy;

  /**
   * Deadlines are kept in whole seconds, since flows are looked at once a second: a part of a second counts as one.
   *
   * @param activeMilliseconds activeFlowRecordTimeout
   * @param inactiveMilliseconds inactiveFlowRecordTimeout
   */
  constructor(activeMilliseconds: number, inactiveMilliseconds: number, uncorrelated: UncorrelatedPolicy = 'export') {
    this.activeSeconds = wholeSeconds(activeMilliseconds);
    this.inactiveSeconds = wholeSeconds(inactiveMilliseconds);
    this.uncorrelated = uncorrelated;
  }
}

function wholeSeconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
