import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { TlsOptions } from 'node:tls';
import { IpfixExporter } from '../../../../src/adapters/ipfix/exporter/ipfix-exporter.js';
import type { ClientTlsOptions } from '../../../../src/adapters/transport/sessions/tls-files.js';
import { aBatch } from '../../../support/a-batch.js';
import { accepting, ClientFiles } from '../../../support/client-tls.js';
import { LoopbackClock } from '../../../support/fake-clock.js';
import { testPki, type TestPki } from '../../../support/pki.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { TcpCollector, type CollectorConnection } from '../../../support/tcp-collector.js';

const never = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];
let pki: TestPki;

beforeAll(async () => {
  pki = await testPki();
});

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function collect(
  tls: TlsOptions = {},
  greet?: (connection: CollectorConnection) => void,
): Promise<[TcpCollector, number]> {
  const { certificate: cert, privateKey: key } = pki.server;
  const collector = new TcpCollector(greet, { cert, key, ...tls });
  open.push(collector);
  return [collector, await collector.listen()];
}

function files(): ClientFiles {
  const made = new ClientFiles().authority(pki.authority.certificate);
  open.push(made);
  return made;
}

function exportTo(port: number, tls: ClientTlsOptions) {
  const clock = new LoopbackClock();
  const logger = new RecordingLogger();
  const exporter = new IpfixExporter(
    { host: '127.0.0.1', port, protocol: 'tcp', tls, observationDomainId: 5, clusterId: 'c' },
    { clock, logger },
  );
  open.push(exporter);
  const deliver = (group: Parameters<typeof exporter.deliver>[0]): Promise<void> =>
    accepting(clock, exporter.deliver(group, never));
  return { exporter, clock, logger, deliver };
}

/** A group of flows that are numbered through by their start; with labels that make it more than the kernels' buffers hold, or without. */
const numbered = (batches: number, rows: number, sourcePodLabels = '') =>
  Array.from({ length: batches }, (_, b) =>
    aBatch(Array.from({ length: rows }, (_, r) => ({ flowStartSeconds: b * rows + r, sourcePodLabels }))),
  );

const startsOf = (collector: TcpCollector): number[] =>
  collector.records.map((record) => Number(record['flowStartSeconds']));

const upTo = (end: number): number[] => [...Array(end).keys()];

describe('IpfixExporter over TLS', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('delivers every record of a group, in order, with %s', async (version) => {
    const [collector, port] = await collect({ minVersion: version, maxVersion: version });
    const { deliver, logger } = exportTo(port, files().options());
    await deliver(numbered(3, 500));
    await collector.until(() => collector.records.length === 1_500);
    expect(startsOf(collector)).toEqual(upTo(1_500));
    expect(Math.max(...collector.connections[0]!.messages.map(({ length }) => length))).toBeGreaterThan(65_000);
    expect(logger.of('info')).toMatchObject([
      { fields: { sink: 'ipfix', collector: `127.0.0.1:${port}`, protocol: 'tls' } },
    ]);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'counts nothing as delivered that a collector which refuses its certificate was to get, with %s',
    async (version) => {
      const ca = pki.authority.certificate;
      const [collector, port] = await collect({ ca, requestCert: true, minVersion: version, maxVersion: version });
      const own = files().client(pki.otherClient);
      const { exporter, deliver } = exportTo(port, own.options({ clientCertificate: true }));
      const group = numbered(1, 30);
      for (let i = 0; i < 3; i++)
        await expect(exporter.deliver(group, never)).rejects.toThrow("does not accept Weir's certificate");
      expect(exporter.confirmedRecords).toBe(0);
      // Somebody puts the right certificate in place.
      own.client(pki.client);
      await deliver(group);
      await collector.until(() => collector.records.length === 30);
      expect(startsOf(collector)).toEqual(upTo(30));
    },
  );

  it('loses and repeats nothing when the collector closes in order during a delivery', async () => {
    let connections = 0;
    const [collector, port] = await collect({}, ({ socket }) => {
      if (connections++ === 0) socket.once('data', () => socket.end());
    });
    const { deliver } = exportTo(port, files().options());
    await deliver(numbered(10, 400, 'x'.repeat(4_000)));
    await collector.until(() => collector.records.length >= 4_000);
    expect(startsOf(collector)).toEqual(upTo(4_000));
    expect(collector.connections).toHaveLength(2);
    expect(collector.connections[1]!.messages.slice(0, 2).map(({ templates }) => templates.length)).toEqual([1, 1]);
  });

  it('closes in order: all that was delivered arrives', async () => {
    const [collector, port] = await collect();
    const { exporter, deliver } = exportTo(port, files().options());
    await deliver(numbered(10, 400, 'x'.repeat(4_000)));
    await exporter.close();
    await collector.until(() => collector.connections[0]!.isOver);
    expect(startsOf(collector)).toEqual(upTo(4_000));
  });

  it('does not go over UDP', () => {
    const tls = files().options();
    expect(
      () =>
        new IpfixExporter(
          { host: '127.0.0.1', port: 1, protocol: 'udp', tls, observationDomainId: 5, clusterId: 'c' },
          { clock: new LoopbackClock(), logger: new RecordingLogger() },
        ),
    ).toThrow(TypeError);
  });
});
