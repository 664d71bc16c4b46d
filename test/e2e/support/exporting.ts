import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { atEnd } from './clean-up.js';

/** A connection to the service, as an exporter has one, over the IP version of its address; closed at the end of the test. */
export async function connectTo(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: loopbackOf(localAddress), localAddress });
  atEnd(() => void socket.destroy());
  await once(socket, 'connect');
  // From here on a connection that the service ends is what some tests wait for.
  socket.on('error', () => undefined);
  return socket;
}

const loopbackOf = (address: string): string => (address.includes(':') ? '::1' : '127.0.0.1');

/**
 * A UDP exporter: what is given to it arrives as one datagram each, from one port of an address; closed at the end of the test.
 */
export async function datagramsTo(
  port: number,
  localAddress = '127.0.0.1',
): Promise<(datagram: Uint8Array) => Promise<void>> {
  const socket = createSocket(localAddress.includes(':') ? 'udp6' : 'udp4');
  atEnd(() => {
    socket.close();
  });
  socket.bind(0, localAddress);
  await once(socket, 'listening');
  socket.connect(port, loopbackOf(localAddress));
  await once(socket, 'connect');
  const send = promisify((datagram: Uint8Array, done: (error: Error | null) => void) => socket.send(datagram, done));
  return async (datagram) => {
    await send(datagram);
  };
}
