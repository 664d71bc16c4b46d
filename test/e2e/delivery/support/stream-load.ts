import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { RecordStream, type RecordStreamOptions } from '../../../../src/adapters/simulator/record-stream.js';
import { atEnd, type Lifetime } from '../../support/clean-up.js';

const BUFFER_BYTES = 1 << 18;

/** The address and port by which `RecordStream` tells flows apart. */
const FIRST_SOURCE = 0x0a80_0000;
const FIRST_PORT = 32_768;
const ADDRESSES = 0x10000;

/** One exporter that sends a `RecordStream` over TCP, as fast as it is taken. */
export class StreamLoad {
  readonly stream: RecordStream;
  readonly #socket: Socket;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  #sent = 0;
  #error: Error | undefined;

  private constructor(socket: Socket, stream: RecordStream) {
    this.#socket = socket;
    this.stream = stream;
    socket.on('error', (error) => (this.#error = error));
    socket.resume();
  }

  /** Connects and sends the templates. */
  static async connect(port: number, options: RecordStreamOptions, lives: Lifetime = 'test'): Promise<StreamLoad> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
    atEnd(() => void socket.destroy(), lives);
    await once(socket, 'connect');
    const load = new StreamLoad(socket, new RecordStream(options));
    await load.#write(load.stream.templates(0));
    return load;
  }

  /** Records that the kernel took. */
  get sent(): number {
    return this.#sent;
  }

  /** Whether the receiver has closed its end. */
  get isRefused(): boolean {
    return this.#socket.readableEnded || this.#socket.destroyed;
  }

  /** Sends the next `records` records; fewer, whole ones, if the receiver closes its end meanwhile. */
  async send(records: number): Promise<void> {
    for (const end = this.#sent + records; this.#sent < end && !this.isRefused;) {
      const { bytes, records: made } = this.stream.fill(0, this.#buffer, end - this.#sent);
      await this.#write(this.#buffer.subarray(0, bytes));
      this.#sent += made;
    }
  }

  /** Says that there is no more, and waits until the receiver has closed its end, too. */
  async finish(): Promise<void> {
    if (this.#socket.destroyed) return;
    const closed = once(this.#socket, 'close');
    this.#socket.end();
    await closed;
    if (this.#error) throw this.#error;
  }

  #write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }
}

/** The number of the flow of a `RecordStream` that has this source. */
export function flowNumber({ source, sourcePort }: { readonly source: number; readonly sourcePort: number }): number {
  return source - FIRST_SOURCE + (sourcePort - FIRST_PORT) * ADDRESSES;
}

/** Packets that a flow of a `RecordStream` reports as its delta in each round. */
export function packetsARound(flow: number): number {
  return 1 + (flow & 0xff);
}
