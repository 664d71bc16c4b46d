import type { Clock } from '../../application/ports/clock.js';
import type { Connection, ConnectionEvents } from './connection.js';
import { dialTcp, dialTls } from './dial.js';
import { GrpcConnection } from './grpc-connection.js';
import type { SimulationOptions } from './options.js';
import { SocketConnection } from './socket-connection.js';
import { UdpConnection } from './udp-connection.js';

/**
 * An agent's connection, over the transport that the options name.
 *
 * @throws RangeError if that needs certificates and there are none
 */
export function connectionOf(options: SimulationOptions, clock: Clock, events: ConnectionEvents): Connection {
  const { transport, target, serverName, certificates, flowsPerMessage } = options;
  if (transport === 'udp') return new UdpConnection(target, clock, events);
  if (transport === 'tcp') return new SocketConnection(dialTcp(target), clock, events);
  if (certificates === undefined) throw new RangeError(`certificates: agents need them over ${transport}`);
  if (transport === 'tls') return new SocketConnection(dialTls(target, certificates, serverName), clock, events);
  return new GrpcConnection({ target, certificates, serverName, flowsPerMessage }, clock, events);
}
