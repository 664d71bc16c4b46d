import { connect } from 'node:tls';
import { TlsCollector } from '../../src/adapters/ipfix/collector/tls-collector.js';
import { StreamSender } from '../support/contracts/ipfix-senders.js';
import { describeSourceContract } from '../support/contracts/source-contract.js';
import { TestCertificateStore, testPki } from '../support/pki.js';

describeSourceContract('IPFIX over TLS', {
  transport: 'tls',
  abilities: { holdsBack: true, hasSessions: true },
  source: async (options, { clock, logger, metrics }) => {
    const certificates = new TestCertificateStore((await testPki()).credentials);
    const complete = { ...options, maxTemplates: 100, idleTimeout: 0 };
    return new TlsCollector(complete, certificates, clock, logger, metrics);
  },
  sender: async (port, stays) => {
    const { authority, client } = await testPki();
    const { certificate: cert, privateKey: key } = client;
    const socket = connect({ port, host: '127.0.0.1', ca: authority.certificate, cert, key });
    // TLS has no option for it: a socket is half open as long as this says so.
    socket.allowHalfOpen = stays;
    await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    return new StreamSender(socket);
  },
});
