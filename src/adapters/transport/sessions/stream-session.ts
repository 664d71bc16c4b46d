import type { Socket } from 'node:net';
import { errorText } from '../../../application/error-text.js';
import type { Clock } from '../../../application/ports/clock.js';
import { SessionOverError, type Session } from './session.js';

/** How long a collector has at the end to read all that was written and to close too; what is left of the 10 s that Weir's end may take. */
const CLOSE_MS = 500;

/** What is known of a connection. */
export interface StreamSessionOptions {
  readonly peer: string;
  readonly ipVersion: 4 | 6;
  readonly clock: Clock;
  /** Says in words what an error of the socket means. @default its message */
  readonly explain?: (error: Error) => string;
}

/** A connection to a collector, over TCP or TLS. A TLS socket too calls back for a write once the kernel has all of its ciphertext. */
export class StreamSession implements Session {
  readonly peer: string;
  readonly ipVersion: 4 | 6;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #explain: (error: Error) => string;
  #error: Error | undefined;

  /** @param socket connected; its data is of no interest */
  constructor(socket: Socket, { peer, ipVersion, clock, explain = errorText }: StreamSessionOptions) {
    this.#socket = socket;
    this.peer = peer;
    this.ipVersion = ipVersion;
    this.#clock = clock;
    this.#explain = explain;
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
      if (!this.usable) {
        reject(new SessionOverError(this.#lost(undefined).message));
        return;
      }
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
      if (signal?.aborted) aborted();
    });
  }

  close(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        socket.destroy();
        resolve();
      };
      // A kernel that has no reader any more still delivers what it took, but throws it away as soon as the collector says something.
      const cancel = this.#clock.after(CLOSE_MS, done);
      if (socket.destroyed) done();
      else socket.once('close', done).end();
    });
  }

  #lost(error: Error | null | undefined): Error {
    const cause = this.#error ?? error ?? undefined;
    return new Error(`the connection to ${this.peer} broke${cause ? `: ${this.#explain(cause)}` : ''}`, { cause });
  }
}
