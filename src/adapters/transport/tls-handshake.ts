import type { Socket } from 'node:net';
import type { Cancel, Clock } from '../../application/ports/clock.js';
import { formatPeer } from './endpoint.js';
import { sayFarewell } from './farewell.js';
import { beginsTls, TLS_ALERT } from './first-bytes.js';

/** What a handshake tells those who wait for it. Each is called once at most, and `left` last. */
export interface HandshakeEvents {
  /** The first octets are those of TLS, and wait in the socket. */
  readonly began: () => void;
  /** The first octets are not those of TLS. The peer is seen off. */
  readonly notTls: (bytes: Uint8Array) => void;
  /** Time is up; the connection is gone. */
  readonly tookTooLong: () => void;
  /** The peer went away before it said anything that could be TLS, or was seen off. */
  readonly left: () => void;
}

/** A connection whose peer has not shown yet who it is. */
export class TlsHandshake {
  /** "address:port", for people. */
  readonly peer: string;
  /** The peer without its port. */
  readonly host: string;
  /** Monotonic milliseconds. */
  readonly since: number;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #events: HandshakeEvents;
  #hasBegun = false;
  #isSeenOff = false;
  #cancelTimer: Cancel;

  constructor(socket: Socket, clock: Clock, timeoutMs: number, events: HandshakeEvents) {
    this.#socket = socket;
    this.#clock = clock;
    this.#events = events;
    this.peer = formatPeer(socket.remoteAddress ?? '', socket.remotePort ?? 0);
    this.host = this.peer.slice(0, this.peer.lastIndexOf(':'));
    this.since = clock.monotonicMilliseconds();
    this.#cancelTimer = clock.after(timeoutMs, () => {
      this.abort();
      events.tookTooLong();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      if (this.#hasBegun) return;
      this.#cancelTimer();
      events.left();
    });
    socket.on('readable', this.#look);
  }

  /** Whether the peer was refused and is only still there to hear so. */
  get isSeenOff(): boolean {
    return this.#isSeenOff;
  }

  /** The peer has shown who it is, or was refused: its time no longer counts. */
  settle(): void {
    this.#cancelTimer();
    resetWhenDestroyed(this.#socket, false);
  }

  /** Ends the connection at once. */
  abort(): void {
    this.settle();
    this.#socket.resetAndDestroy();
  }

  /** Looks at the first octets, while they can still be looked at. */
  readonly #look = (): void => {
    const socket = this.#socket;
    const bytes = socket.read() as Buffer | null;
    // Nothing came but the end.
    if (bytes === null) return;
    socket.off('readable', this.#look);
    if (!beginsTls(bytes)) {
      this.#seeOff();
      this.#events.notTls(bytes);
      return;
    }
    this.#hasBegun = true;
    socket.unshift(bytes);
    resetWhenDestroyed(socket, true);
    this.#events.began();
  };

  /** Says in TLS that this was unexpected. */
  #seeOff(): void {
    this.#isSeenOff = true;
    this.#cancelTimer();
    this.#cancelTimer = sayFarewell(this.#socket, TLS_ALERT, this.#clock);
  }
}

/**
 * Node destroys the socket of a client whose certificate is no good without a word in TLS, and with TLS 1.3 the client believes by then
 * that all is well: it would see an orderly end. A reset is an error to every client.
 */
function resetWhenDestroyed(socket: Socket, isWanted: boolean): void {
  if (!isWanted) {
    Reflect.deleteProperty(socket, 'destroy');
    return;
  }
  socket.destroy = (error) => {
    Reflect.deleteProperty(socket, 'destroy');
    return error === undefined ? socket.resetAndDestroy() : socket.destroy(error);
  };
}
