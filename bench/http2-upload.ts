import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';

/** Bytes before the content of each frame (RFC 9113 §4.1). */
export const FRAME_HEADER_BYTES = 9;

/** Octets that a frame may have unless the peer allows more (RFC 9113 §4.2). */
export const FRAME_LIMIT = 16_384;

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const FIRST_WINDOW = 65_535;
const STREAM = 1;

const FrameType = {
  Data: 0,
  Headers: 1,
  Reset: 3,
  Settings: 4,
  Ping: 6,
  GoAway: 7,
  WindowUpdate: 8,
} as const;
const ACK = 1;
const END_HEADERS = 4;
const INITIAL_WINDOW_SIZE = 4;

/** Writes the header of a DATA frame of the upload's stream. */
export function writeDataHeader(bytes: Buffer, at: number, length: number): void {
  writeFrameHeader(bytes, at, length, FrameType.Data, 0, STREAM);
}

/**
 * A connection with one gRPC request that never ends, at next to no cost for whoever sends: DATA frames come ready-made and are only
 * held back for as long as the server's windows are closed (RFC 9113 §5.2). A library would need more CPU than the service it loads.
 */
export class Http2Upload {
  readonly #socket: TLSSocket;
  #connectionWindow = FIRST_WINDOW;
  #streamWindow = FIRST_WINDOW;
  #initialWindow = FIRST_WINDOW;
  #rest = Buffer.alloc(0);
  #opened: (() => void) | null = null;
  #wake: (() => void) | null = null;
  #failure: Error | null = null;
  /** Settles with the last frames that were given. */
  #last: Promise<void> = Promise.resolve();

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#rest = Buffer.concat([this.#rest, bytes]);
      this.#readFrames();
    });
    socket.on('error', (error: Error) => {
      this.#fail(error);
    });
    socket.on('close', () => {
      this.#fail(new Error('the service closed the connection'));
    });
  }

  /** Connects and begins the request; resolves once the server has said what it accepts. */
  static async open(port: number, tls: ConnectionOptions, path: string): Promise<Http2Upload> {
    const socket = connect({ ...tls, host: '127.0.0.1', port, ALPNProtocols: ['h2'] });
    socket.setNoDelay();
    const upload = new Http2Upload(socket);
    const settings = frame(FrameType.Settings, 0, 0, Buffer.alloc(0));
    const headers = frame(FrameType.Headers, END_HEADERS, STREAM, headerBlock(path));
    socket.write(Buffer.concat([Buffer.from(PREFACE), settings, headers]));
    await new Promise<void>((resolve) => (upload.#opened = resolve));
    upload.#check();
    return upload;
  }

  /** Sends whole DATA frames, which must not be changed until this resolves: the kernel has taken them. Rejects if the request ended. */
  send(frames: Buffer): Promise<void> {
    this.#last = this.#last.then(() => this.#send(frames));
    return this.#last;
  }

  async #send(frames: Buffer): Promise<void> {
    this.#check();
    for (let at = 0; at < frames.length;) {
      const end = this.#allowed(frames, at);
      if (end === at) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#check();
      } else {
        await this.#write(frames.subarray(at, end));
        at = end;
      }
    }
  }

  /** Where the frames end that the windows have room for; they are used up by those. */
  #allowed(frames: Buffer, start: number): number {
    let at = start;
    while (at < frames.length) {
      const length = frames.readUIntBE(at, 3);
      if (length > this.#connectionWindow || length > this.#streamWindow) break;
      this.#connectionWindow -= length;
      this.#streamWindow -= length;
      at += FRAME_HEADER_BYTES + length;
    }
    return at;
  }

  #write(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  #readFrames(): void {
    let at = 0;
    while (this.#rest.length - at >= FRAME_HEADER_BYTES) {
      const end = at + FRAME_HEADER_BYTES + this.#rest.readUIntBE(at, 3);
      if (end > this.#rest.length) break;
      this.#heed(
        this.#rest[at + 3]!,
        this.#rest[at + 4]!,
        this.#rest.readUInt32BE(at + 5),
        at + FRAME_HEADER_BYTES,
        end,
      );
      at = end;
    }
    this.#rest = this.#rest.subarray(at);
  }

  #heed(type: number, flags: number, stream: number, start: number, end: number): void {
    const content = this.#rest.subarray(start, end);
    switch (type) {
      case FrameType.Settings:
        if ((flags & ACK) === 0) this.#heedSettings(content);
        break;
      case FrameType.WindowUpdate:
        if (stream === 0) this.#connectionWindow += content.readUInt32BE();
        else this.#streamWindow += content.readUInt32BE();
        break;
      case FrameType.Ping:
        if ((flags & ACK) === 0) this.#socket.write(frame(FrameType.Ping, ACK, 0, content));
        break;
      case FrameType.Headers:
      case FrameType.Reset:
      case FrameType.GoAway:
        this.#fail(new Error(`the service ended the request with a frame of type ${type}`));
        break;
    }
    this.#wake?.();
  }

  #heedSettings(content: Buffer): void {
    for (let at = 0; at < content.length; at += 6) {
      if (content.readUInt16BE(at) !== INITIAL_WINDOW_SIZE) continue;
      const size = content.readUInt32BE(at + 2);
      this.#streamWindow += size - this.#initialWindow;
      this.#initialWindow = size;
    }
    this.#socket.write(frame(FrameType.Settings, ACK, 0, Buffer.alloc(0)));
    this.#opened?.();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#opened?.();
    this.#wake?.();
  }

  #check(): void {
    if (this.#failure) throw this.#failure;
  }
}

function frame(type: number, flags: number, stream: number, content: Buffer): Buffer {
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  writeFrameHeader(header, 0, content.length, type, flags, stream);
  return Buffer.concat([header, content]);
}

function writeFrameHeader(
  bytes: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): void {
  bytes.writeUIntBE(length, at, 3);
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  bytes.writeUInt32BE(stream, at + 5);
}

/** The request's headers without compression but for the names of HPACK's static table (RFC 7541 §6.2.2, appendix A). */
function headerBlock(path: string): Buffer {
  const METHOD_POST = 0x83;
  const SCHEME_HTTPS = 0x87;
  const text = (value: string): Buffer => Buffer.from([value.length, ...Buffer.from(value)]);
  return Buffer.concat([
    Buffer.from([METHOD_POST, SCHEME_HTTPS, 0x04]),
    text(path),
    Buffer.from([0x01]),
    text('localhost'),
    Buffer.from([0x0f, 31 - 15]),
    text('application/grpc'),
    Buffer.from([0x00]),
    text('te'),
    text('trailers'),
  ]);
}
