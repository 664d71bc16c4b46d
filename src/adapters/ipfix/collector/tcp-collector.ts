import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Cancel, Clock } from '../../../application/ports/clock.js';
import type { FlowSource } from '../../../application/ports/flow-source.js';
import type { Logger } from '../../../application/ports/logger.js';
import type { Metrics } from '../../../application/ports/metrics.js';
import type { RecordReceiver } from '../../../application/ports/record-receiver.js';
import { MessageDecoder } from '../../formats/ipfix/decode/message-decoder.js';
import { PlanCache, sharedLimitsOf } from '../../formats/ipfix/decode/plan-cache.js';
import { formatEndpoint } from '../../transport/endpoint.js';
import { listenOrFallBack } from '../../transport/listening.js';
import { CollectorMetrics } from './collector-metrics.js';
import type { CollectorOptions } from './collector-options.js';
import { ReadingTurns } from '../../transport/reading-turns.js';
import { TcpConnection } from './tcp-connection.js';

/** How often silent connections are looked for. */
const IDLE_CHECK_MS = 1000;

/** How long exporters have, after Weir has closed its end, to finish and close theirs (RFC 7011 §10.4). */
const STOP_GRACE_MS = 1000;

/** Silence after which the kernel asks whether the peer is still there: a Node that lost power never says goodbye. */
const KEEP_ALIVE_MS = 60_000;

/** Connections that the kernel may hold until they are accepted: all agents of a large cluster reconnect at once. */
const BACKLOG = 1024;

/** IPFIX over TCP: one transport session a connection (RFC 7011 §10.4). */
export class TcpCollector implements FlowSource {
  readonly name = 'tcp';
  readonly #options: CollectorOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #plans: PlanCache;
  readonly #turns: ReadingTurns;
  readonly #metrics: CollectorMetrics;
  readonly #connections = new Set<TcpConnection>();
  readonly #server: Server;
  #decoder: MessageDecoder | undefined;
  #isPaused = false;
  #cancelIdleCheck: Cancel = () => undefined;
  /** Called when the last connection closes. */
  #onEmpty: () => void = () => undefined;

  constructor(options: CollectorOptions, clock: Clock, logger: Logger, metrics: Metrics) {
    this.#options = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#turns = new ReadingTurns(clock);
    this.#plans = new PlanCache(sharedLimitsOf(options.maxSessions));
    this.#metrics = new CollectorMetrics(this.name, metrics, logger, {
      sessions: () => this.#connections.size,
      templates: () => this.#plans.users,
    });
    this.#server = createServer({ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) => {
      this.#accept(socket);
    });
  }

  get address(): string {
    const address = this.#server.address() as AddressInfo | null;
    return address === null ? '' : formatEndpoint(address.address, address.port);
  }

  async start(receiver: RecordReceiver): Promise<void> {
    this.#decoder = new MessageDecoder(receiver, this.#metrics, this.#plans);
    const { host, port, idleTimeout } = this.#options;
    await listenOrFallBack('IPFIX over TCP', host, port, (on) => this.#listen(on, port));
    this.#server.on('error', (error) => {
      this.#logger.repeated('ipfix tcp accept', 'a connection could not be accepted', { error: error.message });
    });
    if (idleTimeout > 0) this.#cancelIdleCheck = this.#clock.every(IDLE_CHECK_MS, () => this.#closeIdle(idleTimeout));
  }

  pause(): void {
    this.#isPaused = true;
    for (const connection of this.#connections) connection.pause();
  }

  resume(): void {
    this.#isPaused = false;
    for (const connection of this.#connections) connection.resume();
  }

  /** Closes Weir's end of all connections and reads what exporters still send, for a second at most. */
  async stop(): Promise<void> {
    this.#cancelIdleCheck();
    if (this.#server.listening) this.#server.close();
    this.resume();
    for (const connection of this.#connections) connection.finish();
    if (this.#connections.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(STOP_GRACE_MS, resolve);
      this.#onEmpty = () => {
        cancel();
        resolve();
      };
    });
    for (const connection of this.#connections) connection.close();
  }

  #listen(host: string, port: number): Promise<void> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, backlog: BACKLOG }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  }

  #accept(socket: Socket): void {
    const { maxSessions, maxTemplates } = this.#options;
    if (this.#connections.size >= maxSessions) {
      this.#metrics.sessionsRefused.add();
      const exporter = socket.remoteAddress;
      this.#logger.repeated(
        'ipfix tcp sessions',
        `an exporter was refused: ${maxSessions} are connected, as limits.maxSessions allows`,
        { exporter },
      );
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    const connection = new TcpConnection(socket, {
      decoder: this.#decoder!,
      plans: this.#plans,
      limits: { maxTemplates },
      metrics: this.#metrics,
      logger: this.#logger,
      clock: this.#clock,
      turns: this.#turns,
      onClosed: () => {
        this.#connections.delete(connection);
        if (this.#connections.size === 0) this.#onEmpty();
      },
    });
    this.#connections.add(connection);
    if (this.#isPaused) connection.pause();
  }

  #closeIdle(timeout: number): void {
    // Nobody is silent while nobody is listened to.
    if (this.#isPaused) return;
    const now = this.#clock.monotonicMilliseconds();
    for (const connection of this.#connections) connection.closeIfIdle(now, timeout);
  }
}
