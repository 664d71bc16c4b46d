import { Agent as PlainAgent } from 'node:http';
import { Agent as TlsAgent, type AgentOptions } from 'node:https';

/** After so long without traffic the kernel asks whether the server is still there. */
const KEEP_ALIVE_MS = 30_000;

/** What of TLS differs from server to server. */
export interface TlsOptions {
  readonly ca: string | Buffer | undefined;
  readonly cert: string | Buffer | undefined;
  readonly key: string | Buffer | undefined;
  /** The name that the certificate must have, where it is not that of the URL. */
  readonly servername: string | undefined;
  readonly rejectUnauthorized: boolean;
}

/**
 * Connections to the API server: kept for the next request, and made anew with other certificates when these change. A watch that
 * began with the earlier ones goes on.
 */
export class Connections {
  #agent: PlainAgent | undefined;
  #made = '';

  /** An agent for these options; the same one as long as they are the same. */
  agent(protocol: string, tls: TlsOptions): PlainAgent {
    const asked = JSON.stringify([protocol, tls]);
    if (this.#agent !== undefined && asked === this.#made) return this.#agent;
    this.#retire();
    const options: AgentOptions = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS };
    const given = Object.entries({ ...tls, minVersion: 'TLSv1.2' }).filter(([, value]) => value !== undefined);
    this.#agent =
      protocol === 'http:' ? new PlainAgent(options) : new TlsAgent({ ...options, ...Object.fromEntries(given) });
    this.#made = asked;
    return this.#agent;
  }

  /** Closes all of them. */
  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  #retire(): void {
    const earlier = this.#agent;
    if (earlier === undefined) return;
    earlier.maxFreeSockets = 0;
    for (const sockets of Object.values(earlier.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }
}
