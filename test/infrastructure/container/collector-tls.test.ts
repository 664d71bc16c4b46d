import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FlowSource } from '../../../src/application/ports/flow-source.js';
import type { RecordReceiver } from '../../../src/application/ports/record-receiver.js';
import { APPLICATION } from '../../../src/application/symbols.js';
import { readConfiguration } from '../../../src/infrastructure/configuration/read-configuration.js';
import { createContainer } from '../../../src/infrastructure/container/container.js';
import { Service } from '../../../src/infrastructure/service.js';
import { aRecord } from '../../support/a-record.js';
import { LoopbackClock, settle } from '../../support/fake-clock.js';
import { testPki } from '../../support/pki.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { TcpCollector } from '../../support/tcp-collector.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-collector-tls-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** A source that gives a service what a test says. */
class FakeSource implements FlowSource {
  readonly name = 'fake';
  readonly canPause = true;
  readonly address = 'here';
  receiver: RecordReceiver | undefined;

  start(receiver: RecordReceiver): Promise<void> {
    this.receiver = receiver;
    return Promise.resolve();
  }
  pause(): void {}
  resume(): void {}
  stop(): Promise<void> {
    return Promise.resolve();
  }
}

describe('a service whose flowCollector.tls.directory is missing', () => {
  it('says which file it needs and why, tries again, and delivers once it is there', async () => {
    const { authority, server, client } = await testPki();
    const collector = new TcpCollector(undefined, {
      ...{ cert: server.certificate, key: server.privateKey },
      ...{ ca: authority.certificate, requestCert: true, rejectUnauthorized: true },
    });
    const mounted = join(directory, 'certs');
    const tls = `{enable: true, caSecretName: ca, clientSecretName: client, directory: ${mounted}}`;
    const { configuration } = readConfiguration(
      `dataDirectory: ${directory}\nlisten: {metrics: ""}\nactiveFlowRecordTimeout: 1s\n` +
        `flowCollector: {enable: true, address: "127.0.0.1:${await collector.listen()}", tls: ${tls}}`,
    );
    const [clock, logger, source] = [new LoopbackClock(), new RecordingLogger(), new FakeSource()];
    const container = createContainer(configuration, logger);
    container.rebind(APPLICATION.Clock).toConstantValue(clock);
    container.rebind(APPLICATION.FlowSources).toConstantValue([source]);
    const service = new Service(container);
    await service.start();
    source.receiver!.receive(aRecord());
    // Whatever time a handshake takes: one that the fake time has overtaken is tried again.
    const until = async (happened: () => boolean): Promise<void> => {
      while (!happened()) {
        clock.advanceNow(1);
        for (let i = 0; i < 5; i++) await settle();
      }
    };

    await until(() => logger.matching(/takes no flows/).length > 0);
    expect(logger.matching(/takes no flows/)[0]!.fields['error']).toBe(
      `${mounted}/ca.crt is needed since flowCollector.tls.caSecretName is set, and can't be read: ` +
        `ENOENT: no such file or directory, open '${mounted}/ca.crt'`,
    );
    mkdirSync(mounted);
    writeFileSync(join(mounted, 'ca.crt'), authority.certificate);
    writeFileSync(join(mounted, 'tls.crt'), client.certificate);
    writeFileSync(join(mounted, 'tls.key'), client.privateKey);
    await until(() => collector.records.length > 0);
    await until(() => logger.matching(/takes flows again/).length > 0);
    expect(collector.records).toHaveLength(1);
    const drained = service.drain();
    await clock.advance(1_000);
    expect(await drained).toEqual({ undelivered: 0 });
    await collector.close();
  });
});
