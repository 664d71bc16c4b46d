import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Issued, TestAuthority } from '../pki.js';

/** What a listener over TLS shows, and by what it knows clients. */
export interface ListenerTls {
  readonly certificate: Issued;
  readonly clients: TestAuthority;
}

/** The socket of an API server on 127.0.0.1: keeps its port over a time in which nobody listens. */
export class Listener {
  readonly #handle: RequestListener;
  readonly #sockets = new Set<Socket>();
  #tls: ListenerTls | undefined;
  #server: Server | TlsServer | undefined;
  #port = 0;

  constructor(handle: RequestListener, tls: ListenerTls | undefined) {
    this.#handle = handle;
    this.#tls = tls;
  }

  /** 0 before it listened for the first time. */
  get port(): number {
    return this.#port;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Listens: for the first time on a port of the system's choice, then on the same. */
  async listen(): Promise<void> {
    const server =
      this.#tls === undefined ? createServer(this.#handle) : createTlsServer(contextOf(this.#tls), this.#handle);
    // Clients reuse connections; who waits long for the next request must not meet one that is just being closed.
    server.keepAliveTimeout = 0;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Breaks all connections; new ones are refused until it listens again. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    this.breakConnections();
    await closed;
  }

  /** Breaks all connections; who comes again is served. */
  breakConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** New connections see another certificate, or have to come with one of another CA. */
  useTls(tls: ListenerTls): void {
    this.#tls = tls;
    const server = this.#server;
    if (server instanceof TlsServer) server.setSecureContext(contextOf(tls));
  }
}

function contextOf({ certificate, clients }: ListenerTls): Record<string, unknown> {
  return {
    cert: certificate.certificate,
    key: certificate.privateKey,
    ca: clients.certificate,
    requestCert: true,
    // Who shows a wrong one is told by an answer.
    rejectUnauthorized: false,
  };
}
