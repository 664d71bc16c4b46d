import { createSocket, type Socket } from 'node:dgram';
import { IpfixReader, type IpfixMessage, type IpfixRecord } from './ipfix-reader.js';

/** A message and the exporter's port it came from. */
export interface ReceivedMessage extends IpfixMessage {
  readonly port: number;
}

/** An IPFIX collector on loopback for UDP: a session a port that messages come from. */
export class UdpCollector {
  readonly messages: ReceivedMessage[] = [];
  readonly #socket: Socket;
  readonly #readers = new Map<number, IpfixReader>();
  readonly #watchers: (() => void)[] = [];

  constructor(type: 'udp4' | 'udp6' = 'udp4') {
    this.#socket = createSocket({ type, recvBufferSize: 4 * 1024 * 1024 });
    this.#socket.on('message', (bytes, { port }) => {
      const reader = this.#readers.get(port) ?? new IpfixReader();
      this.#readers.set(port, reader);
      this.messages.push({ ...reader.message(bytes), port });
      for (const resolve of this.#watchers.splice(0)) resolve();
    });
  }

  /** Listens; on a port of the system's choice if none is given. */
  async listen(port = 0, host = '127.0.0.1'): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#socket.once('error', reject).bind(port, host, resolve);
    });
    return this.#socket.address().port;
  }

  get records(): IpfixRecord[] {
    return this.messages.flatMap(({ records }) => records);
  }

  /** Resolves once `condition` holds; looked at whenever a message arrived. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) =>
      this.#socket.close(() => {
        resolve();
      }),
    );
  }
}
