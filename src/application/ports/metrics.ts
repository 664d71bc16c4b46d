/** Values of a metric's labels, by label name. */
export type Labels = Readonly<Record<string, string>>;

/** Something that only grows. Counting is an addition to a number in memory; formatting happens when metrics are read. */
export interface Counter {
  /** Adds `by` (1 if not given; never negative). */
  add(by?: number): void;
  /** What was counted so far. */
  readonly value: number;
}

/** Observed values in buckets, as Prometheus has them. */
export interface Histogram {
  observe(value: number): void;
}

/** Makes metrics. Names and units follow Prometheus: a `weir_` prefix, base units, `_total` for counters. */
export interface Metrics {
  /** A counter of a name and set of labels; the same one when asked again. It is shown from now on, at 0 too. */
  counter(name: string, help: string, labels?: Labels): Counter;
  /** A gauge that is read when metrics are; a later one of the same name and labels takes its place. */
  gauge(name: string, help: string, read: () => number, labels?: Labels): void;
  /** A counter that somebody else keeps, read when metrics are. What it reads never goes back. */
  observedCounter(name: string, help: string, read: () => number, labels?: Labels): void;
  /** A histogram with the given upper bounds, ascending. */
  histogram(name: string, help: string, buckets: readonly number[], labels?: Labels): Histogram;
  /** No longer shows what has these labels (a sink that was removed, say). */
  remove(name: string, labels: Labels): void;
}
