import type { Counter, Metrics } from './ports/metrics.js';

/** Records that were received and went no further; every reason is a value of the label `reason`. */
export const RECORDS_DROPPED = 'weir_records_dropped_total';
/** What that metric says of itself. */
export const RECORDS_DROPPED_HELP = 'Records that were received and dropped, by reason.';

/** Counts records that went on: told something new, or were passed on. */
export function takenCounter(metrics: Metrics): Counter {
  return metrics.counter('weir_records_taken_total', 'Records that told something new about their flow.');
}
