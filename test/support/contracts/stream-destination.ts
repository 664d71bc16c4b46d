import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { ArrivedFlow, SinkDestination } from './sink-harness.js';
import { until } from './waiting.js';

/** Reads what one connection brings; the flows that are complete with these octets. @throws if they can't be read */
export type ReadStream = (octets: Uint8Array) => readonly ArrivedFlow[];

/** One connection, and below TLS what carries it. */
interface Connection {
  readonly socket: Socket;
  readonly raw: Socket;
}

/** A collector on loopback that connections are made to: TCP, or TLS over it. */
export class StreamDestination implements SinkDestination {
  readonly arrived: ArrivedFlow[] = [];
  readonly #reader: () => ReadStream;
  readonly #tls: TlsOptions | undefined;
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;
  #port = 0;
  #isHeld = false;
  #wasReached = false;
  #failure: unknown;

  private constructor(reader: () => ReadStream, tls: TlsOptions | undefined) {
    this.#reader = reader;
    this.#tls = tls;
  }

  /** One with a port of its own, at which it does not listen yet. */
  static async of(reader: () => ReadStream, tls?: TlsOptions): Promise<StreamDestination> {
    const destination = new StreamDestination(reader, tls);
    await destination.start();
    await destination.vanish();
    return destination;
  }

  get port(): number {
    return this.#port;
  }

  get count(): number {
    if (this.#failure !== undefined) throw this.#failure as Error;
    return this.arrived.length;
  }

  get sessions(): number {
    return this.#connections.size;
  }

  async start(): Promise<void> {
    this.#wasReached = false;
    const server = this.#tls ? createTlsServer(this.#tls) : createServer();
    this.#server = server;
    const raw: Socket[] = [];
    if (this.#tls) server.on('connection', (socket: Socket) => raw.push(socket));
    server.on(this.#tls ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#accept({ socket, raw: this.#tls ? raw.find((each) => each.remotePort === socket.remotePort)! : socket });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  async leave(): Promise<void> {
    const server = this.#server!;
    this.#server = undefined;
    for (const { socket } of this.#connections) socket.end();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  async vanish(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    for (const { raw } of this.#connections) raw.resetAndDestroy();
    this.#connections.clear();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  hold(): void {
    this.#isHeld = true;
    for (const { socket } of this.#connections) socket.pause();
  }

  release(): void {
    this.#isHeld = false;
    for (const { socket } of this.#connections) socket.resume();
  }

  reached(): Promise<void> {
    return until(() => this.#wasReached);
  }

  close(): Promise<void> {
    return this.vanish();
  }

  #accept(connection: Connection): void {
    const { socket, raw } = connection;
    this.#connections.add(connection);
    this.#wasReached = true;
    const read = this.#reader();
    socket.on('data', (octets: Buffer) => {
      try {
        this.arrived.push(...read(octets));
      } catch (error) {
        this.#failure ??= error;
      }
    });
    for (const each of new Set([socket, raw])) each.on('error', () => undefined);
    socket.on('close', () => this.#connections.delete(connection));
    if (this.#isHeld) socket.pause();
  }
}
