import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type * as port from '../../application/ports/metrics.js';
import type { MetricsReader } from '../../application/ports/metrics-reader.js';

/** One line of a metric: its labels, and what to show when metrics are read. */
interface Series {
  readonly labels: port.Labels;
  read(): number;
}

/** Counts in memory; prom-client hears of it when metrics are read. */
class CellCounter implements port.Counter, Series {
  readonly labels: port.Labels;
  readonly #cell = new Float64Array(1);

  constructor(labels: port.Labels) {
    this.labels = labels;
  }

  get value(): number {
    return this.#cell[0]!;
  }

  add(by = 1): void {
    this.#cell[0]! += by;
  }

  read(): number {
    return this.value;
  }
}

/** A histogram with its labels; prom-client keeps the buckets. */
interface HistogramSeries extends port.Histogram {
  readonly labels: port.Labels;
}

/** All series of one name, by their labels written as text. */
interface Family<S extends { readonly labels: port.Labels }> {
  readonly labelNames: string;
  readonly series: Map<string, S>;
}

/**
 * The Metrics port on prom-client. Counters are numbers in memory and gauges functions; prom-client asks for them when metrics are
 * read, so the record path never calls it.
 */
export class PrometheusMetrics implements port.Metrics, MetricsReader {
  readonly registry = new Registry();
  readonly #families = new Map<string, Family<Series>>();
  readonly #histograms = new Map<string, Family<HistogramSeries>>();

  /** Content-Type of {@link text}. */
  get contentType(): string {
    return this.registry.contentType;
  }

  /** All metrics in Prometheus' text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** @throws TypeError if the name is taken by series with labels of other names, or by something else than a counter */
  counter(name: string, help: string, labels: port.Labels = {}): port.Counter {
    const { series } = this.#counters(name, help, labels);
    const known = series.get(keyOf(labels));
    if (known instanceof CellCounter) return known;
    if (known !== undefined) throw new TypeError(`metric ${name} is kept by somebody else`);
    const counter = new CellCounter(labels);
    series.set(keyOf(labels), counter);
    return counter;
  }

  /** @throws TypeError if the name is taken by series with labels of other names */
  observedCounter(name: string, help: string, read: () => number, labels: port.Labels = {}): void {
    this.#counters(name, help, labels).series.set(keyOf(labels), { labels, read });
  }

  /** @throws TypeError if the name is taken by series with labels of other names */
  gauge(name: string, help: string, read: () => number, labels: port.Labels = {}): void {
    const { series } = familyOf(this.#families, name, labels, (all) => {
      new Gauge({
        name,
        help,
        labelNames: Object.keys(labels),
        registers: [this.registry],
        collect() {
          this.reset();
          for (const one of all.values()) this.set(one.labels, one.read());
        },
      });
    });
    series.set(keyOf(labels), { labels, read });
  }

  /** @throws TypeError if the name is taken by series with labels of other names */
  histogram(name: string, help: string, buckets: readonly number[], labels: port.Labels = {}): port.Histogram {
    const { series } = familyOf(this.#histograms, name, labels, () => {
      new Histogram({ name, help, buckets: [...buckets], labelNames: Object.keys(labels), registers: [this.registry] });
    });
    const known = series.get(keyOf(labels));
    if (known !== undefined) return known;
    const histogram = this.#histogram(name);
    histogram.zero(labels);
    const child = histogram.labels(labels);
    const made: HistogramSeries = {
      labels,
      observe: (value) => {
        child.observe(value);
      },
    };
    series.set(keyOf(labels), made);
    return made;
  }

  remove(name: string, labels: port.Labels): void {
    for (const { series } of [this.#families.get(name), this.#histograms.get(name)].filter(
      (one) => one !== undefined,
    )) {
      for (const [key, { labels: theirs }] of series) {
        if (!hasLabels(theirs, labels)) continue;
        series.delete(key);
        if (this.#histograms.has(name)) this.#histogram(name).remove(theirs);
      }
    }
  }

  sum(name: string, labels: port.Labels = {}): number {
    let sum = 0;
    for (const one of this.#families.get(name)?.series.values() ?? [])
      if (hasLabels(one.labels, labels)) sum += one.read();
    return sum;
  }

  #counters(name: string, help: string, labels: port.Labels): Family<Series> {
    return familyOf(this.#families, name, labels, (series) => {
      new Counter({
        name,
        help,
        labelNames: Object.keys(labels),
        registers: [this.registry],
        collect() {
          this.reset();
          for (const one of series.values()) this.inc(one.labels, one.read());
        },
      });
    });
  }

  #histogram(name: string): Histogram {
    return this.registry.getSingleMetric(name) as Histogram;
  }
}

/** The family of a name; the first time one is made and registered. */
function familyOf<S extends { readonly labels: port.Labels }>(
  families: Map<string, Family<S>>,
  name: string,
  labels: port.Labels,
  register: (series: Map<string, S>) => void,
): Family<S> {
  const labelNames = Object.keys(labels).sort().join(',');
  let family = families.get(name);
  if (family === undefined) {
    family = { labelNames, series: new Map() };
    register(family.series);
    families.set(name, family);
  }
  if (family.labelNames !== labelNames) {
    throw new TypeError(`metric ${name} has the labels "${family.labelNames}", not "${labelNames}"`);
  }
  return family;
}

function hasLabels(labels: port.Labels, wanted: port.Labels): boolean {
  return Object.entries(wanted).every(([label, value]) => labels[label] === value);
}

function keyOf(labels: port.Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1)));
}
