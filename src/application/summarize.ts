import type { Cancel, Clock } from './ports/clock.js';
import type { Logger } from './ports/logger.js';
import type { MetricsReader } from './ports/metrics-reader.js';

/** How often a line sums up. */
const INTERVAL_MILLISECONDS = 60_000;

/** What a summary reads: the metrics whose growth it tells, by the name it gives them. */
const GROWTH = {
  received: 'weir_records_received_total',
  exports: 'weir_flow_exports_total',
  recordsDropped: 'weir_records_dropped_total',
  droppedBySinks: 'weir_sink_records_dropped_total',
} as const;

/** What the last line of a service tells: each hop, so that hops can be subtracted from each other (design.md, counters that balance). */
const TOTALS = {
  recordsReceived: 'weir_records_received_total',
  recordsTaken: 'weir_records_taken_total',
  recordsOlder: 'weir_records_older_total',
  recordsDuplicate: 'weir_records_duplicate_total',
  recordsDropped: 'weir_records_dropped_total',
  flowsBegun: 'weir_flows_begun_total',
  flowsEnded: 'weir_flows_ended_total',
  exports: 'weir_flow_exports_total',
  // An export counts here for each sink.
  deliveredToSinks: 'weir_sink_records_delivered_total',
  filteredBySinks: 'weir_sink_records_filtered_total',
  droppedBySinks: 'weir_sink_records_dropped_total',
} as const;

type Readings = Readonly<Record<keyof typeof GROWTH, number>>;

/** Says in one line a minute what the service does. */
export class Summarize {
  readonly #metrics: MetricsReader;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #residentBytes: () => number;
  #before: Readings;
  #since: number;
  #stop: Cancel | undefined;

  /** @param residentBytes memory of the process */
  constructor(metrics: MetricsReader, clock: Clock, logger: Logger, residentBytes: () => number) {
    this.#metrics = metrics;
    this.#clock = clock;
    this.#logger = logger;
    this.#residentBytes = residentBytes;
    this.#before = this.#read();
    this.#since = clock.monotonicMilliseconds();
  }

  /** Begins to write a line each minute. */
  start(): void {
    this.#stop ??= this.#clock.every(INTERVAL_MILLISECONDS, () => {
      this.write('summary');
    });
  }

  /** Writes no more lines. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Writes a line about the time since the one before. */
  write(message: string): void {
    const readings = this.#read();
    const now = this.#clock.monotonicMilliseconds();
    const seconds = (now - this.#since) / 1000;
    const grown = (name: keyof Readings): number => readings[name] - this.#before[name];
    this.#logger.info(message, {
      recordsPerSecond: seconds > 0 ? Math.round(grown('received') / seconds) : 0,
      flows: this.#metrics.sum('weir_flows'),
      exports: grown('exports'),
      recordsDropped: grown('recordsDropped'),
      droppedBySinks: grown('droppedBySinks'),
      memoryMiB: Math.round(this.#residentBytes() / 2 ** 20),
    });
    this.#before = readings;
    this.#since = now;
  }

  /** What was counted since the start. */
  totals(): Readonly<Record<keyof typeof TOTALS, number>> {
    return this.#sums(TOTALS);
  }

  #read(): Readings {
    return this.#sums(GROWTH);
  }

  #sums<Name extends string>(names: Readonly<Record<Name, string>>): Record<Name, number> {
    const entries = Object.entries<string>(names).map(([name, metric]) => [name, this.#metrics.sum(metric)]);
    return Object.fromEntries(entries) as Record<Name, number>;
  }
}
