/** One line of /metrics. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^(?<name>[\w:]+)(?:\{(?<labels>.*)\})? (?<value>\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** What /metrics said at one moment. */
export class MetricsSnapshot {
  readonly samples: readonly Sample[];

  /** @param text in Prometheus' text format */
  constructor(text: string) {
    this.samples = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map(sampleOf);
  }

  /** The sum of all series of a name that have these labels, 0 if there is none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.#matching(name, labels).reduce((sum, { value }) => sum + value, 0);
  }

  /** The one series of a name that has these labels. @throws Error if there is none, or more than one */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const matching = this.#matching(name, labels);
    if (matching.length !== 1) {
      throw new Error(`there are ${matching.length} series ${name}${JSON.stringify(labels)}`);
    }
    return matching[0]!.value;
  }

  /** All values that a label of a metric has. */
  labelValues(name: string, label: string): string[] {
    const values = this.#matching(name, {}).map(({ labels }) => labels[label]);
    return [...new Set(values.filter((value) => value !== undefined))];
  }

  #matching(name: string, labels: Readonly<Record<string, string>>): Sample[] {
    return this.samples.filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
  }
}

function sampleOf(line: string): Sample {
  const { name, labels = '', value } = LINE.exec(line)?.groups ?? {};
  if (name === undefined || value === undefined) throw new Error(`no line of metrics: ${line}`);
  const pairs = [...labels.matchAll(LABEL)].map(([, label, text]) => [label!, text!.replaceAll(/\\(.)/g, '$1')]);
  return {
    name,
    labels: Object.fromEntries(pairs) as Record<string, string>,
    value: Number(value.replace('Inf', 'Infinity')),
  };
}
