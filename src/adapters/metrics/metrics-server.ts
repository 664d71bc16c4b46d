import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import type { Logger } from '../../application/ports/logger.js';

/** Where metrics are served. */
export interface MetricsServerOptions {
  /** "::" is both families, or IPv4 alone where the host has no IPv6. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** What the server answers with. */
export interface MetricsServerContent {
  readonly contentType: string;
  /** All metrics in Prometheus' text format. */
  text(): Promise<string>;
  /** undefined when ready, else why not. */
  notReady(): string | undefined;
}

const PLAIN = 'text/plain; charset=utf-8';

/** Codes with which a host that has no IPv6 answers "listen on ::". */
const NO_IPV6: ReadonlySet<string | undefined> = new Set([
  'EAFNOSUPPORT',
  'EADDRNOTAVAIL',
  'EINVAL',
  'EPROTONOSUPPORT',
]);

/** Scrapers and probes are few and ask short questions. */
const LIMITS = { maxHeaderSize: 8192, headersTimeout: 5000, requestTimeout: 5000, keepAliveTimeout: 30_000 };
const MAX_CONNECTIONS = 64;

/** Serves `/metrics`, `/livez` and `/readyz` over HTTP. */
export class MetricsServer {
  readonly #options: MetricsServerOptions;
  readonly #content: MetricsServerContent;
  readonly #logger: Logger;
  readonly #server: Server;

  constructor(options: MetricsServerOptions, content: MetricsServerContent, logger: Logger) {
    this.#options = options;
    this.#content = content;
    this.#logger = logger;
    this.#server = createServer(LIMITS, (request, response) => void this.#answer(request, response));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Where it listens, "address:port"; "" when it does not. */
  get address(): string {
    const address = this.#server.address() as AddressInfo | null;
    return address === null ? '' : endpoint(address.address, address.port);
  }

  /** Begins to listen. If it can't, that is an error line: flows matter more than metrics. */
  async start(): Promise<void> {
    const { host, port } = this.#options;
    try {
      await this.#listen(host, port);
      // A connection that can't be accepted (EMFILE) is the scraper's loss; without a listener it would end the process.
      this.#server.on('error', (error: NodeJS.ErrnoException) => {
        this.#logger.repeated('metrics connection', 'a connection for metrics can not be taken', { code: error.code });
      });
      this.#logger.info('metrics and health are served', { address: this.address });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      this.#logger.error('metrics and health are not served: set listen.metrics to an address that is free', {
        address: endpoint(host, port),
        code,
      });
    }
  }

  /** Stops listening and closes all connections. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #listen(host: string, port: number): Promise<void> {
    try {
      await listening(this.#server, host, port);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (host !== '::' || !NO_IPV6.has(code)) throw error;
      await listening(this.#server, '0.0.0.0', port);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?', 1)[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      reply(request, response, 405, 'only GET and HEAD are served\n');
    } else if (path === '/livez') {
      reply(request, response, 200, 'ok\n');
    } else if (path === '/readyz') {
      const reason = this.#content.notReady();
      if (reason === undefined) reply(request, response, 200, 'ok\n');
      else reply(request, response, 503, `not ready: ${reason}\n`);
    } else if (path === '/metrics') {
      await this.#metrics(request, response);
    } else {
      reply(request, response, 404, 'there are /metrics, /livez and /readyz\n');
    }
  }

  async #metrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      reply(request, response, 200, await this.#content.text(), this.#content.contentType);
    } catch (error) {
      this.#logger.repeated('metrics', 'metrics can not be read', { error: String(error) });
      reply(request, response, 500, 'metrics can not be read\n');
    }
  }
}

function endpoint(address: string, port: number): string {
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function reply(
  { method }: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: string,
  contentType = PLAIN,
): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) });
  response.end(method === 'HEAD' ? undefined : body);
}
