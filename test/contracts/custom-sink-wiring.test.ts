import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { addWebhook } from '../../docs/examples/custom-sink/wiring.js';
import type { FlowSink } from '../../src/application/ports/flow-sink.js';
import type { FlowSource } from '../../src/application/ports/flow-source.js';
import type { MetricsReader } from '../../src/application/ports/metrics-reader.js';
import type { RecordReceiver } from '../../src/application/ports/record-receiver.js';
import { APPLICATION } from '../../src/application/symbols.js';
import { readConfiguration } from '../../src/infrastructure/configuration/read-configuration.js';
import { createContainer } from '../../src/infrastructure/container/container.js';
import { Service } from '../../src/infrastructure/service.js';
import { aRecord } from '../support/a-record.js';
import { HttpDestination } from '../support/contracts/http-destination.js';
import { flowsOfLines } from '../support/contracts/json-arrivals.js';
import { withTime } from '../support/contracts/waiting.js';
import { LoopbackClock } from '../support/fake-clock.js';
import { RecordingLogger } from '../support/recording-logger.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-custom-sink-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** A source that a test hands records to. */
class ManualSource implements FlowSource {
  readonly name = 'manual';
  readonly canPause = true;
  readonly address = 'here';
  receiver: RecordReceiver | undefined;

  async start(receiver: RecordReceiver): Promise<void> {
    this.receiver = receiver;
  }

  pause(): void {}
  resume(): void {}
  async stop(): Promise<void> {}
}

/** The service's container with the example added to it, as the configuration says. */
function containerOf(webhook: string): ReturnType<typeof createContainer> {
  const text = `aggregatorTransportProtocol: TCP\nlisten: {metrics: ""}\ndataDirectory: ${directory}\nwebhook: ${webhook}`;
  const { configuration, problems } = readConfiguration(text);
  expect(problems).toEqual([]);
  const container = createContainer(configuration, new RecordingLogger());
  addWebhook(container, configuration);
  return container;
}

const names = (container: ReturnType<typeof createContainer>): string[] =>
  container.get<FlowSink[]>(APPLICATION.FlowSinks).map(({ name }) => name);

describe('The example of a custom sink in a service', () => {
  it('is among the sinks when its section enables it', () => {
    expect(names(containerOf('{}'))).toEqual([]);
    expect(names(containerOf('{enable: true, url: "http://127.0.0.1:1/"}'))).toEqual(['webhook']);
  });

  it('has its section checked like any other', () => {
    const { problems } = readConfiguration('aggregatorTransportProtocol: TCP\nwebhook: {enable: true, timeout: soon}');
    expect(problems).toMatchObject([
      { severity: 'error', message: expect.stringContaining('accepted is an http: or https: URL') },
      { severity: 'error', message: expect.stringContaining('accepted is a duration') },
    ]);
  });

  it('is given every flow of the service, and its counters balance', async () => {
    const server = await HttpDestination.of(flowsOfLines);
    await server.start();
    const container = containerOf(`{enable: true, url: "${server.url}", namespaces: [shop]}`);
    const clock = new LoopbackClock();
    const source = new ManualSource();
    container.rebind(APPLICATION.Clock).toConstantValue(clock);
    container.rebind(APPLICATION.FlowSources).toConstantValue([source]);
    const service = new Service(container);
    await service.start();
    for (const [destinationTransportPort, sourcePodNamespace] of [
      [80, 'shop'],
      [81, 'other'],
      [82, 'shop'],
    ] as const)
      source.receiver!.receive(
        aRecord({ destinationTransportPort, sourcePodNamespace, sourcePodName: 'pod', flowType: 3 }),
      );
    expect(await withTime(clock, service.drain())).toEqual({ undelivered: 0 });
    expect(server.arrived.map(({ id }) => id)).toEqual([80, 82]);
    const metrics = container.get<MetricsReader>(APPLICATION.Metrics);
    const of = (metric: string): number => metrics.sum(`weir_sink_records_${metric}_total`, { sink: 'webhook' });
    expect([of('delivered'), of('filtered'), of('dropped')]).toEqual([2, 1, 0]);
    expect(metrics.sum('weir_flow_exports_total')).toBe(3);
    await server.close();
  });
});

describe('docs/custom-sinks.md', () => {
  const page = readFileSync('docs/custom-sinks.md', 'utf8');
  const quoted = [...page.matchAll(/^<!-- (\S+) -->\n+```ts\n(.*?)^```$/gms)].map(
    ([, file, code]) => [file!, code!] as const,
  );

  it('quotes the whole example', () => {
    expect(quoted.map(([file]) => file)).toEqual([
      'examples/custom-sink/webhook-sink.ts',
      'examples/custom-sink/webhook-section.ts',
      'examples/custom-sink/wiring.ts',
      '../test/contracts/webhook-sink.test.ts',
    ]);
  });

  it.each(quoted)('has the text of %s', (file, code) => {
    const text = readFileSync(join('docs', file), 'utf8');
    // Of a test, the page shows a part.
    if (file.startsWith('../test')) expect(text).toContain(code);
    else expect(code).toBe(text);
  });
});
