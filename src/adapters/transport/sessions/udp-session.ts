import { createSocket, type Socket } from 'node:dgram';
import { formatEndpoint } from '../endpoint.js';
import { ipVersionOf, type HostAddress } from './host-addresses.js';
import { TryAgainError, type Session } from './session.js';

/** The kernel is short of buffers: nothing is wrong with the collector. */
const TRANSIENT = new Set(['ENOBUFS', 'EAGAIN', 'ENOMEM']);

/** A UDP datagram's length, its own header of 8 bytes included, has 16 bits; so has that of an IPv4 packet, with its header of 20. */
const LONGEST = { 4: 65_535 - 20 - 8, 6: 65_535 - 8 } as const;

/** Bytes that a datagram can carry. */
export function longestDatagram(ipVersion: 4 | 6): number {
  return LONGEST[ipVersion];
}

/**
 * Opens a socket that sends to a collector and hears what the network says about that (ICMP).
 *
 * @throws Error that names the address, if the system has no way to it
 */
export function openUdp(address: HostAddress, port: number): Promise<UdpSession> {
  const peer = formatEndpoint(address.address, port);
  const socket = createSocket(address.family === 6 ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      socket.close();
      reject(new Error(`no way to ${peer}: ${error.message}`, { cause: error }));
    };
    socket.once('error', failed);
    // What keeps the socket from being bound is an event; what keeps it from being connected comes here, and is none.
    socket.connect(port, address.address, (error?: Error) => {
      socket.off('error', failed);
      if (error) failed(error);
      else resolve(new UdpSession(socket, peer, ipVersionOf(address)));
    });
  });
}

/** A socket that sends one message in a datagram. What the kernel took may still get lost on the way. */
export class UdpSession implements Session {
  readonly peer: string;
  readonly ipVersion: 4 | 6;
  readonly #socket: Socket;
  #error: Error | undefined;
  #isClosed = false;

  constructor(socket: Socket, peer: string, ipVersion: 4 | 6) {
    this.#socket = socket;
    this.peer = peer;
    this.ipVersion = ipVersion;
    // "Port unreachable" about an earlier datagram comes here or as the error of a later send.
    socket.on('error', (error) => {
      this.#error ??= error;
    });
  }

  get usable(): boolean {
    return this.#error === undefined && !this.#isClosed;
  }

  send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.usable) {
        reject(this.#refused(this.#error));
        return;
      }
      this.#socket.send(bytes, (error) => {
        if (!error) resolve();
        else if (TRANSIENT.has(codeOf(error))) reject(new TryAgainError(error.message, { cause: error }));
        else {
          this.#error ??= error;
          reject(this.#refused(error));
        }
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isClosed) {
        resolve();
        return;
      }
      this.#isClosed = true;
      this.#socket.close(() => {
        resolve();
      });
    });
  }

  #refused(cause: Error | undefined): Error {
    return new Error(`${this.peer} does not take datagrams${cause ? `: ${cause.message}` : ''}`, { cause });
  }
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
