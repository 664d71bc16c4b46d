import { connect, type Socket } from 'node:net';
import type { Cancel, Clock } from '../../application/ports/clock.js';
import type { Connection, ConnectionEvents } from './connection.js';
import type { MessageBatch } from './message-batch.js';
import type { SimulationOptions } from './options.js';

/** Milliseconds before the first attempt to connect again; each failure doubles them, up to the last. */
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5000;

/** A TCP connection that is opened again when it breaks. */
export class TcpConnection implements Connection {
  readonly #target: SimulationOptions['target'];
  readonly #clock: Clock;
  readonly #events: ConnectionEvents;
  #socket: Socket | null = null;
  #isOpen = false;
  #closing = false;
  #retryMs = FIRST_RETRY_MS;
  #cancelRetry: Cancel | null = null;

  constructor(target: SimulationOptions['target'], clock: Clock, events: ConnectionEvents) {
    this.#target = target;
    this.#clock = clock;
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  open(): void {
    const socket = connect({ ...this.#target, noDelay: true });
    let error: Error | null = null;
    this.#socket = socket;
    socket.on('connect', () => {
      this.#isOpen = true;
      this.#retryMs = FIRST_RETRY_MS;
      this.#events.opened();
    });
    socket.on('error', (reason) => (error = reason));
    socket.on('close', () => {
      this.#isOpen = false;
      this.#socket = null;
      if (this.#closing) return;
      this.#events.failed(error ?? new Error('the collector closed the connection'));
      this.#cancelRetry = this.#clock.after(this.#retryMs, () => {
        this.open();
      });
      this.#retryMs = Math.min(LAST_RETRY_MS, 2 * this.#retryMs);
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
