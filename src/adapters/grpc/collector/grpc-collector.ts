import type { TLSSocket } from 'node:tls';
import type { CertificateStore } from '../../../application/ports/certificate-store.js';
import type { Cancel, Clock } from '../../../application/ports/clock.js';
import type { FlowSource } from '../../../application/ports/flow-source.js';
import type { Logger } from '../../../application/ports/logger.js';
import type { Metrics } from '../../../application/ports/metrics.js';
import type { RecordReceiver } from '../../../application/ports/record-receiver.js';
import { FlowDecoder } from '../../formats/protobuf/flow-decoder.js';
import { ReadingTurns } from '../../transport/reading-turns.js';
import { TlsListener } from '../../transport/tls-listener.js';
import { CollectorMetrics } from './collector-metrics.js';
import type { GrpcCollectorOptions } from './collector-options.js';
import { GrpcConnection } from './grpc-connection.js';

/** How often silent connections are looked for. */
const IDLE_CHECK_MS = 1000;

/** How long a turn of pings lasts, and how many there are: a minute in all. Pings to all in one would keep records waiting. */
const PING_TURN_MS = 1000;
const PING_TURNS = 60;

/** How long exporters have, after Weir told them to go elsewhere, to do so. */
const STOP_GRACE_MS = 1000;

/**
 * FlowExportService of Antrea's flow API: gRPC over TLS, from clients with a certificate of Weir's CA.
 *
 * HTTP/2 is Node's; what gRPC adds to it for one method, five octets before a message and a status after the last, is done here.
 * A gRPC library puts each message together before it lets go of it, for every 16 KiB or less that arrive a buffer: a client that
 * sends one octet at a time makes that hundreds of octets of memory for each that it sent. Here records are decoded where they
 * arrive, and a stream never holds more than 64 KiB.
 */
export class GrpcCollector implements FlowSource {
  readonly name = 'grpc';
  readonly canPause = true;
  readonly #options: GrpcCollectorOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #turns: ReadingTurns;
  readonly #metrics: CollectorMetrics;
  readonly #listener: TlsListener;
  /** Those that are open, with the turn in which each is asked whether it is still there. */
  readonly #connections = new Map<GrpcConnection, number>();
  #accepted = 0;
  #pingTurn = 0;
  #decoder: FlowDecoder | undefined;
  #isPaused = false;
  #cancelTimers: readonly Cancel[] = [];
  /** Called when the last connection is closed. */
  readonly #whenEmpty: (() => void)[] = [];

  constructor(
    options: GrpcCollectorOptions,
    certificates: CertificateStore,
    clock: Clock,
    logger: Logger,
    metrics: Metrics,
  ) {
    const { host, port, maxSessions } = options;
    this.#options = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#turns = new ReadingTurns(clock);
    this.#metrics = new CollectorMetrics(this.name, metrics, logger, () => this.#connections.size);
    this.#listener = new TlsListener(
      {
        what: 'flow records over gRPC',
        transport: this.name,
        host,
        port,
        maxConnections: maxSessions,
        alpnProtocols: ['h2'],
      },
      certificates,
      clock,
      logger,
      metrics,
    );
  }

  get address(): string {
    return this.#listener.address;
  }

  async start(receiver: RecordReceiver): Promise<void> {
    this.#decoder = new FlowDecoder(receiver, this.#metrics, this.#options);
    await this.#listener.start({
      accepted: (socket) => this.#accept(socket),
      refused: (_, reason) => {
        if (reason === 'too_many') this.#metrics.sessionsRefused.add();
      },
    });
    const { idleTimeout } = this.#options;
    this.#cancelTimers = [
      this.#clock.every(PING_TURN_MS, () => this.#ping()),
      ...(idleTimeout > 0 ? [this.#clock.every(IDLE_CHECK_MS, () => this.#closeIdle(idleTimeout))] : []),
    ];
  }

  pause(): void {
    this.#isPaused = true;
    for (const connection of this.#connections.keys()) connection.pause();
  }

  resume(): void {
    this.#isPaused = false;
    for (const connection of this.#connections.keys()) connection.resume();
  }

  /** Tells all exporters that Weir is UNAVAILABLE and reads what they still send, for a second at most. */
  async stop(): Promise<void> {
    for (const cancel of this.#cancelTimers) cancel();
    this.#listener.stop();
    this.resume();
    if (this.#connections.size === 0) return;
    const emptied = new Promise<void>((resolve) => {
      this.#whenEmpty.push(resolve);
    });
    const cancel = this.#clock.after(STOP_GRACE_MS, () => {
      for (const connection of this.#connections.keys()) connection.close();
    });
    for (const connection of this.#connections.keys()) connection.finish();
    // Not just until they are told to close: what had arrived of them is taken when they do.
    await emptied;
    cancel();
  }

  #accept(socket: TLSSocket): void {
    const connection = new GrpcConnection(socket, {
      decoder: this.#decoder!,
      turns: this.#turns,
      metrics: this.#metrics,
      logger: this.#logger,
      clock: this.#clock,
      onClosed: () => {
        this.#connections.delete(connection);
        if (this.#connections.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
      },
    });
    this.#connections.set(connection, this.#accepted++ % PING_TURNS);
    if (this.#isPaused) connection.pause();
  }

  #ping(): void {
    const now = this.#pingTurn++ % PING_TURNS;
    for (const [connection, turn] of this.#connections) if (turn === now) connection.ping();
  }

  #closeIdle(timeout: number): void {
    // Nobody is silent while nobody is listened to.
    if (this.#isPaused) return;
    const now = this.#clock.monotonicMilliseconds();
    for (const connection of this.#connections.keys()) connection.closeIfIdle(now, timeout);
  }
}
