import type { Cancel, Clock } from '../../../application/ports/clock.js';
import type { Batching, FlowSink } from '../../../application/ports/flow-sink.js';
import type { Logger } from '../../../application/ports/logger.js';
import { MAX_BATCH_ROWS, type FlowBatch } from '../../../domain/batch/flow-batch.js';
import {
  BEGINNING,
  MessageEncoder,
  type Chunk,
  type ChunkLimits,
  type Position,
} from '../../formats/ipfix/encode/message-encoder.js';
import { firstThatOpens, resolveHost, type Resolve } from '../../transport/sessions/host-addresses.js';
import { longestMessage, messageBytes } from './message-size.js';
import type { IpfixExporterOptions } from './options.js';
import { TryAgainError, type Session } from '../../transport/sessions/session.js';
import { connectTcp } from '../../transport/sessions/tcp-session.js';
import { openUdp } from '../../transport/sessions/udp-session.js';

/** Over TCP so much is written at once: a few of the largest messages, a small part of a batch. */
const TCP_CHUNK_BYTES = 3 * 65_535;

/** A collector that closes one connection after another would otherwise be connected to as fast as it does so. */
const SESSIONS_A_DELIVERY = 2;

/** How long the network has to refuse the templates of a session that follows one that it refused. */
const PROBE_MS = 100;

const DEFAULTS = {
  name: 'ipfix',
  templateRefreshTimeoutMs: 600_000,
  maxMessageSize: 0,
  includeK8sNames: true,
  includeK8sUIDs: false,
  connectTimeoutMs: 10_000,
} as const;

/** What the exporter needs of the outside. */
export interface IpfixExporterContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How host names become addresses. @default resolveHost */
  readonly resolve?: Resolve;
}

/** A session and what was sent in it. */
interface OpenSession {
  readonly session: Session;
  readonly limits: ChunkLimits;
  /** Data records sent: the sequence number of the next message (RFC 7011 §3.1). */
  records: number;
  /** Export time of the last message, Unix seconds. */
  exportTime: number;
}

/**
 * Exports flows as IPFIX to a collector, over TCP or UDP.
 *
 * Over TCP a record counts as taken once the kernel has taken the write that it was in. A group that is delivered again goes on after the
 * last such write, on a connection of its own with its own templates and sequence numbers; a write that was not confirmed is repeated.
 * Over UDP, when the network says that nobody listens, the whole group is sent again: which of its datagrams arrived is unknown.
 */
export class IpfixExporter implements FlowSink {
  readonly name: string;
  readonly batching: Batching = { maxRows: MAX_BATCH_ROWS, maxBytes: 4 * 1024 * 1024, maxWaitMs: 250 };
  readonly #options: IpfixExporterOptions & typeof DEFAULTS;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #resolve: Resolve;
  readonly #encoder: MessageEncoder;

  #open: OpenSession | undefined;
  #cancelRefresh: Cancel | undefined;
  #templatesAreDue = false;
  #wasRefused = false;
  /** The group being delivered, or to be delivered again, and where its first unconfirmed record is. */
  #group: readonly FlowBatch[] | undefined;
  #position: Position = BEGINNING;
  #confirmedRecords = 0;
  #isDelivering = false;
  #isClosed = false;
  #hadSession = false;
  #saidOversized = false;

  constructor(options: IpfixExporterOptions, { clock, logger, resolve = resolveHost }: IpfixExporterContext) {
    this.#options = { ...DEFAULTS, ...options } as IpfixExporterOptions & typeof DEFAULTS;
    this.name = this.#options.name;
    this.#clock = clock;
    this.#logger = logger;
    this.#resolve = resolve;
    this.#encoder = new MessageEncoder({ ...this.#options, mode: 'aggregate' });
  }

  /** Data records in all writes that the kernel has confirmed, those of groups that are not yet delivered in full included. */
  get confirmedRecords(): number {
    return this.#confirmedRecords;
  }

  async deliver(group: readonly FlowBatch[], signal: AbortSignal): Promise<void> {
    if (this.#isClosed) throw new Error('the exporter is closed');
    if (this.#group !== group) {
      this.#group = group;
      this.#position = BEGINNING;
    }
    this.#isDelivering = true;
    try {
      await this.#send(group, signal);
      this.#group = undefined;
    } finally {
      this.#isDelivering = false;
      this.#encoder.release();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#group = undefined;
    await this.#leave();
  }

  async #send(group: readonly FlowBatch[], signal: AbortSignal): Promise<void> {
    let sessions = 0;
    while (this.#position.batch < group.length) {
      signal.throwIfAborted();
      if (this.#open?.session.usable !== true) {
        if (++sessions > SESSIONS_A_DELIVERY) throw new Error(`${this.#target} closes every connection`);
        await this.#enter(signal);
      }
      const open = this.#open!;
      try {
        if (this.#templatesAreDue) await this.#sendTemplates(open, signal);
        if (this.#wasRefused) await this.#listenForRefusal(open.session, signal);
        const chunk = this.#encoder.encode(group, this.#position, this.#exportTime(open), open.records, open.limits);
        if (chunk.records > 0) await open.session.send(chunk.bytes, signal);
        open.records = (open.records + chunk.records) % 2 ** 32;
        this.#position = chunk.next;
        this.#confirmedRecords += chunk.records;
        this.#tell(chunk, open.limits);
      } catch (error) {
        await this.#failed(error);
        throw error;
      }
      // Kernels take bytes faster than Weir encodes them: without this nothing else would have a turn.
      await new Promise<void>((resolve) => this.#clock.soon(resolve));
    }
  }

  /** Begins a session: whatever was sent before, it has no templates yet. */
  async #enter(signal: AbortSignal): Promise<void> {
    await this.#leave();
    const { host, port, protocol, connectTimeoutMs } = this.#options;
    const session = await firstThatOpens<Session>(host, this.#resolve, signal, (address) =>
      protocol === 'tcp' ? connectTcp(address, port, connectTimeoutMs, this.#clock, signal) : openUdp(address, port),
    );
    this.#open = { session, limits: this.#limitsOf(session), records: 0, exportTime: 0 };
    this.#templatesAreDue = true;
    this.#tellSession(session);
    if (protocol === 'udp') this.#refreshTemplates();
  }

  async #leave(): Promise<void> {
    this.#cancelRefresh?.();
    this.#cancelRefresh = undefined;
    const open = this.#open;
    this.#open = undefined;
    await open?.session.close();
  }

  /** Something could not be sent. Unless that was for the moment only, the session is over. */
  async #failed(error: unknown): Promise<void> {
    if (error instanceof TryAgainError) return;
    if (this.#options.protocol === 'udp') {
      this.#wasRefused = true;
      this.#position = BEGINNING;
    }
    await this.#leave();
  }

  async #sendTemplates(open: OpenSession, signal?: AbortSignal): Promise<void> {
    const messages = this.#encoder.templates(this.#exportTime(open), open.records);
    for (const message of messages) await open.session.send(message, signal);
    this.#templatesAreDue = false;
  }

  /** Sends the templates again and again (RFC 7011 §8.4), between the messages of a delivery or when there is none. */
  #refreshTemplates(): void {
    this.#cancelRefresh = this.#clock.every(this.#options.templateRefreshTimeoutMs, () => {
      this.#templatesAreDue = true;
      if (this.#isDelivering || !this.#open) return;
      // If this fails the session is no longer usable, and the next delivery begins another.
      this.#sendTemplates(this.#open).catch(() => undefined);
    });
  }

  /** Nothing but templates is lost if still nobody listens. */
  async #listenForRefusal(session: Session, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#clock.after(PROBE_MS, done);
      signal.addEventListener('abort', done, { once: true });
    });
    signal.throwIfAborted();
    if (!session.usable) throw new Error(`nobody listens at ${session.peer}`);
    this.#wasRefused = false;
  }

  #limitsOf({ ipVersion }: Session): ChunkLimits {
    const { protocol, maxMessageSize, podMtu } = this.#options;
    return {
      messageBytes: messageBytes({ protocol, maxMessageSize, podMtu, ipVersion }),
      longestMessage: longestMessage(protocol, ipVersion),
      chunkBytes: protocol === 'tcp' ? TCP_CHUNK_BYTES : 1,
    };
  }

  /** The first session is news. That there are ever new ones, as with a collector that closes each at once, is worth no line for each. */
  #tellSession({ peer: collector }: Session): void {
    const fields = { sink: this.name, collector, protocol: this.#options.protocol };
    if (this.#hadSession)
      this.#logger.repeated(
        `sink ${this.name} session`,
        'a session with an IPFIX collector ended; flows are exported in another one',
        fields,
      );
    else this.#logger.info('flows are exported to an IPFIX collector', fields);
    this.#hadSession = true;
  }

  #tell({ oversized, shortened }: Chunk, limits: ChunkLimits): void {
    if (oversized > 0 && !this.#saidOversized) {
      this.#saidOversized = true;
      this.#logger.info(
        'A record is longer than a message should be; it goes, as all such do, in a message of its own',
        {
          sink: this.name,
          messageBytes: limits.messageBytes,
        },
      );
    }
    if (shortened > 0)
      this.#logger.repeated(
        `sink ${this.name} shortened`,
        'A record is longer than any message can be; its longest texts were left out',
        { sink: this.name, records: shortened, longestMessage: limits.longestMessage },
      );
  }

  /** Unix seconds that never go back in a session: data must not seem older than its templates (RFC 7011 §8.2). */
  #exportTime(open: OpenSession): number {
    open.exportTime = Math.max(open.exportTime, Math.floor(this.#clock.unixMilliseconds() / 1_000));
    return open.exportTime;
  }

  get #target(): string {
    return `${this.#options.host}:${this.#options.port}`;
  }
}
