import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Container } from 'inversify';
import type { FlowSink } from '../../../src/application/ports/flow-sink.js';
import type { FlowSource } from '../../../src/application/ports/flow-source.js';
import type { MetricsReader } from '../../../src/application/ports/metrics-reader.js';
import type { RecordReceiver } from '../../../src/application/ports/record-receiver.js';
import { APPLICATION } from '../../../src/application/symbols.js';
import type { ClusterIdentity } from '../../../src/domain/cluster/cluster-identity.js';
import { readConfiguration } from '../../../src/infrastructure/configuration/read-configuration.js';
import { createContainer } from '../../../src/infrastructure/container/container.js';
import { podMtu } from '../../../src/infrastructure/container/pod-mtu.js';
import { memoryLimit } from '../../../src/infrastructure/memory-limit.js';
import { Service } from '../../../src/infrastructure/service.js';
import { INFRASTRUCTURE } from '../../../src/infrastructure/symbols.js';
import { aRecord } from '../../support/a-record.js';
import { FakeClock } from '../../support/fake-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-container-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function container(text: string): Container {
  const { configuration, problems } = readConfiguration(`${text}\ndataDirectory: ${directory}`);
  expect(problems).toEqual([]);
  return createContainer(configuration, new RecordingLogger());
}

describe('the container', () => {
  it.each([
    ['TLS', ['tls', 'grpc']],
    ['TCP', ['tcp', 'grpc']],
    ['UDP', ['udp', 'grpc']],
    ['None', ['grpc']],
  ])('makes the sources for %s', (transport, names) => {
    const sources = container(`aggregatorTransportProtocol: ${transport}`).get<FlowSource[]>(APPLICATION.FlowSources);
    expect(sources.map(({ name }) => name)).toEqual(names);
  });

  it('makes the sinks that are enabled', () => {
    const none = container('aggregatorTransportProtocol: TCP');
    expect(none.get(APPLICATION.FlowSinks)).toEqual([]);
  });

  it.each([
    ['flowCollector: {enable: true, address: "[::1]:4739:udp"}', ['ipfix']],
    ['flowCollector: {enable: true, address: "[::1]:4739", recordFormat: JSON}', ['json']],
    [
      'flowCollector: {enable: true, address: "c", tls: {enable: true}}\nflowLogger: {enable: true, PATH}',
      ['ipfix', 'flow-log'],
    ],
  ])('makes the sinks of %s', async (text, names) => {
    const path = `path: ${join(directory, 'flows.csv')}`;
    const sinks = container(text.replace('PATH', path)).get<FlowSink[]>(APPLICATION.FlowSinks);
    expect(sinks.map(({ name }) => name)).toEqual(names);
    await Promise.all(sinks.map((sink) => sink.close()));
  });

  it('keeps the identity that was made', () => {
    const text = 'aggregatorTransportProtocol: TCP\nclusterID: blue';
    const first = container(text).get<ClusterIdentity>(INFRASTRUCTURE.ClusterIdentity);
    expect(container(text).get(INFRASTRUCTURE.ClusterIdentity)).toEqual(first);
    expect(first.clusterId).toBe('blue');
  });

  it('takes the configured limit of memory', () => {
    expect(container('aggregatorTransportProtocol: TCP\nlimits: {maxMemory: 64Mi}').get(APPLICATION.MemoryLimit)).toBe(
      64 * 2 ** 20,
    );
  });

  it('makes a service whose every port can be rebound, and which ends with everything exported', async () => {
    const clock = new FakeClock();
    const rows: number[] = [];
    let receiver: RecordReceiver | undefined;
    const source: FlowSource = {
      name: 'fake',
      canPause: true,
      address: 'here',
      start: (given) => {
        receiver = given;
        return Promise.resolve();
      },
      pause: () => {},
      resume: () => {},
      stop: () => Promise.resolve(),
    };
    const sink: FlowSink = {
      name: 'fake',
      batching: { maxRows: 1, maxBytes: 1, maxWaitMs: 1 },
      deliver: (group) => {
        for (const batch of group) rows.push(batch.length);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
    const parts = container('aggregatorTransportProtocol: TCP\nlisten: {metrics: ""}');
    parts.rebind(APPLICATION.Clock).toConstantValue(clock);
    parts.rebind(APPLICATION.FlowSources).toConstantValue([source]);
    parts.rebind(APPLICATION.FlowSinks).toConstantValue([sink]);
    const service = new Service(parts);
    await service.start();
    expect(service.addresses).toEqual(['here']);
    expect(service.metricsAddress).toBe('');
    receiver!.receive(aRecord());
    const drained = service.drain();
    await clock.turn();
    await clock.advance(10);
    expect(await drained).toEqual({ undelivered: 0 });
    expect(rows).toEqual([1]);
    const metrics = parts.get<MetricsReader>(APPLICATION.Metrics);
    expect(metrics.sum('weir_records_taken_total')).toBe(1);
    expect(metrics.sum('weir_sink_records_delivered_total')).toBe(1);
  });
});

describe('memoryLimit', () => {
  it('is what is configured, else 70 % of what there is', () => {
    expect(memoryLimit(1000, 10)).toBe(1000);
    expect(memoryLimit(0, 1000)).toBe(700);
    expect(memoryLimit(0)).toBeGreaterThan(0);
  });
});

describe('podMtu', () => {
  it('is read in a Pod only', () => {
    const file = join(directory, 'mtu');
    writeFileSync(file, '1450\n');
    expect(podMtu({ POD_NAME: 'weir-0' }, file)).toBe(1450);
    expect(podMtu({}, file)).toBeUndefined();
    expect(podMtu({ POD_NAME: 'weir-0' }, join(directory, 'none'))).toBeUndefined();
  });
});
