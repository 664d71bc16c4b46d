import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import type { Metrics } from '../../application/ports/metrics.js';

/** How often the delay is sampled. Short enough to see a stall of tens of milliseconds as it is, long enough to cost nothing. */
const RESOLUTION_MS = 10;

const QUANTILES = ['0.5', '0.9', '0.99', '1'];

/**
 * Measures by how much the event loop is late and shows it as `weir_event_loop_delay_seconds{quantile}`, each time over the time since
 * metrics were last read; quantile 1 is the maximum.
 */
export class EventLoopDelay {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor(metrics: Metrics) {
    for (const quantile of QUANTILES) {
      metrics.gauge(
        'weir_event_loop_delay_seconds',
        'How late the event loop was since metrics were last read.',
        () => this.#read(Number(quantile)),
        { quantile },
      );
    }
    this.#histogram.enable();
  }

  /** Measures no more. */
  stop(): void {
    this.#histogram.disable();
  }

  #read(quantile: number): number {
    const { count } = this.#histogram;
    const nanoseconds = quantile === 1 ? this.#histogram.max : this.#histogram.percentile(quantile * 100);
    // The last quantile is read last and begins a new window.
    if (quantile === 1) this.#histogram.reset();
    // A sample is the time between two timers: what exceeds the resolution is the delay.
    return count === 0 ? 0 : Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000);
  }
}
