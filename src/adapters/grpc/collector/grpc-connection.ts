import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { errorText } from '../../../application/error-text.js';
import type { Clock } from '../../../application/ports/clock.js';
import { Exporter } from '../../formats/protobuf/exporter.js';
import { EXPORT_METHOD_PATH } from '../../formats/protobuf/flow-messages.js';
import { formatPeer, peerAddress } from '../../transport/endpoint.js';
import { refuse, refuseRequest } from './answers.js';
import { ExportStream, type StreamContext } from './export-stream.js';
import { Status } from './grpc-error.js';

/**
 * Streams of one connection at a time. An exporter needs one, and another while it replaces it; each can hold 64 KiB of a record that
 * has not fully arrived, and what Node keeps of frames that are not yet read.
 */
const MAX_STREAMS = 4;

/** Streams that a client may open and reset from one ping to the next. None has a reason to; each costs Weir more than the client. */
const MAX_RESETS = 100;

const SESSION_OPTIONS: ServerOptions = {
  settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: 16 * 1024, enablePush: false },
  // MiB of what has to be kept for a client: headers, frames it doesn't read, answers to its pings and settings.
  maxSessionMemory: 2,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
};

/** Errors of a connection that just broke: nothing is wrong with what the client sent. */
const BROKEN: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH']);

/** What a connection shares with the others. */
export interface ConnectionContext extends StreamContext {
  readonly clock: Clock;
  /** Told once, when the connection is gone. */
  readonly onClosed: () => void;
}

/** One client's connection: HTTP/2 with streams of messages. */
export class GrpcConnection {
  readonly #context: ConnectionContext;
  readonly #exporter: Exporter;
  readonly #socket: TLSSocket;
  readonly #session: ServerHttp2Session;
  readonly #streams = new Set<ExportStream>();
  #isPaused = false;
  #isFinishing = false;
  /** Whether Weir closed the connection, for a reason that has its own line. */
  #isClosing = false;
  /** Streams that the client reset since the last ping. */
  #resets = 0;
  /** Whether the client has not answered the last ping yet, or can't since its session is over. */
  #isAsked = false;
  /** Since when the client is silent, if `#wasHeard` is not set. */
  #silentSince: number;
  /** Whether something came since the idle check looked last. */
  #wasHeard = false;

  constructor(socket: TLSSocket, context: ConnectionContext) {
    const { remoteAddress = '', remotePort = 0 } = socket;
    this.#context = context;
    this.#socket = socket;
    this.#silentSince = context.clock.monotonicMilliseconds();
    this.#exporter = new Exporter(formatPeer(remoteAddress, remotePort), peerAddress(remoteAddress));
    const session = performServerHandshake(socket, SESSION_OPTIONS);
    this.#session = session;
    session.on('stream', (stream, headers) => this.#open(stream, headers));
    session.on('error', (error: Error) => this.#notice(error));
    socket.on('error', (error: Error) => this.#notice(error));
    socket.once('close', () => {
      session.destroy();
      context.onClosed();
    });
  }

  /** Reads no more records; the connection stays alive. */
  pause(): void {
    this.#isPaused = true;
    for (const stream of this.#streams) stream.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#isPaused = false;
    for (const stream of this.#streams) stream.resume();
  }

  /** Tells the client to go elsewhere, and goes on reading until it has. */
  finish(): void {
    this.#isFinishing = true;
    for (const stream of this.#streams) stream.finish();
    if (!this.#session.destroyed) this.#session.close();
  }

  /** Closes the connection at once. */
  close(): void {
    this.#isClosing = true;
    this.#session.destroy();
    this.#socket.destroy();
  }

  /** Closes the connection if nothing came for `timeout` milliseconds. */
  closeIfIdle(now: number, timeout: number): void {
    if (this.#wasHeard) {
      this.#wasHeard = false;
      this.#silentSince = now;
    } else if (now - this.#silentSince >= timeout) {
      this.#context.logger.info('a silent exporter was disconnected', { exporter: this.#exporter.peer });
      this.close();
    }
  }

  /**
   * Asks whether the client is still there, and closes the connection if it did not answer the time before; or did not close its end since
   * then, though it took its leave.
   */
  ping(): void {
    const session = this.#session;
    if (this.#isAsked) {
      if (session.destroyed) this.close();
      else this.#disconnect('ping', 'an exporter that no longer answers was disconnected');
      return;
    }
    this.#resets = 0;
    this.#isAsked = true;
    if (session.destroyed) return;
    session.ping((error) => {
      if (error === null) this.#isAsked = false;
    });
  }

  #open(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    // What breaks a stream is told to the client by HTTP/2, and said here for the connection.
    stream.on('error', () => undefined);
    stream.once('aborted', () => this.#countReset());
    const type = headers['content-type'] ?? '';
    const path = headers[':path'] ?? '';
    if (headers[':method'] !== constants.HTTP2_METHOD_POST) {
      refuseRequest(stream, constants.HTTP_STATUS_METHOD_NOT_ALLOWED);
      this.#reject(stream, 'request', 'no gRPC: its method is not POST', path);
    } else if (!/^application\/grpc(?=$|[+;])/i.test(type)) {
      refuseRequest(stream, constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE);
      this.#reject(stream, 'request', 'no gRPC: its content type is another', path);
    } else if (path !== EXPORT_METHOD_PATH) {
      refuse(stream, Status.Unimplemented, `${path.slice(0, 200)} is not served here, only ${EXPORT_METHOD_PATH}`);
      this.#reject(stream, 'method', 'of a method that is not served here', path);
    } else {
      this.#receive(stream);
    }
  }

  #receive(stream: ServerHttp2Stream): void {
    const receiving = new ExportStream(stream, this.#exporter, this.#context, () => {
      this.#wasHeard = true;
    });
    this.#streams.add(receiving);
    stream.once('close', () => this.#streams.delete(receiving));
    if (this.#isPaused) receiving.pause();
    if (this.#isFinishing) receiving.finish();
  }

  #countReset(): void {
    if (this.#isClosing || ++this.#resets <= MAX_RESETS) return;
    this.#disconnect('resets', 'a client that opens streams and resets them was disconnected');
  }

  #disconnect(kind: string, message: string): void {
    const { peer, host } = this.#exporter;
    this.#context.logger.repeated(`grpc ${kind} ${host}`, message, { exporter: peer });
    this.close();
  }

  #reject(stream: ServerHttp2Stream, kind: string, what: string, path: string): void {
    stream.close(constants.NGHTTP2_NO_ERROR);
    this.#context.logger.repeated(`grpc ${kind} ${this.#exporter.host}`, `a call was refused: it is ${what}`, {
      exporter: this.#exporter.peer,
      path: path.slice(0, 200),
    });
  }

  #notice(error: Error): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const { logger } = this.#context;
    const exporter = this.#exporter.peer;
    if (BROKEN.has((error as NodeJS.ErrnoException).code)) {
      logger.debug('the connection to an exporter broke', { exporter, error: errorText(error) });
      return;
    }
    logger.repeated(`grpc protocol ${this.#exporter.host}`, 'a client does not keep to HTTP/2; it is disconnected', {
      exporter,
      error: errorText(error),
    });
  }
}
