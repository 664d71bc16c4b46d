import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { JsonContent } from '../../../src/adapters/json-exporter/json-content.js';
import { JsonExporter } from '../../../src/adapters/json-exporter/json-exporter.js';
import type { JsonExporterOptions } from '../../../src/adapters/json-exporter/options.js';
import { aBatch, type FlowValues } from '../../support/a-batch.js';
import { accepting, ClientFiles } from '../../support/client-tls.js';
import { LoopbackClock, settle } from '../../support/fake-clock.js';
import { readJsonLine, readJsonLines, type JsonFlow } from '../../support/json-lines.js';
import { testPki } from '../../support/pki.js';
import { RecordingLogger } from '../../support/recording-logger.js';

const never = new AbortController().signal;
const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** A collector of lines on loopback: what each connection brought. */
class LineCollector {
  readonly connections: { readonly socket: Socket; text: string }[] = [];
  /** Whole lines that came, over all connections. */
  lines = 0;
  readonly #server;

  constructor(tls?: { cert: string; key: string }, greet: (socket: Socket, nth: number) => void = () => undefined) {
    const connected = (socket: Socket): void => {
      const connection = { socket, text: '' };
      greet(socket, this.connections.push(connection));
      socket.setEncoding('utf8').on('error', () => undefined);
      socket.on('data', (text: string) => {
        connection.text += text;
        this.lines += text.split('\n').length - 1;
      });
    };
    const options = { allowHalfOpen: true };
    this.#server = tls ? createTlsServer({ ...options, ...tls }, connected) : createServer(options, connected);
    open.push(this);
  }

  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Flows of all whole lines, in the order in which they arrived. */
  get flows(): JsonFlow[] {
    return this.connections.flatMap(({ text }) => readJsonLines(text.slice(0, text.lastIndexOf('\n') + 1)));
  }

  /** Resolves once there are so many lines. */
  async received(lines: number): Promise<void> {
    while (this.lines < lines) await settle();
  }

  close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

function exportTo(options: Omit<JsonExporterOptions, 'host' | 'clusterId'>) {
  const clock = new LoopbackClock();
  const logger = new RecordingLogger();
  const exporter = new JsonExporter({ host: '127.0.0.1', clusterId: 'c', ...options }, { clock, logger });
  open.push(exporter);
  return { exporter, clock, logger };
}

const numbered = (rows: number, more: FlowValues = {}) =>
  aBatch(Array.from({ length: rows }, (_, r) => ({ flowStartSeconds: r, ...more })));

const startsOf = (flows: readonly JsonFlow[]): number[] => flows.map(({ ipfix }) => Number(ipfix['flowStartSeconds']));
const upTo = (end: number): number[] => [...Array(end).keys()];

describe('JsonExporter over TCP', () => {
  it('sends an object a line, in order, and says when', async () => {
    const collector = new LineCollector();
    const { exporter, logger } = exportTo({ port: await collector.listen(), protocol: 'tcp' });
    await exporter.deliver([numbered(700), numbered(300)], never);
    await collector.received(1_000);
    expect(startsOf(collector.flows)).toEqual([...upTo(700), ...upTo(300)]);
    expect(collector.flows[0]!['@timestamp']).toBe('2023-11-14T22:13:20.000Z');
    expect(exporter.name).toBe('json');
    expect(exporter.confirmedRecords).toBe(1_000);
    expect(logger.of('info')).toMatchObject([
      { message: 'flows are exported to a JSON collector', fields: { sink: 'json', protocol: 'tcp' } },
    ]);
  });

  it('sends what the operator chose', async () => {
    const collector = new LineCollector();
    const port = await collector.listen();
    const { exporter } = exportTo({ port, protocol: 'tcp', includeK8sNames: false, includeK8sUIDs: true });
    await exporter.deliver([numbered(1, { sourcePodName: 'p', sourcePodUID: 'u' })], never);
    await collector.received(1);
    const { ipfix } = collector.flows[0]!;
    expect([ipfix['sourcePodName'], ipfix['sourcePodUUID'], ipfix['clusterId']]).toEqual([undefined, 'u', 'c']);
  });

  it('goes on after the last confirmed line when the connection breaks, and repeats what was not confirmed', async () => {
    const collector = new LineCollector(undefined, (socket, nth) => {
      if (nth === 1) socket.pause();
    });
    const { exporter } = exportTo({ port: await collector.listen(), protocol: 'tcp' });
    const group = [numbered(4_000, { sourcePodLabels: 'x'.repeat(4_000) })];
    const first = exporter.deliver(group, never);
    const refused = expect(first).rejects.toThrow('broke');
    for (let turns = 0, last = -1; turns < 200; turns++) {
      await settle();
      if (exporter.confirmedRecords !== last) turns = 0;
      last = exporter.confirmedRecords;
    }
    const confirmed = exporter.confirmedRecords;
    expect(confirmed).toBeGreaterThan(0);
    collector.connections[0]!.socket.resetAndDestroy();
    await refused;
    await exporter.deliver(group, never);
    while (!collector.connections[1]?.text.endsWith('\n')) await settle();
    await collector.received(collector.connections[0]!.text.split('\n').length - 1 + 4_000 - confirmed);
    expect(startsOf(readJsonLines(collector.connections[1].text))).toEqual(upTo(4_000).slice(confirmed));
  });

  it('loses and repeats nothing when the collector closes in order', async () => {
    const collector = new LineCollector(undefined, (socket, nth) => {
      if (nth === 1) socket.once('data', () => socket.end());
    });
    const { exporter } = exportTo({ port: await collector.listen(), protocol: 'tcp' });
    await exporter.deliver([numbered(4_000, { sourcePodLabels: 'x'.repeat(4_000) })], never);
    await collector.received(4_000);
    expect(startsOf(collector.flows)).toEqual(upTo(4_000));
    expect(collector.connections).toHaveLength(2);
  });

  it('delivers nothing once it is closed', async () => {
    const { exporter } = exportTo({ port: 1, protocol: 'tcp' });
    await exporter.close();
    await expect(exporter.deliver([numbered(1)], never)).rejects.toThrow('closed');
  });
});

describe('JsonExporter over TLS', () => {
  it('sends an object a line', async () => {
    const { authority, server } = await testPki();
    const collector = new LineCollector({ cert: server.certificate, key: server.privateKey });
    const files = new ClientFiles().authority(authority.certificate);
    open.push(files);
    const port = await collector.listen();
    const { exporter, clock, logger } = exportTo({ port, protocol: 'tcp', tls: files.options() });
    await accepting(clock, exporter.deliver([numbered(1_000)], never));
    await collector.received(1_000);
    expect(startsOf(collector.flows)).toEqual(upTo(1_000));
    expect(logger.of('info')).toMatchObject([{ fields: { protocol: 'tls' } }]);
  });
});

describe('JsonExporter over UDP', () => {
  async function collect(port = 0): Promise<{ port: number; flows: JsonFlow[]; socket: DatagramSocket }> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
    const flows: JsonFlow[] = [];
    socket.on('message', (datagram) => flows.push(readJsonLine(datagram.toString())));
    await new Promise<void>((resolve) => socket.bind(port, '127.0.0.1', resolve));
    open.push({ close: () => new Promise<void>((resolve) => socket.close(resolve)) });
    return { port: socket.address().port, flows, socket };
  }

  it('sends an object a datagram', async () => {
    const { port, flows } = await collect();
    const { exporter } = exportTo({ port, protocol: 'udp' });
    await exporter.deliver([numbered(100)], never);
    while (flows.length < 100) await settle();
    expect(startsOf(flows)).toEqual(upTo(100));
  });

  it('leaves texts out of a flow that no datagram can hold, and says so', async () => {
    const { port, flows } = await collect();
    const { exporter, logger } = exportTo({ port, protocol: 'udp' });
    await exporter.deliver([numbered(1, { sourcePodName: 'p', sourcePodLabels: '"'.repeat(40_000) })], never);
    while (flows.length < 1) await settle();
    expect(flows[0]!.ipfix).toMatchObject({ sourcePodName: 'p', sourcePodLabels: '' });
    expect(logger.of('repeated')).toMatchObject([{ fields: { records: 1, longestDatagram: 65_507 } }]);
  });

  it('counts no flow as delivered while it is known that nobody listens, and sends the group once somebody does', async () => {
    const { port, socket } = await collect();
    open.pop();
    await new Promise<void>((resolve) => socket.close(resolve));
    const { exporter, clock } = exportTo({ port, protocol: 'udp' });
    const group = [numbered(30)];
    await expect(exporter.deliver(group, never)).rejects.toThrow('does not take datagrams');
    const confirmed = exporter.confirmedRecords;
    for (let i = 0; i < 3; i++) {
      const refused = expect(exporter.deliver([numbered(1)], never)).rejects.toThrow('nobody listens');
      while (clock.untilNext !== 100) await settle();
      // The kernel has heard of it by the time that the flow has its answer.
      for (let turns = 0; turns < 20; turns++) await settle();
      clock.advanceNow(100);
      await refused;
    }
    expect(exporter.confirmedRecords).toBe(confirmed);
    const { flows } = await collect(port);
    await accepting(clock, exporter.deliver(group, never));
    while (flows.length < 30) await settle();
    expect(startsOf(flows)).toEqual(upTo(30));
  });
});

describe('JsonContent', () => {
  it('knows the flows that come after a line', () => {
    const options = { name: 'json', protocol: 'tcp', mode: 'aggregate', clusterId: 'c' } as const;
    const which = { includeK8sNames: true, includeK8sUIDs: false };
    const content = new JsonContent({ ...options, ...which }, new LoopbackClock(), new RecordingLogger());
    const batch = aBatch([1, 2, 3].map((sourceTransportPort) => ({ sourceTransportPort })));
    const limits = { chunkBytes: 1, longestLine: Infinity };
    const { next } = content.encode([batch], content.beginning, limits);
    expect([...content.rest(batch, next)].map((flow) => flow.sourceTransportPort)).toEqual([2, 3]);
  });
});
