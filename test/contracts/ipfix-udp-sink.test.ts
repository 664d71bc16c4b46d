import { IpfixExporter } from '../../src/adapters/ipfix/exporter/ipfix-exporter.js';
import { DatagramDestination } from '../support/contracts/datagram-destination.js';
import { ipfixDatagrams } from '../support/contracts/ipfix-arrivals.js';
import { describeSinkContract } from '../support/contracts/sink-contract.js';

describeSinkContract('IpfixExporter over UDP', {
  abilities: {
    holdsBack: { because: 'the kernel drops datagrams that nobody reads, and their sender does not hear of it' },
    noticesAbsence: true,
    noticesVanishing: true,
    leavesInOrder: { because: 'there is no session to end' },
    confirms: { because: 'nobody acknowledges a datagram' },
    countersArrive: true,
  },
  repeats: 'the group',
  encodes: false,
  filter: { because: 'a collector gets every flow' },
  destination: () => DatagramDestination.of(ipfixDatagrams),
  sink: ({ port }, context) =>
    new IpfixExporter(
      { host: '127.0.0.1', port, protocol: 'udp', observationDomainId: 5, clusterId: 'c', podMtu: 1_450 },
      context,
    ),
});
