import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Cancel, Clock } from '../../application/ports/clock.js';
import type { Connection, ConnectionEvents } from './connection.js';
import type { MessageBatch } from './message-batch.js';
import type { SimulationOptions } from './options.js';

/** Milliseconds until a host's name is looked up again. */
const RETRY_MS = 1000;

/** A connected UDP socket; one datagram a message. A datagram that the network refuses is lost, the next may pass. */
export class UdpConnection implements Connection {
  readonly #target: SimulationOptions['target'];
  readonly #clock: Clock;
  readonly #events: ConnectionEvents;
  #socket: Socket | null = null;
  #isOpen = false;
  #pending = 0;
  #drained: (() => void) | null = null;
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
    const { host, port } = this.#target;
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    this.#socket = socket;
    socket.on('connect', () => {
      this.#isOpen = true;
      this.#events.opened();
    });
    socket.on('error', (error) => {
      this.#events.failed(error);
      // Once connected, an error concerns one datagram; before, it is the host's name that was not found.
      if (this.#isOpen || this.#socket === null) return;
      this.#socket = null;
      socket.close();
      this.#cancelRetry = this.#clock.after(RETRY_MS, () => {
        this.open();
      });
    });
    socket.connect(port, host);
  }

  sendMessage(message: Uint8Array): void {
    this.#sendDatagram(message, () => undefined);
  }

  send(batch: MessageBatch, done: (taken: boolean) => void): void {
    let left = batch.records;
    let taken = true;
    for (const message of batch.pieces(1)) {
      this.#sendDatagram(message, (error) => {
        if (error) taken = false;
        if (--left === 0) done(taken);
      });
    }
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#cancelRetry?.();
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    if (this.#pending > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    await new Promise<void>((resolve) =>
      socket.close(() => {
        resolve();
      }),
    );
  }

  #sendDatagram(message: Uint8Array, done: (error: Error | null) => void): void {
    const socket = this.#socket;
    if (!socket) {
      done(new Error('the socket is closed'));
      return;
    }
    this.#pending++;
    socket.send(message, (error) => {
      this.#pending--;
      if (error) this.#events.failed(error);
      done(error);
      if (this.#pending === 0) this.#drained?.();
    });
  }
}
