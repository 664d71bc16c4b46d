import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { IpfixReader, type IpfixMessage, type IpfixRecord } from '../../support/ipfix-reader.js';
import { atEnd, type Lifetime } from './clean-up.js';

/** An IPFIX collector on loopback that keeps all it reads, decoded by the tests' own reader. Closed at the end of the test. */
export interface Collector {
  readonly port: number;
  /** What the key flowCollector.address says. */
  readonly address: string;
  readonly messages: readonly IpfixMessage[];
  /** Data records, in the order of their arrival. */
  readonly records: readonly IpfixRecord[];
  /** What was wrong with what came, if anything was. */
  readonly problems: readonly unknown[];
}

class Kept {
  readonly messages: IpfixMessage[] = [];
  readonly records: IpfixRecord[] = [];
  readonly problems: unknown[] = [];

  /** Keeps what `read` makes of a piece of input; what it throws is a problem. */
  take(read: () => readonly IpfixMessage[]): void {
    try {
      for (const message of read()) {
        this.messages.push(message);
        this.records.push(...message.records);
      }
    } catch (error) {
      this.problems.push(error);
    }
  }
}

/** A collector that exporters connect to. */
export async function tcpCollector(lives: Lifetime = 'test'): Promise<Collector> {
  const kept = new Kept();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', (error) => kept.problems.push(error));
    const reader = new IpfixReader();
    let rest: Uint8Array = new Uint8Array(0);
    socket.on('data', (bytes) => {
      kept.take(() => {
        const read = reader.stream(rest.length === 0 ? bytes : Buffer.concat([rest, bytes]));
        rest = read.rest;
        return read.messages;
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  }, lives);
  return collectorOf(kept, (server.address() as AddressInfo).port, 'tcp');
}

/** A collector that exporters send datagrams to. */
export async function udpCollector(lives: Lifetime = 'test'): Promise<Collector> {
  const kept = new Kept();
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  const readers = new Map<number, IpfixReader>();
  socket.on('message', (datagram, { port }) => {
    const reader = readers.get(port) ?? new IpfixReader();
    readers.set(port, reader);
    kept.take(() => [reader.message(datagram)]);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  atEnd(() => {
    socket.close();
  }, lives);
  return collectorOf(kept, socket.address().port, 'udp');
}

function collectorOf(kept: Kept, port: number, protocol: 'tcp' | 'udp'): Collector {
  return { ...pick(kept), port, address: `127.0.0.1:${port}:${protocol}` };
}

function pick({ messages, records, problems }: Kept): Pick<Collector, 'messages' | 'records' | 'problems'> {
  return { messages, records, problems };
}
