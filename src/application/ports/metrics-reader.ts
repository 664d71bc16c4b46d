import type { Labels } from './metrics.js';

/** Reads what was counted, for those who show it to people. */
export interface MetricsReader {
  /** Sum of the counters and gauges of a name that have at least these labels; 0 if there is none. */
  sum(name: string, labels?: Labels): number;
}
