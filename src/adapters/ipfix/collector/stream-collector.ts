import type { Socket } from 'node:net';
import type { Cancel, Clock } from '../../../application/ports/clock.js';
import type { FlowSource } from '../../../application/ports/flow-source.js';
import type { Logger } from '../../../application/ports/logger.js';
import type { Metrics } from '../../../application/ports/metrics.js';
import type { RecordReceiver } from '../../../application/ports/record-receiver.js';
import { MessageDecoder } from '../../formats/ipfix/decode/message-decoder.js';
import { PlanCache, sharedLimitsOf } from '../../formats/ipfix/decode/plan-cache.js';
import { formatPeer } from '../../transport/endpoint.js';
import { CollectorMetrics } from './collector-metrics.js';
import type { CollectorOptions } from './collector-options.js';
import { ReadingTurns } from '../../transport/reading-turns.js';
import { StreamConnection } from './stream-connection.js';

/** How often silent connections are looked for. */
const IDLE_CHECK_MS = 1000;

/** How long exporters have, after Weir has closed its end, to finish and close theirs (RFC 7011 §10.4). */
const STOP_GRACE_MS = 1000;

/** What a collector needs to know of its transport. */
export interface StreamTransport {
  /** For logs and metrics: "tcp". */
  readonly name: string;
  /** The value of aggregatorTransportProtocol that stands for it. */
  readonly protocol: string;
}

/** Listens for the connections of a collector. */
export interface StreamListener {
  /** Where it listens, "address:port"; "" while it does not. */
  readonly address: string;
  /** Begins to listen. Rejects, naming the address, if it can't. */
  start(events: StreamListenerEvents): Promise<void>;
  /** Accepts no more connections. Those that were accepted stay. */
  stop(): void;
}

/** What becomes of exporters that connect. */
export interface StreamListenerEvents {
  /** A connection over which an exporter may send. */
  readonly accepted: (socket: Socket) => void;
  /** The listener itself refused an exporter and said so. */
  readonly refused: (peer: string, reason: string) => void;
}

/** IPFIX over a stream of octets: one transport session a connection (RFC 7011 §10.4). */
export class StreamCollector implements FlowSource {
  readonly name: string;
  readonly canPause = true;
  readonly #transport: StreamTransport;
  readonly #listener: StreamListener;
  readonly #options: CollectorOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #plans: PlanCache;
  readonly #turns: ReadingTurns;
  readonly #metrics: CollectorMetrics;
  readonly #connections = new Set<StreamConnection>();
  #decoder: MessageDecoder | undefined;
  #isPaused = false;
  #cancelIdleCheck: Cancel = () => undefined;
  /** Called when the last connection closes. */
  #onEmpty: () => void = () => undefined;

  constructor(
    transport: StreamTransport,
    listener: StreamListener,
    options: CollectorOptions,
    clock: Clock,
    logger: Logger,
    metrics: Metrics,
  ) {
    this.name = transport.name;
    this.#transport = transport;
    this.#listener = listener;
    this.#options = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#turns = new ReadingTurns(clock);
    this.#plans = new PlanCache(sharedLimitsOf(options.maxSessions));
    this.#metrics = new CollectorMetrics(this.name, metrics, logger, {
      sessions: () => this.#connections.size,
      templates: () => this.#plans.users,
    });
  }

  get address(): string {
    return this.#listener.address;
  }

  async start(receiver: RecordReceiver): Promise<void> {
    this.#decoder = new MessageDecoder(receiver, this.#metrics, this.#plans);
    await this.#listener.start({
      accepted: (socket) => this.#accept(socket),
      refused: (_, reason) => {
        if (reason === 'too_many') this.#metrics.sessionsRefused.add();
      },
    });
    const { idleTimeout } = this.#options;
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
    this.#listener.stop();
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

  #accept(socket: Socket): void {
    const { maxSessions, maxTemplates } = this.#options;
    if (this.#connections.size >= maxSessions) {
      this.#metrics.sessionsRefused.add();
      this.#logger.repeated(
        `ipfix ${this.name} sessions`,
        `an exporter was refused: ${maxSessions} are connected, as limits.maxSessions allows`,
        { exporter: formatPeer(socket.remoteAddress ?? '', socket.remotePort ?? 0) },
      );
      socket.on('error', () => undefined);
      socket.destroy();
      return;
    }
    const connection = new StreamConnection(socket, {
      transport: this.#transport,
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
