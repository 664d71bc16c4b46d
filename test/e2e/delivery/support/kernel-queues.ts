import { readFileSync } from 'node:fs';

/** Octets of one direction of a connection on loopback that the kernel has and the receiver has not read. */
export interface QueuedOctets {
  /** In the sender's queue. */
  readonly sending: number;
  /** In the receiver's. */
  readonly receiving: number;
}

/** What /proc/net/tcp says of the octets from one IPv4 port to another. @throws Error if there is no such connection */
export function queuedOctets(fromPort: number, toPort: number): QueuedOctets {
  const sockets = readFileSync('/proc/net/tcp', 'utf8').trimEnd().split('\n').slice(1).map(socketOf);
  const find = (local: number, remote: number): Socket => {
    const socket = sockets.find((one) => one.local === local && one.remote === remote);
    if (!socket) throw new Error(`there is no connection from port ${local} to port ${remote}`);
    return socket;
  };
  return { sending: find(fromPort, toPort).sending, receiving: find(toPort, fromPort).receiving };
}

interface Socket extends QueuedOctets {
  readonly local: number;
  readonly remote: number;
}

/** A line: number, local and remote address:port, state, transmit:receive queue, and more; all in hexadecimal. */
function socketOf(line: string): Socket {
  const [, local, remote, , queues] = line.trim().split(/\s+/) as [string, string, string, string, string];
  const port = (address: string): number => Number.parseInt(address.split(':')[1]!, 16);
  const [sending, receiving] = queues.split(':').map((octets) => Number.parseInt(octets, 16)) as [number, number];
  return { local: port(local), remote: port(remote), sending, receiving };
}
