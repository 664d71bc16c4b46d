import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Cancel, Clock } from '../../application/ports/clock.js';
import { EXPORT_METHOD_PATH } from '../formats/protobuf/flow-messages.js';
import { formatEndpoint } from '../transport/endpoint.js';
import type { ClientCertificates } from './client-certificates.js';
import type { Connection, ConnectionEvents } from './connection.js';
import { tlsOptions } from './dial.js';
import type { MessageBatch } from './message-batch.js';
import type { SimulationOptions } from './options.js';
import { RetryPause } from './retry-pause.js';

/** What a gRPC connection needs to know. */
export interface GrpcConnectionOptions {
  readonly target: SimulationOptions['target'];
  readonly certificates: ClientCertificates;
  readonly serverName: string;
  /** Flows in an ExportRequest, at most. */
  readonly flowsPerMessage: number;
}

/** Bytes before a message in a gRPC stream: whether it is compressed, and its length ("Length-Prefixed-Message"). */
const PREFIX_BYTES = 5;

/** "OK" as a stream's trailers say it. */
const STATUS_OK = '0';

const REQUEST_HEADERS = {
  [constants.HTTP2_HEADER_METHOD]: 'POST',
  [constants.HTTP2_HEADER_PATH]: EXPORT_METHOD_PATH,
  [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
  [constants.HTTP2_HEADER_TE]: 'trailers',
  [constants.HTTP2_HEADER_USER_AGENT]: 'weir-simulate',
};

/**
 * A connection with one stream of ExportRequests (gRPC over HTTP/2), opened again when it breaks.
 *
 * By hand on HTTP/2, since a gRPC library keeps what it can't send yet in buffers of its own and calls it written: a ledger has to know
 * what left, and a collector that does not read has to be felt.
 */
export class GrpcConnection implements Connection {
  readonly #options: GrpcConnectionOptions;
  readonly #clock: Clock;
  readonly #events: ConnectionEvents;
  readonly #pause: RetryPause;
  #session: ClientHttp2Session | null = null;
  #stream: ClientHttp2Stream | null = null;
  #closing = false;
  #cancelRetry: Cancel | null = null;

  constructor(options: GrpcConnectionOptions, clock: Clock, events: ConnectionEvents) {
    this.#options = options;
    this.#clock = clock;
    this.#events = events;
    this.#pause = new RetryPause(clock);
  }

  get isOpen(): boolean {
    return this.#stream !== null;
  }

  open(): void {
    const { target, certificates, serverName } = this.#options;
    const session = connect(
      `https://${formatEndpoint(target.host, target.port)}`,
      tlsOptions(certificates, serverName),
    );
    let error: Error | null = null;
    this.#session = session;
    // The collector's settings come once it has taken the client's certificate; TLS 1.3 alone would not tell.
    const failed = (reason: Error): void => {
      error ??= reason;
    };
    session.once('remoteSettings', () => {
      this.#begin(session, failed);
    });
    session.on('error', failed);
    session.on('close', () => {
      this.#stream = null;
      this.#session = null;
      if (this.#closing) return;
      this.#events.failed(error ?? new Error('the collector closed the connection'));
      this.#cancelRetry = this.#clock.after(this.#pause.failed(), () => {
        this.open();
      });
    });
  }

  sendMessage(): void {
    // Nothing comes before the first record.
  }

  send(batch: MessageBatch, done: (taken: boolean) => void): void {
    const stream = this.#stream;
    if (!stream) {
      done(false);
      return;
    }
    stream.write(framed(batch, this.#options.flowsPerMessage), (error) => {
      done(!error && !stream.destroyed);
    });
  }

  async close(patienceMs: number): Promise<void> {
    this.#closing = true;
    this.#cancelRetry?.();
    const session = this.#session;
    if (!session) return;
    const closed = new Promise<void>((resolve) =>
      session.once('close', () => {
        resolve();
      }),
    );
    const stream = this.#stream;
    this.#stream = null;
    if (!stream) {
      session.destroy();
      await closed;
      return;
    }
    const giveUp = this.#clock.after(patienceMs, () => {
      session.destroy();
    });
    // The collector answers when it has read all; the session ends with that.
    stream.end();
    await closed;
    giveUp();
  }

  /** Begins the stream of requests. What ends it ends the session. */
  #begin(session: ClientHttp2Session, failed: (reason: Error) => void): void {
    const stream = session.request(REQUEST_HEADERS, { endStream: false });
    this.#stream = stream;
    const heed = (headers: IncomingHttpHeaders): void => {
      const reason = refusal(headers);
      if (reason !== undefined) failed(new Error(reason));
    };
    stream.on('response', heed);
    stream.on('trailers', heed);
    stream.on('error', failed);
    // Once the service has said its word, nobody reads what comes after.
    stream.on('end', () => {
      stream.close();
    });
    stream.on('close', () => {
      this.#stream = null;
      session.destroy();
    });
    stream.resume();
    this.#pause.opened();
    this.#events.opened();
  }
}

/** What headers or trailers say of why a stream ended, if they do and it was not in order. */
function refusal(headers: IncomingHttpHeaders): string | undefined {
  const { 'grpc-status': status, 'grpc-message': message } = headers;
  if (typeof status === 'string') {
    if (status === STATUS_OK) return undefined;
    return `the collector ended the stream with gRPC status ${status}: ${decodeMessage(message)}`;
  }
  const httpStatus = headers[constants.HTTP2_HEADER_STATUS];
  if (httpStatus === undefined || String(httpStatus) === '200') return undefined;
  return `the collector answers with HTTP status ${String(httpStatus)}`;
}

/** A status' message, percent-encoded on the wire. */
function decodeMessage(message: string | string[] | undefined): string {
  const text = String(message ?? 'no reason given');
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A batch as messages of a gRPC stream. */
function framed(batch: MessageBatch, flowsPerMessage: number): Buffer {
  const messages = Math.ceil(batch.records / flowsPerMessage);
  const bytes = Buffer.allocUnsafe(batch.length + messages * PREFIX_BYTES);
  let at = 0;
  for (const message of batch.pieces(flowsPerMessage)) {
    bytes[at] = 0;
    bytes.writeUInt32BE(message.length, at + 1);
    bytes.set(message, at + PREFIX_BYTES);
    at += PREFIX_BYTES + message.length;
  }
  return bytes;
}
