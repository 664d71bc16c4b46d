import { collectDefaultMetrics } from 'prom-client';
import type { PrometheusMetrics } from './prometheus-metrics.js';

/** What runs, for `weir_build_info`. */
export interface BuildInfo {
  readonly version: string;
  /** Version of Node. */
  readonly node: string;
}

/** Shows `weir_build_info` and prom-client's metrics of the process and of Node. */
export function showProcessMetrics(metrics: PrometheusMetrics, { version, node }: BuildInfo): void {
  metrics.gauge('weir_build_info', 'Versions of what runs; always 1.', () => 1, { version, node });
  collectDefaultMetrics({ register: metrics.registry });
}
