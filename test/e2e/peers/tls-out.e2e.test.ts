import { describe, expect } from '@jest/globals';
import { testPki } from '../../support/pki.js';
import { itWith } from '../support/peers.js';
import { collectorOf, expectDelivered, Mounted, weirWithFlows } from '../support/tls-delivery.js';

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
