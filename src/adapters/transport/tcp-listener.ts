import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Logger } from '../../application/ports/logger.js';
import { formatEndpoint } from './endpoint.js';
import { listenOrFallBack } from './listening.js';

/** Silence after which the kernel asks whether the peer is still there: a Node that lost power never says goodbye. */
const KEEP_ALIVE_MS = 60_000;

/** Connections that the kernel may hold until they are accepted: all agents of a large cluster reconnect at once. */
const BACKLOG = 1024;

/** Where a listener listens. */
export interface ListenOptions {
  /** What for, for logs and errors: "IPFIX over TCP". */
  readonly what: string;
  /** An address or name to listen on; "::" is both families, or IPv4 alone where the host has no IPv6. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** What becomes of those who connect. */
export interface TcpListenerEvents {
  /** Nothing that the peer sent was read yet. */
  readonly accepted: (socket: Socket) => void;
}

/** Listens for connections over TCP. */
export class TcpListener {
  readonly #options: ListenOptions;
  readonly #logger: Logger;
  #server: Server | undefined;

  constructor(options: ListenOptions, logger: Logger) {
    this.#options = options;
    this.#logger = logger;
  }

  /** Where it listens, "address:port"; "" while it does not. */
  get address(): string {
    const address = this.#server?.address() as AddressInfo | null | undefined;
    return address == null ? '' : formatEndpoint(address.address, address.port);
  }

  /**
   * Begins to listen.
   *
   * @throws Error that names what it would have listened for and where, if it can't
   */
  async start({ accepted }: TcpListenerEvents): Promise<void> {
    const { what, host, port } = this.#options;
    const server = createServer({ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, accepted);
    this.#server = server;
    await listenOrFallBack(what, host, port, (on) => listen(server, on, port));
    server.on('error', (error) => {
      this.#logger.repeated(`${what} accept`, 'a connection could not be accepted', { error: error.message });
    });
  }

  /** Accepts no more connections. Those that were accepted stay. */
  stop(): void {
    if (this.#server?.listening) this.#server.close();
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
