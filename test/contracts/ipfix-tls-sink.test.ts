import { afterAll } from '@jest/globals';
import { IpfixExporter } from '../../src/adapters/ipfix/exporter/ipfix-exporter.js';
import { ipfixStream } from '../support/contracts/ipfix-arrivals.js';
import { describeSinkContract } from '../support/contracts/sink-contract.js';
import { StreamDestination } from '../support/contracts/stream-destination.js';
import { ClientFiles } from '../support/client-tls.js';
import { testPki } from '../support/pki.js';

const files = new ClientFiles();
afterAll(() => files.close());

describeSinkContract('IpfixExporter over TLS', {
  abilities: {
    holdsBack: true,
    noticesAbsence: true,
    noticesVanishing: true,
    leavesInOrder: true,
    confirms: { because: 'IPFIX has no receipt, so that what a kernel took counts as taken' },
    countersArrive: true,
  },
  repeats: 'a batch',
  encodes: false,
  filter: { because: 'a collector gets every flow' },
  destination: async () => {
    const { authority, server, client } = await testPki();
    files.authority(authority.certificate).client(client);
    const { certificate: cert, privateKey: key } = server;
    return StreamDestination.of(ipfixStream, { cert, key, ca: authority.certificate, requestCert: true });
  },
  sink: ({ port }, context) =>
    new IpfixExporter(
      {
        ...{ host: '127.0.0.1', port, protocol: 'tcp', observationDomainId: 5, clusterId: 'c' },
        tls: files.options({ clientCertificate: true }),
      },
      context,
    ),
});
