import { describe, expect } from '@jest/globals';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Values } from '../../support/ipfix-messages.js';
import { testPki, type Issued, type TestPki } from '../../support/pki.js';
import { ANTREA_FLOWS, expectedOutput, messagesOf } from '../support/antrea-flows.js';
import { balancedAtRest } from '../support/balance.js';
import { eventually } from '../support/eventually.js';
import { connectTo } from '../support/exporting.js';
import { filesOf, OpensslCollector, type TlsVersion } from '../support/openssl.js';
import { itWith } from '../support/peers.js';
import { temporaryDirectory } from '../support/program.js';
import { startWeir, type LogLine, type WeirProcess } from '../support/weir-process.js';

const NAME = 'collector.example';

/** A collector whose certificate is for a name alone, not for the address it listens on. */
async function collectorOf(version: TlsVersion, { authority }: TestPki): Promise<OpensslCollector> {
  const server = await authority.issue({ name: 'collector', usages: ['server'], dnsNames: [NAME], addresses: [] });
  const file = filesOf({ ca: authority.certificate, certificate: server.certificate, key: server.privateKey });
  return OpensslCollector.start(version, { ca: file('ca'), certificate: file('certificate'), key: file('key') });
}

/** The directory that Secrets are mounted to, and how it changes. */
class Mounted {
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
async function weirWithFlows(
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
async function expectDelivered(weir: WeirProcess, collector: OpensslCollector): Promise<void> {
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

/** The first line about a delivery that failed. */
const failure = (weir: WeirProcess): Promise<LogLine> =>
  eventually('the log says why', () => weir.logs.find(({ error }) => /tls/i.test(String(error))));

describe("Weir's IPFIX reaches openssl s_server, which verifies Weir's certificate", () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    itWith(['openssl'], `over ${version}`, async () => {
      const pki = await testPki();
      const collector = await collectorOf(version, pki);
      const secrets = new Mounted().authority(pki.authority.certificate).client(pki.client);
      const weir = await weirWithFlows(collector, secrets, {
        minVersion: version === 'TLSv1.3' ? 'VersionTLS13' : 'VersionTLS12',
      });
      await expectDelivered(weir, collector);
      expect(collector.messages.map(({ sequenceNumber }) => sequenceNumber)[0]).toBe(0);
    });
  }
});

describe('a session that fails is told with its cause, and comes to be once its files are right', () => {
  for (const { what, wrong, right, says } of [
    {
      what: 'an authority that did not issue the certificate of the collector',
      wrong: (mounted: Mounted, pki: TestPki) => mounted.authority(pki.otherAuthority.certificate),
      right: (mounted: Mounted, pki: TestPki) => mounted.authority(pki.authority.certificate),
      says: /not issued by an authority in .*ca\.crt/,
    },
    {
      what: 'a certificate of an authority that the collector does not know',
      wrong: (mounted: Mounted, pki: TestPki) => mounted.client(pki.otherClient),
      right: (mounted: Mounted, pki: TestPki) => mounted.client(pki.client),
      says: /does not know the authority that issued Weir's certificate|does not accept Weir's certificate/,
    },
    {
      what: 'a file that is missing',
      wrong: (mounted: Mounted) => mounted.remove('tls.key'),
      right: (mounted: Mounted, pki: TestPki) => mounted.client(pki.client),
      says: /tls\.key is needed since flowCollector\.tls\.clientSecretName is set/,
    },
  ]) {
    itWith(['openssl'], what, async () => {
      const pki = await testPki();
      const collector = await collectorOf('TLSv1.3', pki);
      const mounted = new Mounted().authority(pki.authority.certificate).client(pki.client);
      const weir = await weirWithFlows(collector, wrong(mounted, pki));
      expect((await failure(weir))['error']).toMatch(says);
      expect(collector.octets).toHaveLength(0);
      right(mounted, pki);
      await expectDelivered(weir, collector);
    });
  }
});

describe('a session that the configuration does not allow is told with its cause', () => {
  for (const { what, tls, says } of [
    {
      what: 'without a client certificate',
      tls: { clientSecretName: '' },
      says: /wants a client certificate.*flowCollector\.tls\.clientSecretName/,
    },
    {
      what: 'under the address, which the certificate is not for',
      tls: { serverName: '' },
      says: /is for collector\.example, not for 127\.0\.0\.1/,
    },
    { what: 'over a version that is too old', tls: { minVersion: 'VersionTLS13' }, says: /does not speak TLS 1\.3/ },
  ]) {
    itWith(['openssl'], what, async () => {
      const pki = await testPki();
      const collector = await collectorOf('TLSv1.2', pki);
      const mounted = new Mounted().authority(pki.authority.certificate).client(pki.client);
      const weir = await weirWithFlows(collector, mounted, tls);
      expect((await failure(weir))['error']).toMatch(says);
      expect(collector.octets).toHaveLength(0);
    });
  }
});
