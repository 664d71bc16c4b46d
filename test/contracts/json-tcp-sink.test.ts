import { JsonExporter } from '../../src/adapters/json-exporter/json-exporter.js';
import { jsonStream } from '../support/contracts/json-arrivals.js';
import { describeSinkContract } from '../support/contracts/sink-contract.js';
import { StreamDestination } from '../support/contracts/stream-destination.js';

describeSinkContract('JsonExporter over TCP', {
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
  destination: () => StreamDestination.of(jsonStream),
  sink: ({ port }, context) => new JsonExporter({ host: '127.0.0.1', port, protocol: 'tcp', clusterId: 'c' }, context),
});
