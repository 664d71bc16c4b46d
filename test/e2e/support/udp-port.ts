import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A UDP port of 127.0.0.1 that nobody used just now, for programs that can't be told to choose one. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/**
 * Has `start` begin to listen on a free port, and on another one if that fails: somebody may take a port in the meantime.
 *
 * @throws Error the last failure of `start`
 */
export async function onFreeUdpPort<T>(start: (port: number) => Promise<T>, attempts = 3): Promise<T> {
  const port = await freeUdpPort();
  try {
    return await start(port);
  } catch (error) {
    if (attempts <= 1) throw error;
    return onFreeUdpPort(start, attempts - 1);
  }
}
