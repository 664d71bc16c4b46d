import { constants, type ServerHttp2Stream } from 'node:http2';
import { ExportRequestReader } from '../../formats/protobuf/export-request-reader.js';
import type { Exporter } from '../../formats/protobuf/exporter.js';
import type { FlowDecoder } from '../../formats/protobuf/flow-decoder.js';
import { ProtobufError } from '../../formats/protobuf/protobuf-error.js';
import type { Logger } from '../../../application/ports/logger.js';
import type { ReadingTurns } from '../../transport/reading-turns.js';
import { answer, refuse } from './answers.js';
import type { CollectorMetrics } from './collector-metrics.js';
import { GrpcError, Status } from './grpc-error.js';
import { MessageFramer } from './message-framer.js';

/** What the streams of all connections share. */
export interface StreamContext {
  readonly decoder: FlowDecoder;
  readonly turns: ReadingTurns;
  readonly metrics: CollectorMetrics;
  readonly logger: Logger;
}

/** One call of Export: a stream of messages that an exporter keeps open as long as it lives. */
export class ExportStream {
  readonly #stream: ServerHttp2Stream;
  readonly #exporter: Exporter;
  readonly #context: StreamContext;
  readonly #framer: MessageFramer;
  /** Whether the exporter is held back. */
  #isPaused = false;
  /** Whether other streams have their turn first. */
  #isWaiting = false;
  /** Whether nothing that comes is looked at any more. */
  #isOver = false;

  /** It is this stream's turn again. One function for all chunks: they come by the thousand. */
  readonly #goOn = (): void => {
    this.#isWaiting = false;
    if (!this.#isPaused) this.#stream.resume();
  };

  /** @param onData told of everything that the stream brings */
  constructor(stream: ServerHttp2Stream, exporter: Exporter, context: StreamContext, onData: () => void) {
    this.#stream = stream;
    this.#exporter = exporter;
    this.#context = context;
    this.#framer = new MessageFramer(new ExportRequestReader(context.decoder, exporter));
    stream.on('data', (chunk: Buffer) => {
      onData();
      this.#read(chunk);
    });
    stream.on('end', () => this.#end());
    stream.on('close', () => this.#closed());
  }

  /** Reads no more: what HTTP/2 allows the exporter to send fills up, and it has to wait. */
  pause(): void {
    this.#isPaused = true;
    this.#stream.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#isPaused = false;
    if (!this.#isWaiting) this.#stream.resume();
  }

  /** Tells the exporter to go elsewhere, and goes on reading until it does. One that has sent all it has is answered when that is taken. */
  finish(): void {
    if (this.#stream.state.state === constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE) return;
    refuse(this.#stream, Status.Unavailable, 'Weir is being shut down');
  }

  #read(chunk: Buffer): void {
    if (this.#isOver) return;
    if (!this.#context.turns.take(chunk.length, this.#goOn)) {
      this.#isWaiting = true;
      this.#stream.pause();
      this.#stream.unshift(chunk);
      return;
    }
    this.#take(chunk);
  }

  #take(chunk: Buffer): void {
    try {
      const messages = this.#framer.push(chunk);
      if (messages > 0) this.#context.metrics.messages.add(messages);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The exporter has sent all it has. */
  #end(): void {
    // Of a stream that was reset Node says that it ended, too.
    if (this.#isOver || this.#stream.aborted) return;
    if (this.#framer.isInMessage) {
      this.#fail(new GrpcError('truncated', Status.InvalidArgument, 'the stream ends in the middle of a message'));
      return;
    }
    this.#isOver = true;
    answer(this.#stream);
  }

  /** Nothing comes any more, whether or not the exporter said so. What had come and was not read yet, HTTP/2's window at most, still is. */
  #closed(): void {
    this.#stream.removeAllListeners('data');
    while (!this.#isOver) {
      const rest = this.#stream.read() as Buffer | null;
      if (rest === null) break;
      this.#take(rest);
    }
    if (this.#isOver || !this.#framer.isInMessage) return;
    this.#isOver = true;
    this.#context.metrics.malformed('truncated');
    this.#context.logger.repeated(
      `grpc truncated ${this.#exporter.host}`,
      'a stream of an exporter broke in the middle of a message; the records before were taken',
      { exporter: this.#exporter.peer },
    );
  }

  /** Ends the stream, and it alone: other streams of the connection go on. */
  #fail(error: unknown): void {
    const { metrics, logger } = this.#context;
    const exporter = this.#exporter.peer;
    this.#isOver = true;
    if (error instanceof ProtobufError || error instanceof GrpcError) {
      const isProtobuf = error instanceof ProtobufError;
      const status = isProtobuf ? Status.InvalidArgument : error.status;
      const place = isProtobuf ? ` (at octet ${error.offset} of the message)` : '';
      metrics.malformed(error.reason);
      logger.repeated(
        `grpc malformed ${this.#exporter.host}`,
        'a malformed message; the stream is ended, what was before is taken',
        {
          exporter,
          code: error.code,
          offset: isProtobuf ? error.offset : undefined,
          reason: error.message,
        },
      );
      refuse(this.#stream, status, `${error.code}: ${error.message}${place}`);
    } else {
      metrics.malformed('internal');
      logger.error('a fault of Weir while it decoded a message; the stream is ended', {
        exporter,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      refuse(this.#stream, Status.Internal, 'a fault of Weir; its log says more');
    }
    this.#stream.close(constants.NGHTTP2_NO_ERROR);
  }
}
