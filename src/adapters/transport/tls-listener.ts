import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls';
import { errorText } from '../../application/error-text.js';
import type { CertificateStore, ServerCredentials } from '../../application/ports/certificate-store.js';
import type { Cancel, Clock } from '../../application/ports/clock.js';
import type { Logger } from '../../application/ports/logger.js';
import type { Counter, Metrics } from '../../application/ports/metrics.js';
import { formatEndpoint, formatPeer } from './endpoint.js';
import { TcpListener, type ListenOptions } from './tcp-listener.js';
import { TlsHandshake } from './tls-handshake.js';
import {
  notTls,
  refusalOf,
  TLS_REFUSAL_REASONS,
  tookTooLong,
  tooMany,
  tooManyHandshakes,
  type TlsRefusal,
  type TlsRefusalReason,
} from './tls-refusal.js';

const HANDSHAKE_TIMEOUT_MS = 10_000;
const MAX_HANDSHAKES = 1024;

/**
 * Suites that keep what was sent secret when a key gets known later, and that no padding can be played with: what every TLS library of
 * the last ten years speaks (RFC 9325 §4.2).
 */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** After so long a handshake makes room for another one, if there are too many: a client that works needs milliseconds of it. */
const CROWDED_TIMEOUT_MS = 2000;

/** Where to listen, and what is allowed. */
export interface TlsListenerOptions extends ListenOptions {
  /** The label of the metrics: "tls", "grpc". */
  readonly transport: string;
  /** Connections at a time, those in their handshakes not counted: limits.maxSessions. */
  readonly maxConnections: number;
  /** Connections in their handshakes at a time; 1024 if not given. */
  readonly maxHandshakes?: number;
  /** How long a client may take from connecting to showing its certificate; 10,000 if not given. */
  readonly handshakeTimeoutMs?: number;
  /** Protocols to offer (ALPN), the preferred one first. A client that names only others is refused, one that names none is not. */
  readonly alpnProtocols?: readonly string[];
}

/** What becomes of those who connect. */
export interface TlsListenerEvents {
  /** The client has shown a certificate that one of Weir's CAs signed and that is valid now. Nothing it sent was read yet. */
  readonly accepted: (socket: TLSSocket) => void;
  /** The client ("address:port") was refused. It is logged and counted already. */
  readonly refused?: (peer: string, reason: TlsRefusalReason) => void;
}

/**
 * Listens for connections over TLS 1.2 or newer from clients that have a certificate of Weir's CA.
 *
 * Sessions are not resumed: a resumed one would not have its certificate looked at again, after it expired or its CA was replaced, and
 * exporters stay connected so long that nothing is saved by it. Nor are they renegotiated.
 */
export class TlsListener {
  readonly #options: TlsListenerOptions;
  readonly #certificates: CertificateStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listener: TcpListener;
  readonly #refusals: ReadonlyMap<TlsRefusalReason, Counter>;
  readonly #timeoutMs: number;
  readonly #maxHandshakes: number;
  /** Those in their handshakes, longest first. */
  readonly #handshakes = new Map<Socket, TlsHandshake>();
  #connections = 0;
  #events: TlsListenerEvents | undefined;
  #cancelRenewal: Cancel = () => undefined;

  constructor(
    options: TlsListenerOptions,
    certificates: CertificateStore,
    clock: Clock,
    logger: Logger,
    metrics: Metrics,
  ) {
    this.#options = options;
    this.#certificates = certificates;
    this.#clock = clock;
    this.#logger = logger;
    this.#listener = new TcpListener(options, logger);
    this.#timeoutMs = options.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS;
    this.#maxHandshakes = options.maxHandshakes ?? MAX_HANDSHAKES;
    const { transport } = options;
    this.#refusals = new Map(
      TLS_REFUSAL_REASONS.map((reason) => [
        reason,
        metrics.counter('weir_tls_handshakes_refused_total', 'Clients refused before their TLS handshake was done', {
          transport,
          reason,
        }),
      ]),
    );
  }

  /** Where it listens, "address:port"; "" while it does not. */
  get address(): string {
    return this.#listener.address;
  }

  /** Clients that were accepted and are still connected. */
  get connections(): number {
    return this.#connections;
  }

  /** Clients in their handshakes. */
  get handshakes(): number {
    return this.#handshakes.size;
  }

  /**
   * Gets the certificates and begins to listen.
   *
   * @throws Error that says what it can't listen for and why: no certificates, or the address
   */
  async start(events: TlsListenerEvents): Promise<void> {
    this.#events = events;
    const server = await this.#serve();
    server.on('secureConnection', (socket: TLSSocket) => this.#secured(socket));
    server.on('tlsClientError', (error, socket) => this.#failed(error, socket));
    try {
      await this.#listener.start({ accepted: (socket) => this.#connected(server, socket) });
    } catch (error) {
      this.#cancelRenewal();
      throw error;
    }
  }

  /** Accepts no more clients and drops those in their handshakes. Those that were accepted stay. */
  stop(): void {
    this.#cancelRenewal();
    this.#listener.stop();
    const handshakes = [...this.#handshakes.values()];
    this.#handshakes.clear();
    for (const handshake of handshakes) handshake.abort();
  }

  /** A server with the certificates of now, and of then when they are renewed. It has no port of its own. */
  async #serve(): Promise<Server> {
    const { what, host, port } = this.#options;
    let server: Server | undefined;
    this.#cancelRenewal = this.#certificates.onRenewal((credentials) => {
      if (server !== undefined) this.#renew(server, credentials);
    });
    try {
      const credentials = await this.#certificates.serverCredentials();
      server = createServer(this.#tlsOptions(credentials));
      return server;
    } catch (error) {
      this.#cancelRenewal();
      throw new Error(`can't listen for ${what} on ${formatEndpoint(host, port)}: ${errorText(error)}`, {
        cause: error,
      });
    }
  }

  #renew(server: Server, credentials: ServerCredentials): void {
    const { what } = this.#options;
    try {
      server.setSecureContext(this.#tlsOptions(credentials));
      this.#logger.info(`new clients of ${what} are served with the renewed certificates`);
    } catch (error) {
      this.#logger.error(`the renewed certificates can't be used for ${what}; the ones before are used on`, {
        error: errorText(error),
      });
    }
  }

  #tlsOptions({ certificate, privateKey, clientAuthorities }: ServerCredentials): TlsOptions {
    const { alpnProtocols } = this.#options;
    return {
      cert: certificate,
      key: privateKey,
      ca: clientAuthorities,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ciphers: CIPHERS,
      secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
      // Node's own timer is never the first: handshakes have theirs from the moment they connect.
      handshakeTimeout: 2 * this.#timeoutMs,
      ...(alpnProtocols && { ALPNProtocols: [...alpnProtocols] }),
    };
  }

  #connected(server: Server, socket: Socket): void {
    const { maxConnections } = this.#options;
    if (this.#connections >= maxConnections) {
      this.#turnAway(socket, tooMany(maxConnections));
      return;
    }
    if (!this.#hasRoom()) {
      this.#turnAway(socket, tooManyHandshakes(this.#maxHandshakes));
      return;
    }
    const handshake = new TlsHandshake(socket, this.#clock, this.#timeoutMs, {
      began: () => server.emit('connection', socket),
      notTls: (bytes) => this.#refuse(handshake, notTls(bytes)),
      tookTooLong: () => {
        if (this.#handshakes.delete(socket)) this.#refuse(handshake, tookTooLong(this.#timeoutMs));
      },
      left: () => this.#handshakes.delete(socket),
    });
    this.#handshakes.set(socket, handshake);
  }

  /** Whether another handshake may begin. If there are too many, one that takes suspiciously long makes room. */
  #hasRoom(): boolean {
    if (this.#handshakes.size < this.#maxHandshakes) return true;
    for (const [socket, handshake] of this.#handshakes) {
      const waited = this.#clock.monotonicMilliseconds() - handshake.since;
      if (waited < CROWDED_TIMEOUT_MS) return false;
      this.#handshakes.delete(socket);
      handshake.abort();
      if (!handshake.isSeenOff) this.#refuse(handshake, tookTooLong(CROWDED_TIMEOUT_MS));
      return true;
    }
    return false;
  }

  #secured(socket: TLSSocket): void {
    const handshake = this.#settle(socket);
    if (handshake === undefined) {
      socket.destroy();
      return;
    }
    const { maxConnections } = this.#options;
    if (this.#connections >= maxConnections) {
      socket.on('error', () => undefined);
      handshake.abort();
      this.#refuse(handshake, tooMany(maxConnections));
      return;
    }
    this.#connections++;
    socket.once('close', () => this.#connections--);
    this.#events?.accepted(socket);
  }

  #failed(error: Error, socket: TLSSocket): void {
    const handshake = this.#settle(socket);
    // One that took too long, or that was under way when the listener was stopped, fails as well when it is ended.
    if (handshake === undefined) return;
    // Declared an Error, but Node keeps a code there; nothing if the certificate was not looked at.
    const verification = socket.authorizationError as unknown as string | null | undefined;
    this.#refuse(handshake, refusalOf(error, verification ?? undefined));
  }

  /** The handshake of a socket over TLS, which is over. */
  #settle(socket: TLSSocket): TlsHandshake | undefined {
    const plain = plainSocketOf(socket);
    const handshake = plain && this.#handshakes.get(plain);
    if (handshake === undefined) return undefined;
    this.#handshakes.delete(plain!);
    handshake.settle();
    return handshake;
  }

  #turnAway(socket: Socket, refusal: TlsRefusal): void {
    const peer = formatPeer(socket.remoteAddress ?? '', socket.remotePort ?? 0);
    socket.on('error', () => undefined);
    socket.resetAndDestroy();
    this.#refuse({ peer, host: peer.slice(0, peer.lastIndexOf(':')) }, refusal);
  }

  #refuse({ peer, host }: { readonly peer: string; readonly host: string }, refusal: TlsRefusal): void {
    const { reason, text, detail } = refusal;
    const { what } = this.#options;
    this.#refusals.get(reason)?.add();
    // By address alone: each attempt comes from another port.
    this.#logger.repeated(`${what} ${reason} ${host}`, `a client of ${what} was refused: ${text}`, {
      exporter: peer,
      reason,
      detail,
    });
    this.#events?.refused?.(peer, reason);
  }
}

/**
 * The socket under a socket over TLS. Node has no other way to tell which connection failed once it is closed. Were it gone, no
 * connection would be accepted: nothing that was not looked at could get in.
 */
function plainSocketOf(socket: TLSSocket): Socket | undefined {
  return (socket as TLSSocket & { readonly _parent?: Socket })._parent;
}
