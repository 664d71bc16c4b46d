import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EventLoopDelay } from '../../src/adapters/metrics/event-loop-delay.js';
import { CachedMetadata } from '../../src/adapters/kubernetes/cached-metadata.js';
import { PrometheusMetrics } from '../../src/adapters/metrics/prometheus-metrics.js';
import type { ExportFlows } from '../../src/application/export-flows.js';
import type { FlowSink } from '../../src/application/ports/flow-sink.js';
import { APPLICATION } from '../../src/application/symbols.js';
import { readConfiguration } from '../../src/infrastructure/configuration/read-configuration.js';
import { createContainer } from '../../src/infrastructure/container/container.js';
import { INFRASTRUCTURE } from '../../src/infrastructure/symbols.js';
import { FakeClock } from '../support/fake-clock.js';
import { RecordingLogger } from '../support/recording-logger.js';

const PAGE = 'docs/reference/metrics.md';

/** Configurations that have every source and every sink between them. */
const CONFIGURATIONS = [
  'aggregatorTransportProtocol: TLS\nflowCollector: {enable: true, address: "[::1]:4739"}\nflowLogger: {enable: true, PATH}',
  'aggregatorTransportProtocol: TCP\nflowCollector: {enable: true, address: "[::1]:4739", recordFormat: JSON}',
  'aggregatorTransportProtocol: UDP',
];

/** Labels that have whatever the build or the histogram's buckets are. */
const FREE_LABELS = new Set(['version', 'node', 'le']);

interface Shown {
  /** "name type label,label" of each metric. */
  readonly metrics: Set<string>;
  /** "name label value" of each value. */
  readonly values: Set<string>;
}

const shown: Shown = { metrics: new Set(), values: new Set() };
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'weir-metrics-'));
  for (const text of CONFIGURATIONS) takeIn(await metricsOf(text.replace('PATH', `path: ${directory}/flows.csv`)));
  takeIn(await kubernetesMetrics());
});
afterAll(() => rmSync(directory, { recursive: true }));

/** What a service of this configuration would show before its first record. Nothing of it is started. */
async function metricsOf(text: string): Promise<string> {
  const { configuration, problems } = readConfiguration(`${text}\ndataDirectory: ${directory}`);
  expect(problems).toEqual([]);
  const container = createContainer(configuration, new RecordingLogger());
  container.rebind(APPLICATION.Clock).toConstantValue(new FakeClock());
  const delay = container.get<EventLoopDelay>(INFRASTRUCTURE.EventLoopDelay);
  container.get(INFRASTRUCTURE.Serve);
  const exportFlows = container.get<ExportFlows>(APPLICATION.ExportFlows);
  for (const sink of container.get<FlowSink<unknown>[]>(APPLICATION.FlowSinks)) exportFlows.add(sink);
  const metrics = await container.get<PrometheusMetrics>(APPLICATION.Metrics).text();
  delay.stop();
  await exportFlows.drain(0);
  return metrics;
}

/** What is shown of Kubernetes, where that is used. Nothing of it is started. */
async function kubernetesMetrics(): Promise<string> {
  const metrics = new PrometheusMetrics();
  const context = { clock: new FakeClock(), logger: new RecordingLogger(), metrics, random: () => 0.5 };
  await new CachedMetadata({ kubeconfig: '', environment: {} }, [1, 2], context).close();
  return metrics.text();
}

/** Reads Prometheus' text format; what prom-client shows of the process and of Node is left out. */
function takeIn(text: string): void {
  for (const family of text.split(/^# HELP /m).slice(1)) {
    const [, name, type] = /^# TYPE (\S+) (\S+)$/m.exec(family)!;
    if (/^(process|nodejs)_/.test(name!)) continue;
    const labels = new Set<string>();
    for (const [, label, value] of family.matchAll(/[{,](\w+)="([^"]*)"/g)) {
      if (label !== 'le') labels.add(label!);
      if (!FREE_LABELS.has(label!)) shown.values.add(`${name} ${label} ${value}`);
    }
    shown.metrics.add(`${name} ${type} ${[...labels].sort().join()}`);
  }
}

/** Cells of the rows of all tables that begin with a metric. */
const rows = Array.from(readFileSync(PAGE, 'utf8').matchAll(/^\| `(weir_\w+)(?:\{([\w,]+)\})?` +\|(.+)\|$/gm)).map(
  ([, name, labels = '', rest]) => ({ name: name!, labels, cells: rest!.split('|').map((cell) => cell.trim()) }),
);
const [valueRows, metricRows] = [true, false].map((isOfValues) =>
  rows.filter(({ cells }) => cells[0]!.startsWith('`') === isOfValues),
) as [typeof rows, typeof rows];

describe('docs/reference/metrics.md', () => {
  it('has each metric that a service shows, and no other, with its type and labels', () => {
    const told = metricRows.map(({ name, labels, cells }) => `${name} ${cells[0]} ${labels.split(',').sort().join()}`);
    expect(told.sort()).toEqual([...shown.metrics].sort());
  });

  it('has each value of each label, and no other', () => {
    const told = valueRows.flatMap(({ name, cells: [label, values] }) =>
      Array.from(values!.matchAll(/`([^`]+)`/g), ([, value]) => `${name} ${label!.replaceAll('`', '')} ${value}`),
    );
    expect(told.sort()).toEqual([...shown.values].sort());
  });
});
