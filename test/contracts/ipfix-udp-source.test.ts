import { UdpCollector } from '../../src/adapters/ipfix/collector/udp-collector.js';
import { DatagramSender } from '../support/contracts/ipfix-senders.js';
import { describeSourceContract } from '../support/contracts/source-contract.js';

const NO_SESSION = 'a sender of datagrams comes and goes without a word';

describeSourceContract('IPFIX over UDP', {
  transport: 'udp',
  abilities: {
    holdsBack: { because: 'nobody can hold back who sends datagrams' },
    hasSessions: { because: NO_SESSION },
  },
  source: async (options, { clock, logger, metrics }) =>
    new UdpCollector({ ...options, maxTemplates: 100, idleTimeout: 0 }, clock, logger, metrics, () =>
      Promise.reject(new Error('ENOENT')),
    ),
  sender: async (port) => new DatagramSender(port),
});
