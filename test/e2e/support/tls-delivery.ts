import { expect } from '@jest/globals';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Values } from '../../support/ipfix-messages.js';
import type { Issued, TestPki } from '../../support/pki.js';
import { ANTREA_FLOWS, expectedOutput, messagesOf } from './antrea-flows.js';
import { balancedAtRest } from './balance.js';
import { eventually } from './eventually.js';
import { connectTo } from './exporting.js';
import { filesOf, OpensslCollector, type TlsVersion } from './openssl.js';
import { temporaryDirectory } from './program.js';
import { startWeir, type WeirProcess } from './weir-process.js';

const NAME = 'collector.example';

/** A collector whose certificate is for a name alone, not for the address it listens on. */
export async function collectorOf(version: TlsVersion, { authority }: TestPki): Promise<OpensslCollector> {
  const server = await authority.issue({ name: 'collector', usages: ['server'], dnsNames: [NAME], addresses: [] });
  const file = filesOf({ ca: authority.certificate, certificate: server.certificate, key: server.privateKey });
  return OpensslCollector.start(version, { ca: file('ca'), certificate: file('certificate'), key: file('key') });
}

/** The directory that Secrets are mounted to, and how it changes. */
export class Mounted {
  readonly directory = temporaryDirectory();

  authority(certificate: string): this {
    writeFileSync(join(this.directory, 'ca.crt'), certificate);
    return this;
  }

  client({ certificate, privateKey }: Issued): this {
    writeFileSync(join(this.directory, 'tls.crt'), certificate);
    writeFileSync(join(this.directory, 'tls.key'), privateKey);
    return this;
  }

  remove(name: string): this {
    rmSync(join(this.directory, name));
    return this;
  }
}

/** A Weir that has flows for the collector. */
export async function weirWithFlows(
  { port }: OpensslCollector,
  { directory }: Mounted,
  tls: Readonly<Record<string, unknown>> = {},
): Promise<WeirProcess> {
  const secrets = { caSecretName: 'collector-ca', clientSecretName: 'collector-client' };
  const weir = await startWeir({
    settings: {
      activeFlowRecordTimeout: '1s',
      flowCollector: {
        enable: true,
        address: `127.0.0.1:${port}:tcp`,
        tls: { enable: true, directory, serverName: NAME, ...secrets, ...tls },
      },
    },
  });
  const exporter = await connectTo(weir.ipfixPort);
  for (const message of messagesOf(ANTREA_FLOWS)) exporter.write(message);
  return weir;
}

/** Demands that the collector gets each flow once, and ends Weir. */
export async function expectDelivered(weir: WeirProcess, collector: OpensslCollector): Promise<void> {
  const records = await eventually('all flows arrive', () => {
    const all = collector.messages.flatMap((message) => message.records);
    return all.length >= ANTREA_FLOWS.length && all;
  });
  const expected = ANTREA_FLOWS.map((flow) => expectedOutput(flow, ''));
  const told = (values: Values): string =>
    ['octetTotalCount', 'throughput', 'sourcePodName', 'destinationPodName', 'flowEndSeconds']
      .map((name) => String(values[name] ?? ''))
      .join(' ');
  expect(records.map(told).toSorted()).toEqual(expected.map(told).toSorted());
  const metrics = await balancedAtRest(weir);
  expect(metrics.sum('weir_sink_records_delivered_total')).toBe(ANTREA_FLOWS.length);
  expect(await weir.stop()).toEqual({ code: 0, signal: null });
}
