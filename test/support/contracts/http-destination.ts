import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { ArrivedFlow, SinkDestination } from './sink-harness.js';
import { until } from './waiting.js';

/** A server on loopback that flows are posted to. It takes a request when it has all of it, and answers then. */
export class HttpDestination implements SinkDestination {
  readonly arrived: ArrivedFlow[] = [];
  /** What it answers. */
  status = 204;
  readonly #read: (body: string) => readonly ArrivedFlow[];
  readonly #sockets = new Set<Socket>();
  readonly #held: IncomingMessage[] = [];
  #server: Server | undefined;
  #port = 0;
  #isHeld = false;
  #wasReached = false;

  private constructor(read: (body: string) => readonly ArrivedFlow[]) {
    this.#read = read;
  }

  /** One with a port of its own, at which it does not listen yet. */
  static async of(read: (body: string) => readonly ArrivedFlow[]): Promise<HttpDestination> {
    const destination = new HttpDestination(read);
    await destination.start();
    await destination.vanish();
    return destination;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/flows`;
  }

  get count(): number {
    return this.arrived.length;
  }

  get sessions(): number {
    return this.#sockets.size;
  }

  async start(): Promise<void> {
    this.#wasReached = false;
    const server = createServer((request, response) => this.#take(request, response));
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
  }

  async leave(): Promise<void> {
    const server = this.#server!;
    this.#server = undefined;
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  async vanish(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.#sockets.clear();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    for (const request of this.#held.splice(0)) request.resume();
  }

  reached(): Promise<void> {
    return until(() => this.#wasReached);
  }

  close(): Promise<void> {
    return this.vanish();
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    this.#wasReached = true;
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('error', () => undefined);
    request.on('end', () => {
      if (this.status < 300) this.arrived.push(...this.#read(Buffer.concat(parts).toString()));
      if (this.#server === undefined) response.setHeader('connection', 'close');
      response.writeHead(this.status).end();
    });
    if (!this.#isHeld) return;
    request.pause();
    this.#held.push(request);
  }
}
