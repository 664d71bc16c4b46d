import type { Clock } from '../../application/ports/clock.js';
import type { Logger } from '../../application/ports/logger.js';
import type { FlowBatch } from '../../domain/batch/flow-batch.js';
import {
  FIRST_LINE,
  JsonEncoder,
  type JsonOptions,
  type LineChunk,
  type LineLimits,
  type LinePosition,
} from '../formats/json/json-encoder.js';
import type { SessionContent } from '../transport/sessions/group-delivery.js';
import type { Session } from '../transport/sessions/session.js';
import { longestDatagram } from '../transport/sessions/udp-session.js';

/** Over TCP so much is written at once: a small part of a batch. */
const TCP_CHUNK_BYTES = 192 * 1024;

/** What decides about lines. */
export interface JsonContentOptions extends JsonOptions {
  /** The sink's name, for log lines. */
  readonly name: string;
  readonly protocol: 'tcp' | 'udp';
}

/** Flows as lines of JSON; over UDP each is a datagram. */
export class JsonContent implements SessionContent<LineLimits, LinePosition> {
  readonly beginning = FIRST_LINE;
  readonly #options: JsonContentOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #encoder: JsonEncoder;

  constructor(options: JsonContentOptions, clock: Clock, logger: Logger) {
    this.#options = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#encoder = new JsonEncoder(options);
  }

  begin({ ipVersion }: Session): LineLimits {
    return this.#options.protocol === 'udp'
      ? { chunkBytes: 1, longestLine: longestDatagram(ipVersion) }
      : { chunkBytes: TCP_CHUNK_BYTES, longestLine: Infinity };
  }

  end(): void {
    // A line needs nothing of those before it.
  }

  preamble(): readonly Uint8Array[] {
    return [];
  }

  preambleSent(): void {
    // There is none.
  }

  encode(group: readonly FlowBatch[], from: LinePosition, limits: LineLimits): LineChunk {
    return this.#encoder.encode(group, from, this.#clock.unixMilliseconds(), limits);
  }

  rest(batch: FlowBatch, { row: first }: LinePosition): FlowBatch {
    return batch.select((row) => row >= first);
  }

  sent({ shortened: records }: LineChunk, { longestLine: longestDatagram }: LineLimits): void {
    if (records === 0) return;
    const { name: sink } = this.#options;
    this.#logger.repeated(
      `sink ${sink} shortened`,
      'A flow is longer than any datagram can be; its longest texts were left out',
      { sink, records, longestDatagram },
    );
  }

  release(): void {
    this.#encoder.release();
  }
}
