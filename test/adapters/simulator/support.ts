import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Cancel } from '../../../src/application/ports/clock.js';
import { FakeClock } from '../../support/fake-clock.js';

/** A clock that stands still until a test moves it, but lets the real event loop have its turns: sockets need them. */
export class SocketClock extends FakeClock {
  override soon(action: () => void): Cancel {
    const immediate = setImmediate(action);
    return () => clearImmediate(immediate);
  }
}

/** Something on loopback that agents can connect to, and which keeps what each connection sent. */
export class Collector {
  readonly sockets: Socket[] = [];
  readonly #received: Buffer[][] = [];
  readonly #server: Server;

  private constructor(onConnection: (socket: Socket, number: number) => void) {
    this.#server = createServer((socket) => {
      const chunks: Buffer[] = [];
      this.#received.push(chunks);
      this.sockets.push(socket);
      socket.on('data', (chunk) => chunks.push(chunk));
      socket.on('error', () => undefined);
      onConnection(socket, this.sockets.length);
    });
  }

  /** Listens on a free port. */
  static async listen(onConnection: (socket: Socket, number: number) => void = () => undefined): Promise<Collector> {
    const collector = new Collector(onConnection);
    collector.#server.listen(0, '127.0.0.1');
    await once(collector.#server, 'listening');
    return collector;
  }

  get target(): { host: string; port: number } {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  /** The bytes of each connection, in the order in which they were opened. */
  get streams(): Buffer[] {
    return this.#received.map((chunks) => Buffer.concat(chunks));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
