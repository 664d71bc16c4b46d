import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import type { CollectorOptions } from '../../../../src/adapters/ipfix/collector/collector-options.js';
import type { FlowSource } from '../../../../src/application/ports/flow-source.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { plain, type PlainRecord } from '../../../support/decoding.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { RecordingMetrics } from '../../../support/recording-metrics.js';
import { message, record, set, template } from '../../../support/ipfix-messages.js';

/** A template, and messages with one record of it each, told apart by their source port. */
export const FIELDS = ['sourceIPv4Address', 'destinationIPv4Address', 'sourceTransportPort'];
export const TEMPLATE = message({}, set(2, template(256, FIELDS)));
export const flow = (port: number, sequence = 0): Uint8Array =>
  message({ sequence }, set(256, record(FIELDS, { sourceTransportPort: port })));

/** A collector, and everything it was given or did. */
export class Running<C extends FlowSource> {
  readonly clock = new FakeClock();
  readonly logger = new RecordingLogger();
  readonly metrics = new RecordingMetrics();
  readonly records: PlainRecord[] = [];
  readonly collector: C;
  readonly #sockets: (Socket | UdpSocket)[] = [];

  constructor(make: (options: CollectorOptions, running: Running<C>) => C, options: Partial<CollectorOptions> = {}) {
    const defaults = { host: '127.0.0.1', port: 0, maxSessions: 100, maxTemplates: 100, idleTimeout: 0 };
    this.collector = make({ ...defaults, ...options }, this);
  }

  /** Source ports of the records so far. */
  get ports(): unknown[] {
    return this.records.map(({ sourceTransportPort }) => sourceTransportPort);
  }

  get port(): number {
    return Number(this.collector.address.split(':').at(-1));
  }

  async start(): Promise<this> {
    await this.collector.start({
      receive: (received) => void this.records.push(plain(received)),
    });
    return this;
  }

  /** Waits for a number of records. */
  async received(count: number): Promise<void> {
    await this.until(() => this.records.length >= count);
  }

  /** Waits, turn by turn of the event loop, until something is so. Jest's own time limit ends a wait in vain. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Connects over TCP. */
  async connect(host = '127.0.0.1'): Promise<Socket> {
    const socket = connect(this.port, host);
    this.#sockets.push(socket);
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  }

  /** A socket from which to send datagrams. */
  sender(family: 'udp4' | 'udp6' = 'udp4'): (bytes: Uint8Array) => Promise<void> {
    const socket = createSocket(family);
    this.#sockets.push(socket);
    const host = family === 'udp4' ? '127.0.0.1' : '::1';
    return (bytes) =>
      new Promise((resolve, reject) => {
        socket.send(bytes, this.port, host, (error) => (error ? reject(error) : resolve()));
      });
  }

  /** Stops the collector, moving the clock on as long as it waits. */
  async stop(): Promise<void> {
    const stopping = this.collector.stop();
    const stopped = stopping.then(() => true);
    while (!(await Promise.race([stopped, this.clock.advance(10).then(() => false)])));
    await stopping;
  }

  /** Stops everything that a test left running. */
  async close(): Promise<void> {
    await this.stop();
    for (const socket of this.#sockets) {
      if ('destroy' in socket) socket.destroy();
      else await new Promise<void>((resolve) => socket.close(resolve));
    }
  }
}
