import { formatEndpoint } from '../endpoint.js';
import { connectSocket, type Patience } from './connecting.js';
import { ipVersionOf, type HostAddress } from './host-addresses.js';
import { StreamSession } from './stream-session.js';

/**
 * Connects to a collector.
 *
 * @throws Error that names the address, if that fails or takes too long
 */
export async function connectTcp(address: HostAddress, port: number, patience: Patience): Promise<StreamSession> {
  const socket = await connectSocket(address, port, patience);
  const { clock } = patience;
  return new StreamSession(socket, {
    peer: formatEndpoint(address.address, port),
    ipVersion: ipVersionOf(address),
    clock,
  });
}
