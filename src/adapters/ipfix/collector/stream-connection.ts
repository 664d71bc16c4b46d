import type { Socket } from 'node:net';
import type { Clock } from '../../../application/ports/clock.js';
import type { Logger } from '../../../application/ports/logger.js';
import { IpfixError } from '../../formats/ipfix/decode/ipfix-error.js';
import type { MessageDecoder } from '../../formats/ipfix/decode/message-decoder.js';
import type { PlanCache } from '../../formats/ipfix/decode/plan-cache.js';
import { ExporterSession, type SessionLimits } from '../../formats/ipfix/decode/session.js';
import { formatPeer, peerAddress } from '../../transport/endpoint.js';
import { sayFarewell } from '../../transport/farewell.js';
import { guessProtocol, TLS_ALERT } from '../../transport/first-bytes.js';
import type { CollectorMetrics } from './collector-metrics.js';
import { MessageFramer } from './message-framer.js';
import type { ReadingTurns } from '../../transport/reading-turns.js';

/** What a connection shares with the others. */
export interface ConnectionContext {
  /** For the log: the value of aggregatorTransportProtocol. */
  readonly transport: { readonly protocol: string };
  readonly decoder: MessageDecoder;
  readonly plans: PlanCache;
  readonly limits: SessionLimits;
  readonly metrics: CollectorMetrics;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly turns: ReadingTurns;
  /** Told once, when the connection is gone. */
  readonly onClosed: () => void;
}

/** One exporter's connection: a transport session that ends with it. */
export class StreamConnection {
  readonly #socket: Socket;
  readonly #context: ConnectionContext;
  readonly #session: ExporterSession;
  readonly #framer: MessageFramer;
  /** Since when the exporter is silent, if `#wasHeard` is not set. */
  #silentSince: number;
  /** Whether something came since the idle check looked last: reading the clock each time would cost more than reading the data. */
  #wasHeard = false;
  /** Whether something was taken, and thus how the exporter begins was looked at. */
  #hasBegun = false;
  /** Whether the exporter is held back. */
  #isPaused = false;
  /** Whether other connections have their turn first. */
  #isWaiting = false;
  /** Whether Weir closed the connection, for a reason that has its own line. */
  #isClosing = false;

  /** It is this connection's turn again. One function for all chunks: they come by the thousand. */
  readonly #goOn = (): void => {
    this.#isWaiting = false;
    if (!this.#isPaused) this.#socket.resume();
  };

  constructor(socket: Socket, context: ConnectionContext) {
    const { plans, limits, clock } = context;
    const { remoteAddress = '', remotePort = 0 } = socket;
    this.#socket = socket;
    this.#context = context;
    this.#silentSince = clock.monotonicMilliseconds();
    this.#session = new ExporterSession({
      peer: formatPeer(remoteAddress, remotePort),
      address: peerAddress(remoteAddress),
      isReliable: true,
      limits,
      plans,
    });
    this.#framer = new MessageFramer((bytes, view, start, length) => {
      context.decoder.decode(this.#session, bytes, view, start, length);
      context.metrics.messages.add();
    });
    socket.on('data', this.#read);
    socket.on('error', (error) =>
      context.logger.debug('the connection to an exporter broke', {
        exporter: this.#session.peer,
        error: error.message,
      }),
    );
    socket.on('close', () => {
      this.#takeRest();
      if (!this.#isClosing) this.#noticeEnd();
      this.#session.close();
      context.onClosed();
    });
  }

  /** Reads no more: the kernel's buffers fill up and the exporter has to wait. */
  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#isPaused = false;
    if (!this.#isWaiting) this.#socket.resume();
  }

  /** Closes this end, and goes on reading until the exporter closes its own. */
  finish(): void {
    this.#socket.end();
  }

  /** Closes both ends at once. */
  close(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  /** Closes the connection if nothing came for `timeout` milliseconds. */
  closeIfIdle(now: number, timeout: number): void {
    if (this.#wasHeard) {
      this.#wasHeard = false;
      this.#silentSince = now;
    } else if (now - this.#silentSince >= timeout) {
      this.#context.logger.info('a silent exporter was disconnected', { exporter: this.#session.peer });
      this.close();
    }
  }

  readonly #read = (chunk: Buffer): void => {
    this.#wasHeard = true;
    if (!this.#context.turns.take(chunk.length, this.#goOn)) {
      this.#isWaiting = true;
      this.#socket.pause();
      this.#socket.unshift(chunk);
      return;
    }
    this.#take(chunk);
  };

  #take(chunk: Buffer): void {
    if (!this.#hasBegun && !this.#begin(chunk)) return;
    try {
      this.#framer.push(chunk);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Takes what Node had read ahead of an exporter that was held back, or waited for its turn, when its connection broke. */
  #takeRest(): void {
    this.#socket.off('data', this.#read);
    while (!this.#isClosing) {
      const rest = this.#socket.read() as Buffer | null;
      if (rest === null) return;
      this.#take(rest);
    }
  }

  /**
   * Looks at how the exporter begins: who was set to another transport is told apart from who sends bad IPFIX. What begins like IPFIX, or
   * like a version of NetFlow, is for the decoder to judge.
   *
   * @returns whether it is to be decoded
   */
  #begin(chunk: Buffer): boolean {
    this.#hasBegun = true;
    const protocol = chunk[0] === 0 ? undefined : guessProtocol(chunk);
    if (protocol === undefined) return true;
    this.#socket.off('data', this.#read);
    this.#turnAway(protocol);
    return false;
  }

  /** Sees off an exporter that speaks another protocol. */
  #turnAway(protocol: string): void {
    const { metrics, logger, clock, transport } = this.#context;
    const exporter = this.#session.peer;
    metrics.malformed('version');
    logger.repeated(
      `ipfix protocol ${exporter.slice(0, exporter.lastIndexOf(':'))}`,
      `an exporter speaks ${protocol}, but aggregatorTransportProtocol is ${transport.protocol}; it is disconnected${hintFor(protocol)}`,
      { exporter },
    );
    this.#isClosing = true;
    if (protocol === 'TLS') sayFarewell(this.#socket, TLS_ALERT, clock);
    else this.#socket.destroy();
  }

  #refuse(error: unknown): void {
    const { metrics, logger } = this.#context;
    const exporter = this.#session.peer;
    this.close();
    if (error instanceof IpfixError) {
      const { reason, code, offset, message } = error;
      metrics.malformed(reason);
      const key = `ipfix malformed ${exporter.slice(0, exporter.lastIndexOf(':'))}`;
      logger.repeated(key, 'a malformed message; the exporter is disconnected', {
        exporter,
        code,
        offset,
        reason: message,
      });
    } else {
      metrics.malformed('internal');
      logger.error('a fault of Weir while it decoded a message; the exporter is disconnected', {
        exporter,
        error: stackOf(error),
      });
    }
  }

  #noticeEnd(): void {
    const { pending } = this.#framer;
    if (pending === 0) return;
    const exporter = this.#session.peer;
    this.#context.metrics.malformed('truncated');
    this.#context.logger.repeated('ipfix truncated', 'an exporter closed its connection in the middle of a message', {
      exporter,
      octets: pending,
    });
  }
}

/** What to do about an exporter that speaks another protocol. */
function hintFor(protocol: string): string {
  if (protocol === 'TLS') return ': let both use TLS, or neither';
  return protocol.startsWith('gRPC') ? ': gRPC has a port of its own, listen.grpc' : '';
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
