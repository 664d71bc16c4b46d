import { connect, type Socket } from 'node:net';
import type { Clock } from '../../../application/ports/clock.js';
import { formatEndpoint } from '../endpoint.js';
import { ipVersionOf, type HostAddress } from './host-addresses.js';
import type { Session } from './session.js';

/** After so long without traffic the kernel asks whether the collector is still there. */
const KEEP_ALIVE_MS = 30_000;

/** How long an orderly end may take until the kernel has all that was written. */
const CLOSE_MS = 1_000;

/**
 * Connects to a collector.
 *
 * @throws Error that names the address, if that fails or takes longer than `timeoutMs`
 */
export function connectTcp(
  address: HostAddress,
  port: number,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<TcpSession> {
  const peer = formatEndpoint(address.address, port);
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: address.address,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    });
    const fail = (error: Error): void => {
      settle();
      socket.on('error', () => undefined).destroy();
      reject(error);
    };
    const failed = (error: Error): void => fail(error);
    const aborted = (): void => fail(new Error(`connecting to ${peer} was given up`));
    const connected = (): void => {
      settle();
      resolve(new TcpSession(socket, peer, ipVersionOf(address), clock));
    };
    const cancel = clock.after(timeoutMs, () => fail(new Error(`no answer from ${peer} within ${timeoutMs} ms`)));
    const settle = (): void => {
      cancel();
      signal.removeEventListener('abort', aborted);
      socket.off('error', failed).off('connect', connected);
    };
    signal.addEventListener('abort', aborted, { once: true });
    socket.once('error', failed).once('connect', connected);
  });
}

/** A connection to a collector. */
export class TcpSession implements Session {
  readonly peer: string;
  readonly ipVersion: 4 | 6;
  readonly #socket: Socket;
  readonly #clock: Clock;
  #error: Error | undefined;

  constructor(socket: Socket, peer: string, ipVersion: 4 | 6, clock: Clock) {
    this.#socket = socket;
    this.peer = peer;
    this.ipVersion = ipVersion;
    this.#clock = clock;
    socket.on('error', (error) => {
      this.#error = error;
    });
    // Only who reads past what a collector may say notices that it closed. The socket then finishes the write in hand and closes too.
    socket.resume();
  }

  get usable(): boolean {
    return this.#socket.writable && !this.#socket.readableEnded;
  }

  send(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const socket = this.#socket;
    return new Promise<void>((resolve, reject) => {
      const aborted = (): void => {
        socket.destroy();
      };
      signal?.addEventListener('abort', aborted, { once: true });
      socket.write(bytes, (error) => {
        signal?.removeEventListener('abort', aborted);
        // Node calls back without an error too when the socket was destroyed under the write.
        if (error ?? socket.destroyed) {
          socket.destroy();
          reject(this.#lost(error));
        } else {
          resolve();
        }
      });
    });
  }

  close(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        // The kernel still delivers what it took. Waiting for the collector's own end could take for ever.
        socket.destroy();
        resolve();
      };
      const cancel = this.#clock.after(CLOSE_MS, done);
      if (socket.destroyed || socket.writableFinished) done();
      else socket.once('close', done).end(done);
    });
  }

  #lost(error: Error | null | undefined): Error {
    const cause = this.#error ?? error ?? undefined;
    return new Error(`the connection to ${this.peer} broke${cause ? `: ${cause.message}` : ''}`, { cause });
  }
}
