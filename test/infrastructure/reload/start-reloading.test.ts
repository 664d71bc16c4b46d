import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ExportFlows } from '../../../src/application/export-flows.js';
import type { RecordContents } from '../../../src/application/record-contents.js';
import { APPLICATION } from '../../../src/application/symbols.js';
import { readConfiguration } from '../../../src/infrastructure/configuration/read-configuration.js';
import { createContainer } from '../../../src/infrastructure/container/container.js';
import { startReloading } from '../../../src/infrastructure/reload/start-reloading.js';
import { Service } from '../../../src/infrastructure/service.js';
import { aBatch } from '../../support/a-batch.js';
import { withTime } from '../../support/contracts/waiting.js';
import { LoopbackClock } from '../../support/fake-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';

let directory: string;
let file: string;
const ends: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-reloading-'));
  file = join(directory, 'weir.yaml');
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  rmSync(directory, { recursive: true });
});

const textOf = (rest: string): string => `aggregatorTransportProtocol: TCP
dataDirectory: ${directory}
listen: {metrics: "", ipfix: "127.0.0.1:0", grpc: "127.0.0.1:0"}
${rest}`;

/** A service that is started with a file, which a test changes. */
async function running(first: string) {
  const clock = new LoopbackClock();
  const logger = new RecordingLogger();
  writeFileSync(file, textOf(first));
  const { configuration } = readConfiguration(textOf(first));
  const container = createContainer(configuration, logger);
  container.rebind(APPLICATION.Clock).toConstantValue(clock);
  container.rebind(APPLICATION.FlowSources).toConstantValue([]);
  const service = new Service(container);
  await service.start();
  let changed = (): void => undefined;
  const reloading = startReloading(file, container, (_directory, listener) => {
    changed = () => listener.changed(null);
    return () => undefined;
  });
  ends.push(async () => {
    reloading.stop();
    await withTime(clock, service.drain());
  });
  const change = async (rest: string): Promise<void> => {
    writeFileSync(file, textOf(rest));
    changed();
    await clock.advance(250);
    await withTime(clock, reloading.idle());
  };
  const flows = container.get<ExportFlows>(APPLICATION.ExportFlows);
  return { container, change, flows, logger, clock };
}

describe('startReloading', () => {
  it('replaces, adds and removes just the sinks whose sections changed', async () => {
    const { change, flows } = await running('flowCollector: {enable: true, address: "127.0.0.1:9"}');
    expect(flows.sinks).toEqual(['ipfix']);
    const log = `flowLogger: {enable: true, path: "${directory}/flows.log"}`;
    await change(`flowCollector: {enable: true, address: "127.0.0.1:9", recordFormat: JSON}\n${log}`);
    expect([...flows.sinks].sort()).toEqual(['flow-log', 'json']);
    await change(log);
    expect(flows.sinks).toEqual(['flow-log']);
    await change('');
    expect(flows.sinks).toEqual([]);
    await change('flowCollector: {enable: true, address: "127.0.0.1:9"}');
    expect(flows.sinks).toEqual(['ipfix']);
  });

  it('goes on in another file with the flow log', async () => {
    const log = (name: string): string => `flowLogger: {enable: true, path: "${directory}/${name}"}`;
    const { change, flows, clock } = await running(log('one.log'));
    const rows = (name: string): number => readFileSync(join(directory, name), 'utf8').split('\n').length - 1;
    flows.export(aBatch([{}, {}]));
    await change(log('two.log'));
    flows.export(aBatch([{}]));
    await withTime(clock, flows.drain(1_000));
    expect(rows('one.log') + rows('two.log')).toBe(3);
    expect(rows('two.log')).toBeGreaterThan(0);
  });

  it('changes what flows carry', async () => {
    const { container, change } = await running('');
    const contents = container.get<RecordContents>(APPLICATION.RecordContents);
    await change('recordContents: {podLabels: true}');
    expect(contents).toEqual({ podLabels: true, uids: false });
    await change('flowCollector: {enable: true, address: "127.0.0.1:9", includeK8sUIDs: true}');
    expect(contents).toEqual({ podLabels: false, uids: true });
    await change('flowCollector: {includeK8sUIDs: true}');
    expect(contents).toEqual({ podLabels: false, uids: false });
  });

  it('has a changed observation domain, and the old identity otherwise', async () => {
    const collector = 'flowCollector: {enable: true, address: "127.0.0.1:9"';
    const { change, logger } = await running(`${collector}}`);
    await change(`${collector}, observationDomainID: 7}\nclusterID: other`);
    expect(logger.matching(/needs a restart/).map(({ fields }) => fields['key'])).toEqual(['clusterID']);
    expect(logger.matching(/takes effect/).map(({ fields }) => fields['key'])).toEqual([
      'flowCollector.observationDomainID',
    ]);
  });
});
