import { JsonExporter } from '../../src/adapters/json-exporter/json-exporter.js';
import { DatagramDestination } from '../support/contracts/datagram-destination.js';
import { jsonDatagrams } from '../support/contracts/json-arrivals.js';
import { describeSinkContract } from '../support/contracts/sink-contract.js';

describeSinkContract('JsonExporter over UDP', {
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
  destination: () => DatagramDestination.of(jsonDatagrams),
  sink: ({ port }, context) => new JsonExporter({ host: '127.0.0.1', port, protocol: 'udp', clusterId: 'c' }, context),
});
