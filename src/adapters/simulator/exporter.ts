import { errorText } from '../../application/error-text.js';
import type { Clock } from '../../application/ports/clock.js';
import type { Logger } from '../../application/ports/logger.js';
import { Agent } from './agent.js';
import type { Node } from './cluster.js';
import { connectionOf } from './connection-of.js';
import type { Connection, ConnectionEvents } from './connection.js';
import { MessageBatch } from './message-batch.js';
import type { SimulationOptions } from './options.js';
import { formatOver, type RecordFormat } from './record-format.js';
import type { FlowHalf } from './simulated-flow.js';
import type { StatisticsCells } from './statistics.js';

/** Batches of an exporter: one is filled while the others are being written. No more memory than this waits for a slow collector. */
const BATCHES = 3;

/** What an exporter needs of the simulation it is part of. */
export interface ExporterContext {
  readonly options: SimulationOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly statistics: StatisticsCells;
  /** Called when the exporter may be ready again. */
  readonly onRoom: () => void;
  /** Called with each half of which a record was confirmed or lost. */
  readonly onSettled: (half: FlowHalf) => void;
}

/** An agent with its connection: fills batches and sends them, and stops taking records when the collector is slow or away. */
export class Exporter implements ConnectionEvents {
  readonly #agent: Agent;
  readonly #context: ExporterContext;
  readonly #format: RecordFormat;
  readonly #connection: Connection;
  readonly #free: MessageBatch[] = [];
  #filling: MessageBatch | null = null;
  #made = 0;
  #templatesSentMs = 0;
  #connectedBefore = false;

  constructor(node: Node, context: ExporterContext) {
    const { options, clock } = context;
    this.#context = context;
    this.#format = formatOver(options.transport);
    this.#agent = new Agent(node, this.#format);
    this.#connection = connectionOf(options, clock, this);
  }

  /** Begins to connect. */
  open(): void {
    this.#connection.open();
  }

  /** Whether {@link report} may be called. */
  get ready(): boolean {
    if (!this.#connection.isOpen) return false;
    return this.#filling?.hasRoom === true || this.#free.length > 0 || this.#made < BATCHES;
  }

  /** Whether the connection is open. */
  get connected(): boolean {
    return this.#connection.isOpen;
  }

  /** Reports a half of a flow, with the next {@link flush} at the latest. Only when ready. */
  report(half: FlowHalf, unixSeconds: number): void {
    if (this.#filling?.hasRoom === false) this.flush();
    this.#filling ??= this.#emptyBatch();
    this.#agent.report(half, this.#filling, unixSeconds);
    this.#context.statistics.recordsSent++;
  }

  /** Sends what was reported. */
  flush(): void {
    const batch = this.#filling;
    if (!batch) return;
    this.#filling = null;
    this.#context.statistics.bytesSent += batch.length;
    this.#refreshTemplates();
    this.#connection.send(batch, (taken) => {
      this.#settle(batch, taken);
    });
  }

  /** Sends what was reported and closes the connection. */
  async close(patienceMs: number): Promise<void> {
    this.flush();
    await this.#connection.close(patienceMs);
  }

  opened(): void {
    const { statistics, logger, options } = this.#context;
    if (this.#connectedBefore) {
      statistics.reconnects++;
      logger.info('connected again', { node: this.#agent.node.name });
    }
    this.#connectedBefore = true;
    if (options.transport !== 'udp') this.#agent.restart();
    this.#sendPreamble();
    this.#context.onRoom();
  }

  failed(error: Error): void {
    const { statistics, logger, options } = this.#context;
    statistics.errors++;
    const { host, port } = options.target;
    logger.repeated('simulator-connection', `an agent can't send: ${errorText(error)}`, {
      target: `${host}:${port}`,
      node: this.#agent.node.name,
    });
    const batch = this.#filling;
    if (this.#connection.isOpen) return;
    this.#filling = null;
    if (batch) this.#settle(batch, false);
  }

  #emptyBatch(): MessageBatch {
    const batch = this.#free.pop();
    if (batch) return batch;
    this.#made++;
    return new MessageBatch(this.#format);
  }

  #settle(batch: MessageBatch, taken: boolean): void {
    const { statistics } = this.#context;
    if (taken) statistics.recordsConfirmed += batch.records;
    else statistics.recordsLost += batch.records;
    batch.settle(taken, this.#context.onSettled);
    this.#free.push(batch);
    this.#context.onRoom();
  }

  /** Over UDP nobody knows whether a template arrived: it is sent again and again (RFC 7011 §8.4). */
  #refreshTemplates(): void {
    const { options, clock } = this.#context;
    if (options.transport !== 'udp') return;
    if (clock.monotonicMilliseconds() - this.#templatesSentMs >= options.templateRefreshMs) this.#sendPreamble();
  }

  #sendPreamble(): void {
    const { clock } = this.#context;
    this.#templatesSentMs = clock.monotonicMilliseconds();
    const unixSeconds = Math.floor(clock.unixMilliseconds() / 1000);
    for (const message of this.#agent.preamble(unixSeconds)) this.#connection.sendMessage(message);
  }
}
