import { IpfixExporter } from '../../src/adapters/ipfix/exporter/ipfix-exporter.js';
import { ipfixStream } from '../support/contracts/ipfix-arrivals.js';
import { describeSinkContract } from '../support/contracts/sink-contract.js';
import { StreamDestination } from '../support/contracts/stream-destination.js';

describeSinkContract('IpfixExporter over TCP', {
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
  destination: () => StreamDestination.of(ipfixStream),
  sink: ({ port }, context) =>
    new IpfixExporter({ host: '127.0.0.1', port, protocol: 'tcp', observationDomainId: 5, clusterId: 'c' }, context),
});
