import { describe, expect } from '@jest/globals';
import { testPki, type TestPki } from '../../support/pki.js';
import { eventually } from '../support/eventually.js';
import type { OpensslCollector } from '../support/openssl.js';
import { itWith } from '../support/peers.js';
import { collectorOf, expectDelivered, Mounted, weirWithFlows } from '../support/tls-delivery.js';
import type { LogLine, WeirProcess } from '../support/weir-process.js';

/** Lines about deliveries that failed: what happens again and again is said once a minute at most. */
const failures = (weir: WeirProcess): LogLine[] => weir.logs.filter(({ error }) => /tls/i.test(String(error)));

/** Demands that the log says why, once, although it is tried again. */
async function expectFailure(weir: WeirProcess, collector: OpensslCollector, says: RegExp): Promise<void> {
  await eventually('it is tried again', async () => (await weir.metrics()).sum('weir_sink_retries_total') >= 1);
  expect(failures(weir).map(({ error }) => error)).toEqual([expect.stringMatching(says)]);
  expect(collector.octets).toHaveLength(0);
}

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
      await expectFailure(weir, collector, says);
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
      await expectFailure(weir, collector, says);
    });
  }
});
