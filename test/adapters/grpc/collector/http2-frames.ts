import { connect, type TLSSocket } from 'node:tls';
import { EXPORT_METHOD_PATH } from '../../../../src/adapters/formats/protobuf/flow-messages.js';
import type { TestPki } from '../../../support/pki.js';

/** Types of frames (RFC 9113 §6). */
export const Frame = {
  Data: 0,
  Headers: 1,
  Reset: 3,
  Settings: 4,
  Ping: 6,
  GoAway: 7,
  Window: 8,
  Continuation: 9,
} as const;

/** END_HEADERS, or ACK. */
export const END_HEADERS = 4;
const ACK = 1;

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** A frame. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Headers as HPACK has them without any compression (RFC 7541 §6.2.2). */
export function headers(...pairs: readonly (readonly [name: string, value: string])[]): Buffer {
  const literal = (text: string): Buffer => Buffer.concat([Buffer.of(text.length), Buffer.from(text)]);
  return Buffer.concat(pairs.map(([name, value]) => Buffer.concat([Buffer.of(0), literal(name), literal(value)])));
}

/** What begins a call of Export. */
export const CALL = headers(
  [':method', 'POST'],
  [':scheme', 'https'],
  [':path', EXPORT_METHOD_PATH],
  [':authority', 'localhost'],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
);

/** A client that writes its frames by hand, keeps to flow control, and answers nothing but settings. */
export class FrameClient {
  readonly socket: TLSSocket;
  /** Frames that came, by type. */
  readonly received = new Map<number, number>();
  isClosed = false;
  #window = 65_535;
  #pending = Buffer.alloc(0);

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.write(PREFACE);
    socket.write(frame(Frame.Settings, 0, 0));
  }

  /** Connects. */
  static async connect(port: number, { authority, client }: TestPki): Promise<FrameClient> {
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: authority.certificate,
      cert: client.certificate,
      key: client.privateKey,
      ALPNProtocols: ['h2'],
    });
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    return new FrameClient(socket);
  }

  /** Writes frames, and waits until the socket has taken them. */
  async send(...frames: readonly Uint8Array[]): Promise<void> {
    await new Promise<void>((resolve) => this.socket.write(Buffer.concat(frames), () => resolve()));
  }

  /** Sends octets of a stream in frames of the given size, as far as the collector's window lets it. */
  async data(stream: number, octets: Uint8Array, size: number): Promise<void> {
    for (let at = 0; at < octets.length && !this.isClosed;) {
      const end = Math.min(octets.length, at + Math.min(4096, this.#window));
      const frames: Buffer[] = [];
      for (let from = at; from < end; from += size) {
        frames.push(frame(Frame.Data, 0, stream, octets.subarray(from, Math.min(end, from + size))));
      }
      this.#window -= end - at;
      at = end;
      if (frames.length > 0) await this.send(...frames);
      while (this.#window === 0 && !this.hasEnded()) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Whether the connection is closed by now. */
  hasEnded(): boolean {
    return this.isClosed;
  }

  #read(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length >= 9) {
      const length = this.#pending.readUIntBE(0, 3);
      if (this.#pending.length < 9 + length) return;
      const type = this.#pending[3]!;
      this.received.set(type, (this.received.get(type) ?? 0) + 1);
      if (type === Frame.Settings && !(this.#pending[4]! & ACK)) this.socket.write(frame(Frame.Settings, ACK, 0));
      // Both windows are enlarged alike, as there is one stream: that of the connection is the one to count.
      if (type === Frame.Window && this.#pending.readUInt32BE(5) === 0) this.#window += this.#pending.readUInt32BE(9);
      this.#pending = this.#pending.subarray(9 + length);
    }
  }
}
