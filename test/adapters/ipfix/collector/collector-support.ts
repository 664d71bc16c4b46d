import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import type { CollectorOptions } from '../../../../src/adapters/ipfix/collector/collector-options.js';
import { TcpCollector } from '../../../../src/adapters/ipfix/collector/tcp-collector.js';
import { TlsCollector } from '../../../../src/adapters/ipfix/collector/tls-collector.js';
import type { FlowSource } from '../../../../src/application/ports/flow-source.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { plain, type PlainRecord } from '../../../support/decoding.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { RecordingMetrics } from '../../../support/recording-metrics.js';
import { TestCertificateStore, testPki, type TestPki } from '../../../support/pki.js';
import { message, record, set, template } from '../../../support/ipfix-messages.js';

/** A template, and messages with one record of it each, told apart by their source port. */
export const FIELDS = ['sourceIPv4Address', 'destinationIPv4Address', 'sourceTransportPort'];
export const TEMPLATE = message({}, set(2, template(256, FIELDS)));
export const flow = (port: number, sequence = 0): Uint8Array =>
  message({ sequence }, set(256, record(FIELDS, { sourceTransportPort: port })));

/** How to connect to a collector; settles once the exporter believes that it is connected, or was refused. */
export type Dial = (port: number, host: string) => Promise<Socket>;

const dialTcp: Dial = async (port, host) => {
  const socket = connect(port, host);
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  return socket;
};

/** A collector of a stream transport that was not started, and how exporters connect to it. */
export type MakeStream = (options?: Partial<CollectorOptions>) => Promise<Running<FlowSource>>;

/** A collector over TCP. */
export const overTcp: MakeStream = async (options) =>
  new Running<FlowSource>((all, { clock, logger, metrics }) => new TcpCollector(all, clock, logger, metrics), options);

/** A collector over TLS, with exporters that have a certificate of its CA and check its own. */
export const overTls: MakeStream = async (options) => {
  const pki = await testPki();
  const store = new TestCertificateStore(pki.credentials);
  return new Running<FlowSource>(
    (all, { clock, logger, metrics }) => new TlsCollector(all, store, clock, logger, metrics),
    options,
    dialTls(pki),
  );
};

/** Connects over TLS with a certificate, and checks the collector's. */
const dialTls =
  ({ client, authority }: TestPki): Dial =>
  async (port, host) => {
    const plain = await dialTcp(port, host);
    if (plain.destroyed) return plain;
    const identity = { cert: client.certificate, key: client.privateKey };
    const socket = tlsConnect({ socket: plain, ca: authority.certificate, ...identity });
    underlying.set(socket, plain);
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('secureConnect', resolve).once('close', resolve));
    return socket;
  };

/** The sockets under those over TLS. */
const underlying = new WeakMap<Socket, Socket>();

/** Breaks an exporter's connection off, over TCP and TLS alike. */
export function reset(socket: Socket): void {
  (underlying.get(socket) ?? socket).resetAndDestroy();
}

/** A collector, and everything it was given or did. */
export class Running<C extends FlowSource> {
  readonly clock = new FakeClock();
  readonly logger = new RecordingLogger();
  readonly metrics = new RecordingMetrics();
  readonly records: PlainRecord[] = [];
  readonly collector: C;
  readonly #dial: Dial;
  readonly #sockets: (Socket | UdpSocket)[] = [];

  constructor(
    make: (options: CollectorOptions, running: Running<C>) => C,
    options: Partial<CollectorOptions> = {},
    dial: Dial = dialTcp,
  ) {
    this.#dial = dial;
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

  /** Connects as its exporters do: over TCP unless it was made with another way. */
  async connect(host = '127.0.0.1'): Promise<Socket> {
    return this.#keep(await this.#dial(this.port, host));
  }

  /** Connects over TCP alone, whatever the collector wants. */
  async connectPlain(): Promise<Socket> {
    return this.#keep(await dialTcp(this.port, '127.0.0.1'));
  }

  #keep(socket: Socket): Socket {
    this.#sockets.push(socket);
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
