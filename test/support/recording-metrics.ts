import type { Counter, Histogram, Labels, Metrics } from '../../src/application/ports/metrics.js';

class RecordingCounter implements Counter {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  add(by = 1): void {
    if (!(by >= 0)) throw new RangeError(`a counter can't grow by ${by}`);
    this.#value += by;
  }
}

class RecordingHistogram implements Histogram {
  readonly observed: number[] = [];

  observe(value: number): void {
    this.observed.push(value);
  }
}

const seriesOf = (name: string, labels: Labels): string =>
  `${name}{${Object.entries(labels)
    .map(([label, value]) => `${label}="${value}"`)
    .sort()
    .join(',')}}`;

/** Keeps metrics in memory, by name and labels; a test reads them as Prometheus would see them. */
export class RecordingMetrics implements Metrics {
  readonly #counters = new Map<string, RecordingCounter>();
  readonly #gauges = new Map<string, () => number>();
  readonly #histograms = new Map<string, RecordingHistogram>();
  readonly #labels = new Map<string, { readonly name: string; readonly labels: Labels }>();

  counter(name: string, _help: string, labels: Labels = {}): Counter {
    return this.#make(this.#counters, name, labels, () => new RecordingCounter());
  }

  gauge(name: string, _help: string, read: () => number, labels: Labels = {}): void {
    const series = this.#register(name, labels);
    this.#gauges.set(series, read);
  }

  observedCounter(name: string, help: string, read: () => number, labels: Labels = {}): void {
    this.gauge(name, help, read, labels);
  }

  histogram(name: string, _help: string, _buckets: readonly number[], labels: Labels = {}): Histogram {
    return this.#make(this.#histograms, name, labels, () => new RecordingHistogram());
  }

  remove(name: string, labels: Labels): void {
    for (const [series, { name: other, labels: theirs }] of this.#labels) {
      if (other !== name || !Object.entries(labels).every(([label, value]) => theirs[label] === value)) continue;
      for (const map of [this.#counters, this.#gauges, this.#histograms, this.#labels]) map.delete(series);
    }
  }

  /** Value of one counter or gauge; NaN if there is none of that name and exactly these labels. */
  value(name: string, labels: Labels = {}): number {
    const series = seriesOf(name, labels);
    return this.#counters.get(series)?.value ?? this.#gauges.get(series)?.() ?? Number.NaN;
  }

  /** Sum of the counters and gauges of that name that have at least these labels; 0 if there is none. */
  sum(name: string, labels: Labels = {}): number {
    let sum = 0;
    for (const { name: other, labels: theirs } of this.#labels.values()) {
      if (other === name && Object.entries(labels).every(([label, value]) => theirs[label] === value))
        sum += this.value(name, theirs);
    }
    return sum;
  }

  /** What a histogram observed, in order. */
  observed(name: string, labels: Labels = {}): readonly number[] {
    return this.#histograms.get(seriesOf(name, labels))?.observed ?? [];
  }

  /** Names with their labels, as Prometheus writes them, of all that is shown. */
  get series(): string[] {
    return [...this.#labels.keys()].sort();
  }

  #register(name: string, labels: Labels): string {
    const series = seriesOf(name, labels);
    this.#labels.set(series, { name, labels });
    return series;
  }

  #make<T>(map: Map<string, T>, name: string, labels: Labels, make: () => T): T {
    const series = this.#register(name, labels);
    const made = map.get(series) ?? make();
    map.set(series, made);
    return made;
  }
}
