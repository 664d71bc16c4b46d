import type { Socket } from 'node:net';
import type { Cancel, Clock } from '../../application/ports/clock.js';
import type { Connection, ConnectionEvents } from './connection.js';
import type { Dial } from './dial.js';
import type { MessageBatch } from './message-batch.js';
import { RetryPause } from './retry-pause.js';

/** A connection over TCP, or TLS over it, that is opened again when it breaks. */
export class SocketConnection implements Connection {
  readonly #dial: Dial;
  readonly #clock: Clock;
  readonly #events: ConnectionEvents;
  readonly #pause: RetryPause;
  #socket: Socket | null = null;
  #isOpen = false;
  #closing = false;
  #cancelRetry: Cancel | null = null;

  constructor(dial: Dial, clock: Clock, events: ConnectionEvents) {
    this.#dial = dial;
    this.#clock = clock;
    this.#events = events;
    this.#pause = new RetryPause(clock);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  open(): void {
    let error: Error | null = null;
    const socket = this.#dial(() => {
      this.#isOpen = true;
      this.#pause.opened();
      this.#events.opened();
    });
    this.#socket = socket;
    socket.on('error', (reason) => (error = reason));
    socket.on('close', () => {
      this.#isOpen = false;
      this.#socket = null;
      if (this.#closing) return;
      this.#events.failed(error ?? new Error('the collector closed the connection'));
      this.#cancelRetry = this.#clock.after(this.#pause.failed(), () => {
        this.open();
      });
    });
    // A collector says nothing; reading is how its FIN is noticed.
    socket.resume();
  }

  sendMessage(message: Uint8Array): void {
    this.#socket?.write(message);
  }

  send(batch: MessageBatch, done: (taken: boolean) => void): void {
    const socket = this.#socket;
    if (!socket) {
      done(false);
      return;
    }
    socket.write(batch.bytes.subarray(0, batch.length), (error) => {
      // Node calls back without an error, too, for a write that was under way when the socket was destroyed.
      done(!error && !socket.destroyed);
    });
  }

  async close(patienceMs: number): Promise<void> {
    this.#closing = true;
    this.#cancelRetry?.();
    const socket = this.#socket;
    if (!socket) return;
    const closed = new Promise<void>((resolve) =>
      socket.once('close', () => {
        resolve();
      }),
    );
    if (!this.#isOpen) {
      socket.destroy();
      await closed;
      return;
    }
    this.#isOpen = false;
    const giveUp = this.#clock.after(patienceMs, () => socket.destroy());
    socket.end();
    await closed;
    giveUp();
  }
}
