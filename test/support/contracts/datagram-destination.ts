import { createSocket, type Socket } from 'node:dgram';
import type { ArrivedFlow, SinkDestination } from './sink-harness.js';
import { until } from './waiting.js';

/** Reads a datagram of one sender. @throws if it can't be read */
export type ReadDatagram = (octets: Uint8Array) => readonly ArrivedFlow[];

/** As much as datagrams of a whole delivery need, if the test is late to read them; the kernel gives what it allows. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** A collector on loopback that datagrams are sent to. */
export class DatagramDestination implements SinkDestination {
  readonly arrived: ArrivedFlow[] = [];
  /** There are none. */
  readonly sessions = 0;
  readonly #reader: () => ReadDatagram;
  readonly #readers = new Map<number, ReadDatagram>();
  #socket: Socket | undefined;
  #port = 0;
  #wasReached = false;
  #failure: unknown;

  private constructor(reader: () => ReadDatagram) {
    this.#reader = reader;
  }

  /** One with a port of its own, which it has not bound yet. */
  static async of(reader: () => ReadDatagram): Promise<DatagramDestination> {
    const destination = new DatagramDestination(reader);
    await destination.start();
    await destination.vanish();
    return destination;
  }

  get port(): number {
    return this.#port;
  }

  get count(): number {
    if (this.#failure !== undefined) throw this.#failure as Error;
    return this.arrived.length;
  }

  async start(): Promise<void> {
    this.#wasReached = false;
    const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER });
    this.#socket = socket;
    socket.on('message', (octets, { port }) => {
      this.#wasReached = true;
      const read = this.#readers.get(port) ?? this.#reader();
      this.#readers.set(port, read);
      try {
        this.arrived.push(...read(octets));
      } catch (error) {
        this.#failure ??= error;
      }
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject).bind(this.#port, '127.0.0.1', resolve);
    });
    this.#port = socket.address().port;
  }

  async vanish(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    await new Promise<void>((resolve) => (socket ? socket.close(() => resolve()) : resolve()));
  }

  leave(): Promise<void> {
    return this.vanish();
  }

  /** Does nothing: what is not read is lost, and nobody notices. */
  hold(): void {
    // The kernel's buffer would take some and drop the rest.
  }

  /** Does nothing, as `hold`. */
  release(): void {
    // Reading never stopped.
  }

  reached(): Promise<void> {
    return until(() => this.#wasReached);
  }

  close(): Promise<void> {
    return this.vanish();
  }
}
