import { connect } from 'node:net';
import { TcpCollector } from '../../src/adapters/ipfix/collector/tcp-collector.js';
import { StreamSender } from '../support/contracts/ipfix-senders.js';
import { describeSourceContract } from '../support/contracts/source-contract.js';

describeSourceContract('IPFIX over TCP', {
  transport: 'tcp',
  abilities: { holdsBack: true, hasSessions: true },
  source: async (options, { clock, logger, metrics }) =>
    new TcpCollector({ ...options, maxTemplates: 100, idleTimeout: 0 }, clock, logger, metrics),
  sender: async (port, stays) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: stays });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new StreamSender(socket);
  },
});
