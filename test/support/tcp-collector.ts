import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { IpfixReader, type IpfixMessage, type IpfixRecord } from './ipfix-reader.js';

/** A connection that an exporter made. */
export class CollectorConnection {
  readonly socket: Socket;
  readonly messages: IpfixMessage[] = [];
  /** The exporter closed its half, or the connection broke. */
  isOver = false;
  /** Why what came is no IPFIX, or not what its templates say. */
  failure: Error | undefined;
  readonly #reader = new IpfixReader();
  #rest: Uint8Array = new Uint8Array(0);

  constructor(socket: Socket, changed: () => void) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      try {
        const { messages, rest } = this.#reader.stream(Buffer.concat([this.#rest, bytes]));
        this.messages.push(...messages);
        this.#rest = rest;
      } catch (error) {
        this.failure = error as Error;
      }
      changed();
    });
    const over = (): void => {
      this.isOver = true;
      changed();
    };
    socket.on('error', over).on('end', over).on('close', over);
    // As collectors do: what an exporter that closed might still hear is nothing.
    socket.on('end', () => socket.end());
  }

  get records(): IpfixRecord[] {
    return this.messages.flatMap(({ records }) => records);
  }
}

/** An IPFIX collector on loopback that a test can hold up, close and kill. */
export class TcpCollector {
  readonly connections: CollectorConnection[] = [];
  readonly #server: Server;
  readonly #watchers: (() => void)[] = [];
  #closed = false;

  /**
   * @param greet what to do with each new connection
   * @param tls certificate, key and all else that makes it a collector over TLS
   */
  constructor(greet: (connection: CollectorConnection) => void = () => undefined, tls?: TlsOptions) {
    const options = { allowHalfOpen: true, noDelay: true };
    const connected = (socket: Socket): void => {
      const connection = new CollectorConnection(socket, () => {
        this.#changed();
      });
      this.connections.push(connection);
      greet(connection);
      this.#changed();
    };
    this.#server = tls ? createTlsServer({ ...options, ...tls }, connected) : createServer(options, connected);
  }

  /** Listens; on a port of the system's choice if none is given. */
  async listen(port = 0, host = '127.0.0.1'): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Records of all connections, in the order in which they arrived. */
  get records(): IpfixRecord[] {
    return this.connections.flatMap(({ records }) => records);
  }

  /**
   * Resolves once `condition` holds; looked at whenever something happens to a connection.
   *
   * @throws Error if something came that can't be read
   */
  async until(condition: () => boolean): Promise<void> {
    for (;;) {
      for (const { failure } of this.connections) if (failure) throw failure;
      if (condition()) return;
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  /** Takes no more connections; those that there are go on. */
  stopListening(): void {
    this.#server.close();
  }

  /** Ends every connection and listens no more. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const { socket } of this.connections) socket.destroy();
    await new Promise<void>((resolve) =>
      this.#server.close(() => {
        resolve();
      }),
    );
  }

  #changed(): void {
    for (const resolve of this.#watchers.splice(0)) resolve();
  }
}
