import type { Counter, Histogram, Labels, Metrics } from './ports/metrics.js';

/**
 * Why flows never reached a sink, the label `reason` of `weir_sink_records_dropped_total`:
 * - `full`: the queue was full, and its oldest flows made room for the newest;
 * - `encode`: the sink could not encode them;
 * - `shutdown`: they were still undelivered when the sink had to stop.
 */
export type DropReason = 'full' | 'encode' | 'shutdown';

/** Upper bounds in seconds: from a socket on the same machine to a bucket in a far region. */
const DELIVERY_BUCKETS = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const NAMES = {
  delivered: 'weir_sink_records_delivered_total',
  dropped: 'weir_sink_records_dropped_total',
  filtered: 'weir_sink_records_filtered_total',
  queue: 'weir_sink_queue_records',
  retries: 'weir_sink_retries_total',
  lag: 'weir_sink_lag_seconds',
  delivery: 'weir_sink_delivery_seconds',
} as const;

/** What is read of a sink's queues when metrics are. */
export interface QueueGauges {
  /** Flows that wait or are being delivered. */
  readonly rows: number;
  /** Age of the oldest of them, in seconds; 0 if there is none. */
  readonly lagSeconds: number;
}

/** The metrics of one sink, all of them shown from the start. Their sum is what was exported since the sink exists. */
export class SinkMetrics {
  readonly delivered: Counter;
  readonly filtered: Counter;
  readonly retries: Counter;
  /** Seconds that successful deliveries took. */
  readonly deliverySeconds: Histogram;
  readonly #dropped: Readonly<Record<DropReason, Counter>>;
  readonly #metrics: Metrics;
  readonly #labels: Labels;

  constructor(metrics: Metrics, sink: string, gauges: QueueGauges) {
    const labels = { sink };
    this.#metrics = metrics;
    this.#labels = labels;
    this.delivered = metrics.counter(NAMES.delivered, 'Flows that the sink took', labels);
    this.filtered = metrics.counter(NAMES.filtered, "Flows that the sink's own filter kept back", labels);
    this.retries = metrics.counter(NAMES.retries, 'Deliveries that were tried again', labels);
    this.deliverySeconds = metrics.histogram(
      NAMES.delivery,
      'Seconds that a successful delivery of a group took',
      DELIVERY_BUCKETS,
      labels,
    );
    const dropped = (reason: DropReason): Counter =>
      metrics.counter(NAMES.dropped, 'Flows that never reached the sink, by reason', { ...labels, reason });
    this.#dropped = { full: dropped('full'), encode: dropped('encode'), shutdown: dropped('shutdown') };
    metrics.gauge(NAMES.queue, 'Flows that wait for the sink or are being delivered', () => gauges.rows, labels);
    metrics.gauge(
      NAMES.lag,
      'Age in seconds of the oldest flow that is not yet delivered',
      () => gauges.lagSeconds,
      labels,
    );
  }

  /** Counter of the flows dropped for that reason. */
  dropped(reason: DropReason): Counter {
    return this.#dropped[reason];
  }

  /** Shows none of them any more. */
  remove(): void {
    for (const name of Object.values(NAMES)) this.#metrics.remove(name, this.#labels);
  }
}
