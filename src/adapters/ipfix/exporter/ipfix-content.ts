import type { Cancel, Clock } from '../../../application/ports/clock.js';
import type { Logger } from '../../../application/ports/logger.js';
import type { FlowBatch } from '../../../domain/batch/flow-batch.js';
import {
  BEGINNING,
  MessageEncoder,
  recordsFrom,
  type Chunk,
  type ChunkLimits,
  type MessageOptions,
  type Position,
} from '../../formats/ipfix/encode/message-encoder.js';
import type { SessionContent } from '../../transport/sessions/group-delivery.js';
import type { Session } from '../../transport/sessions/session.js';
import { longestMessage, messageBytes, type MessageSizeRule } from './message-size.js';

/** Over TCP so much is written at once: a few of the largest messages, a small part of a batch. */
const TCP_CHUNK_BYTES = 3 * 65_535;

/** A session and what was sent in it. */
export interface IpfixSession {
  readonly limits: ChunkLimits;
  /** Data records sent: the sequence number of the next message (RFC 7011 §3.1). */
  records: number;
  /** Export time of the last message, Unix seconds. */
  exportTime: number;
  /** Whether the templates are to be sent before anything else. */
  templatesAreDue: boolean;
}

/** What decides about messages. */
export interface IpfixContentOptions extends MessageOptions, Omit<MessageSizeRule, 'ipVersion'> {
  /** The sink's name, for log lines. */
  readonly name: string;
  readonly templateRefreshTimeoutMs: number;
}

/** What the messages need of the outside. */
export interface IpfixContentContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The templates have become due. */
  readonly refresh: () => void;
}

/** Flows as IPFIX messages: in each session the templates come first, and over UDP again and again. */
export class IpfixContent implements SessionContent<IpfixSession, Position> {
  readonly beginning = BEGINNING;
  readonly #options: IpfixContentOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #refresh: () => void;
  readonly #encoder: MessageEncoder;
  #cancelRefresh: Cancel | undefined;
  #saidOversized = false;

  constructor(options: IpfixContentOptions, { clock, logger, refresh }: IpfixContentContext) {
    this.#options = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#refresh = refresh;
    this.#encoder = new MessageEncoder(options);
  }

  /** Whatever was sent before: a new session has no templates yet. */
  begin(session: Session): IpfixSession {
    const open = { limits: this.#limitsOf(session), records: 0, exportTime: 0, templatesAreDue: true };
    if (this.#options.protocol === 'udp') this.#refreshTemplates(open);
    return open;
  }

  end(): void {
    this.#cancelRefresh?.();
    this.#cancelRefresh = undefined;
  }

  preamble(open: IpfixSession): readonly Uint8Array[] {
    return open.templatesAreDue ? this.#encoder.templates(this.#exportTime(open), open.records) : [];
  }

  preambleSent(open: IpfixSession): void {
    open.templatesAreDue = false;
  }

  encode(group: readonly FlowBatch[], from: Position, open: IpfixSession): Chunk {
    return this.#encoder.encode(group, from, this.#exportTime(open), open.records, open.limits);
  }

  rest(batch: FlowBatch, from: Position): FlowBatch {
    return recordsFrom(batch, from);
  }

  sent(chunk: Chunk, open: IpfixSession): void {
    open.records = (open.records + chunk.records) % 2 ** 32;
    this.#tell(chunk, open.limits);
  }

  release(): void {
    this.#encoder.release();
  }

  /** Sends the templates again and again (RFC 7011 §8.4), between the messages of a delivery or when there is none. */
  #refreshTemplates(open: IpfixSession): void {
    this.#cancelRefresh = this.#clock.every(this.#options.templateRefreshTimeoutMs, () => {
      open.templatesAreDue = true;
      this.#refresh();
    });
  }

  #limitsOf({ ipVersion }: Session): ChunkLimits {
    const { protocol, maxMessageSize, podMtu } = this.#options;
    return {
      messageBytes: messageBytes({ protocol, maxMessageSize, podMtu, ipVersion }),
      longestMessage: longestMessage(protocol, ipVersion),
      chunkBytes: protocol === 'tcp' ? TCP_CHUNK_BYTES : 1,
    };
  }

  #tell({ oversized, shortened }: Chunk, limits: ChunkLimits): void {
    const { name: sink } = this.#options;
    if (oversized > 0 && !this.#saidOversized) {
      this.#saidOversized = true;
      this.#logger.info(
        'A record is longer than a message should be; it goes, as all such do, in a message of its own',
        { sink, messageBytes: limits.messageBytes },
      );
    }
    if (shortened > 0)
      this.#logger.repeated(
        `sink ${sink} shortened`,
        'A record is longer than any message can be; its longest texts were left out',
        { sink, records: shortened, longestMessage: limits.longestMessage },
      );
  }

  /** Unix seconds that never go back in a session: data must not seem older than its templates (RFC 7011 §8.2). */
  #exportTime(open: IpfixSession): number {
    open.exportTime = Math.max(open.exportTime, Math.floor(this.#clock.unixMilliseconds() / 1_000));
    return open.exportTime;
  }
}
