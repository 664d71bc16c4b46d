import { afterAll } from '@jest/globals';
import { JsonExporter } from '../../src/adapters/json-exporter/json-exporter.js';
import { jsonStream } from '../support/contracts/json-arrivals.js';
import { describeSinkContract } from '../support/contracts/sink-contract.js';
import { StreamDestination } from '../support/contracts/stream-destination.js';
import { ClientFiles } from '../support/client-tls.js';
import { testPki } from '../support/pki.js';

const files = new ClientFiles();
afterAll(() => files.close());

describeSinkContract('JsonExporter over TLS', {
  abilities: {
    holdsBack: true,
    noticesAbsence: true,
    noticesVanishing: true,
    leavesInOrder: true,
    confirms: { because: 'JSON lines have no receipt, so that what a kernel took counts as taken' },
    countersArrive: true,
  },
  repeats: 'a batch',
  encodes: false,
  filter: { because: 'a collector gets every flow' },
  destination: async () => {
    const { authority, server, client } = await testPki();
    files.authority(authority.certificate).client(client);
    const { certificate: cert, privateKey: key } = server;
    return StreamDestination.of(jsonStream, { cert, key, ca: authority.certificate, requestCert: true });
  },
  sink: ({ port }, context) =>
    new JsonExporter(
      {
        ...{ host: '127.0.0.1', port, protocol: 'tcp', clusterId: 'c' },
        tls: files.options({ clientCertificate: true }),
      },
      context,
    ),
});
