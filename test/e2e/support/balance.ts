import { expect } from '@jest/globals';
import { eventually } from './eventually.js';
import type { MetricsSnapshot } from './metrics.js';

/** The two sides of each equation of the counters, by name: equal whenever nothing is under way. */
export function equations(metrics: MetricsSnapshot): Record<string, { readonly left: number; readonly right: number }> {
  const sinks = metrics.labelValues('weir_sink_queue_records', 'sink');
  const perSink = sinks.map((sink) => {
    const of = (name: string): number => metrics.sum(name, { sink });
    return [
      `exports of ${sink}`,
      {
        left: metrics.sum('weir_flow_exports_total'),
        right:
          of('weir_sink_records_delivered_total') +
          of('weir_sink_records_dropped_total') +
          of('weir_sink_records_filtered_total') +
          of('weir_sink_queue_records'),
      },
    ] as const;
  });
  return {
    records: {
      left: metrics.sum('weir_records_received_total'),
      right:
        metrics.sum('weir_records_taken_total') +
        metrics.sum('weir_records_older_total') +
        metrics.sum('weir_records_duplicate_total') +
        metrics.sum('weir_records_dropped_total'),
    },
    flows: {
      left: metrics.sum('weir_flows_begun_total'),
      right: metrics.sum('weir_flows') + metrics.sum('weir_flows_ended_total'),
    },
    ...Object.fromEntries(perSink),
  };
}

/** Demands that every equation of the counters holds. Call it when nothing is under way. */
export function expectBalance(metrics: MetricsSnapshot): void {
  const unbalanced = Object.entries(equations(metrics)).filter(([, { left, right }]) => left !== right);
  expect(unbalanced).toEqual([]);
}

/** What the service's metrics say once no sink has anything to deliver any more, checked for balance. */
export async function balancedAtRest(weir: { metrics(): Promise<MetricsSnapshot> }): Promise<MetricsSnapshot> {
  const metrics = await eventually('nothing waits for a sink', async () => {
    const now = await weir.metrics();
    return now.sum('weir_sink_queue_records') === 0 && now;
  });
  expectBalance(metrics);
  return metrics;
}
