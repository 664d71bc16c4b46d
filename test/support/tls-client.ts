import { connect as connectPlain, type Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { Issued } from './pki.js';

/** A client on loopback, and what became of it. */
export class TlsClient {
  readonly socket: Socket | TLSSocket;
  /** The errors that it saw: code, and in words. */
  readonly errors: string[] = [];
  /** What was received so far. */
  received = Buffer.alloc(0);
  /** Settles once its connection is gone. */
  readonly closed: Promise<void>;

  readonly #secured: Promise<void>;

  private constructor(socket: Socket | TLSSocket) {
    this.socket = socket;
    socket.on('error', (error: NodeJS.ErrnoException) => this.errors.push(`${error.code ?? ''} ${error.message}`));
    socket.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
    });
    this.#secured = new Promise((resolve) => socket.once('secureConnect', resolve).once('close', () => resolve()));
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  /** Connects over TCP and sends bytes, if given any. */
  static plain(port: number, bytes?: Uint8Array | string): TlsClient {
    const client = new TlsClient(connectPlain(port, '127.0.0.1'));
    if (bytes !== undefined) client.socket.write(bytes);
    return client;
  }

  /** Connects over TLS with a certificate, or without one. It trusts every server unless `options` say otherwise. */
  static tls(port: number, issued?: Issued, options: ConnectionOptions = {}): TlsClient {
    const certificate = issued && { cert: issued.certificate, key: issued.privateKey };
    return new TlsClient(connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...certificate, ...options }));
  }

  /** Waits until its own side of the handshake is done, or came to nothing. */
  async secured(): Promise<this> {
    await this.#secured;
    return this;
  }

  write(bytes: Uint8Array | string): void {
    this.socket.write(bytes);
  }

  destroy(): void {
    this.socket.destroy();
  }
}
