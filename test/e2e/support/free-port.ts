import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A port of 127.0.0.1 that nobody used just now. */
async function freePort(transport: 'tcp' | 'udp'): Promise<number> {
  if (transport === 'udp') {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.close();
    await once(socket, 'close');
    return port;
  }
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Has `start` begin to listen on a free port, for programs that can't be told to choose one; on another one if that fails: somebody may
 * take a port in the meantime.
 *
 * @throws Error the last failure of `start`
 */
export async function onFreePort<T>(
  transport: 'tcp' | 'udp',
  start: (port: number) => Promise<T>,
  attempts = 3,
): Promise<T> {
  const port = await freePort(transport);
  try {
    return await start(port);
  } catch (error) {
    if (attempts <= 1) throw error;
    return onFreePort(transport, start, attempts - 1);
  }
}
