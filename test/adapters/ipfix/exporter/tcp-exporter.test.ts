import { afterEach, describe, expect, it } from '@jest/globals';
import { IpfixExporter, type IpfixExporterContext } from '../../../../src/adapters/ipfix/exporter/ipfix-exporter.js';
import type { IpfixExporterOptions } from '../../../../src/adapters/ipfix/exporter/options.js';
import type { FlowBatch } from '../../../../src/domain/batch/flow-batch.js';
import { aBatch } from '../../../support/a-batch.js';
import { LoopbackClock } from '../../../support/fake-clock.js';
import type { IpfixRecord } from '../../../support/ipfix-reader.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { TcpCollector, type CollectorConnection } from '../../../support/tcp-collector.js';

const never = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function collect(greet?: (connection: CollectorConnection) => void): Promise<[TcpCollector, number]> {
  const collector = new TcpCollector(greet);
  open.push(collector);
  return [collector, await collector.listen()];
}

function exportTo(
  port: number,
  options: Partial<IpfixExporterOptions> = {},
  context: Partial<IpfixExporterContext> = {},
) {
  const clock = new LoopbackClock();
  const logger = new RecordingLogger();
  const exporter = new IpfixExporter(
    { host: '127.0.0.1', port, protocol: 'tcp', observationDomainId: 5, clusterId: 'c', ...options },
    { clock, logger, ...context },
  );
  open.push(exporter);
  return { exporter, clock, logger };
}

/** Labels that make few records more than what the kernels' buffers hold. */
const LARGE = 'x'.repeat(4_000);

const batchesBySize = new Map<string, FlowBatch[]>();

/** Batches of flows that are numbered through by their start, in a group of their own. */
function numbered(batches: number, rows: number, labels = ''): FlowBatch[] {
  const size = `${batches} × ${rows} × ${labels.length}`;
  const group = batchesBySize.get(size) ?? makeNumbered(batches, rows, labels);
  batchesBySize.set(size, group);
  return [...group];
}

function makeNumbered(batches: number, rows: number, sourcePodLabels: string): FlowBatch[] {
  return Array.from({ length: batches }, (_, b) =>
    aBatch(
      Array.from({ length: rows }, (_, r) => ({
        flowStartSeconds: b * rows + r,
        sourcePodName: `pod-${r % 7}`,
        sourcePodLabels,
      })),
    ),
  );
}

const numbers = (records: readonly IpfixRecord[]): number[] =>
  records.map((record) => Number(record['flowStartSeconds']));
const upTo = (end: number, from = 0): number[] => Array.from({ length: end - from }, (_, i) => from + i);

describe('IpfixExporter over TCP', () => {
  it('delivers every record of a group, in order', async () => {
    const [collector, port] = await collect();
    await exportTo(port).exporter.deliver(numbered(3, 500), never);
    await collector.until(() => collector.records.length === 1_500);
    expect(numbers(collector.records)).toEqual(upTo(1_500));
  });

  it('says in one line that can repeat that sessions end, as with a collector that closes each at once', async () => {
    const [collector, port] = await collect(({ socket }) => socket.end());
    const { exporter, logger } = exportTo(port);
    while (collector.connections.length < 4) await exporter.deliver(numbered(1, 1), never).catch(() => undefined);
    const target = { sink: 'ipfix', collector: `127.0.0.1:${port}`, protocol: 'tcp' };
    expect(logger.of('info')).toMatchObject([{ fields: target }]);
    const again = logger.of('repeated');
    expect(again.length).toBeGreaterThanOrEqual(2);
    for (const line of again) expect(line).toMatchObject({ key: 'sink ipfix session', fields: target });
  });

  it('RFC 7011 §8: sends both templates before any data', async () => {
    const [collector, port] = await collect();
    await exportTo(port).exporter.deliver(numbered(1, 1), never);
    await collector.until(() => collector.records.length === 1);
    const sets = collector.connections[0]!.messages.map(({ sets }) =>
      sets.map(({ id, templates }) => [id, templates[0]?.id]),
    );
    expect(sets).toEqual([[[2, 256]], [[2, 257]], [[256, undefined]]]);
  });

  it('RFC 7011 §3.1: counts sequence numbers over the messages of a connection', async () => {
    const [collector, port] = await collect();
    const { exporter } = exportTo(port, { maxMessageSize: 2_000 });
    for (const group of [numbered(1, 20), numbered(2, 9)]) await exporter.deliver(group, never);
    await collector.until(() => collector.records.length === 38);
    let before = 0;
    for (const { sequenceNumber, records } of collector.connections[0]!.messages) {
      expect(sequenceNumber).toBe(before);
      before += records.length;
    }
  });

  it('RFC 7011 §3.1: has its observation domain and the time in every message', async () => {
    const [collector, port] = await collect();
    await exportTo(port).exporter.deliver(numbered(1, 1), never);
    await collector.until(() => collector.records.length === 1);
    for (const message of collector.connections[0]!.messages)
      expect(message).toMatchObject({ observationDomainId: 5, exportTime: 1_700_000_000 });
  });

  it('RFC 7011 §10.4: makes messages of up to 65535 octets', async () => {
    const [collector, port] = await collect();
    await exportTo(port).exporter.deliver(numbered(1, 1_000), never);
    await collector.until(() => collector.records.length === 1_000);
    const lengths = collector.connections[0]!.messages.map(({ length }) => length);
    expect(Math.max(...lengths)).toBeGreaterThan(65_000);
  });

  it('keeps the connection from one delivery to the next', async () => {
    const [collector, port] = await collect();
    const { exporter } = exportTo(port);
    for (let i = 0; i < 3; i++) await exporter.deliver(numbered(1, 2), never);
    await collector.until(() => collector.records.length === 6);
    expect(collector.connections).toHaveLength(1);
  });

  it('connects by IPv6', async () => {
    const collector = new TcpCollector();
    open.push(collector);
    const port = await collector.listen(0, '::1');
    await exportTo(port, { host: '::1' }).exporter.deliver(numbered(1, 2), never);
    await collector.until(() => collector.records.length === 2);
  });

  it('looks its host up at each connection and tries all its addresses', async () => {
    const [collector, port] = await collect();
    let lookups = 0;
    const resolve = async () => {
      lookups++;
      return [
        { address: '127.0.0.2', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ];
    };
    const { exporter, logger } = exportTo(port, { host: 'collector.example' }, { resolve });
    await exporter.deliver(numbered(1, 1), never);
    await collector.until(() => collector.records.length === 1);
    collector.connections[0]!.socket.end();
    await collector.until(() => collector.connections[0]!.isOver);
    await exporter.deliver(numbered(1, 1), never);
    await collector.until(() => collector.records.length === 2);
    expect(lookups).toBe(2);
    expect(logger.lines.map(({ fields }) => fields['collector'])).toEqual([`127.0.0.1:${port}`, `127.0.0.1:${port}`]);
  });

  it('says of each address why it does not work', async () => {
    const [collector, port] = await collect();
    await collector.close();
    const resolve = async () => [
      { address: '127.0.0.1', family: 4 },
      { address: '127.0.0.2', family: 4 },
    ];
    const { exporter } = exportTo(port, {}, { resolve });
    await expect(exporter.deliver(numbered(1, 1), never)).rejects.toThrow(
      `connect ECONNREFUSED 127.0.0.1:${port}; connect ECONNREFUSED 127.0.0.2:${port}`,
    );
  });

  it('says that a name has no address', async () => {
    const { exporter } = exportTo(1, { host: 'nowhere.example' }, { resolve: async () => [] });
    await expect(exporter.deliver(numbered(1, 1), never)).rejects.toThrow('nowhere.example has no address');
  });

  it('gives a connection up that takes too long', async () => {
    const [collector, port] = await collect();
    const { exporter, clock } = exportTo(port, { connectTimeoutMs: 3_000 });
    const delivered = exporter.deliver(numbered(1, 1), never);
    // Resolving an address takes a turn, connecting at least another: the time is over between the two.
    while (clock.timers === 0) await new Promise((resolve) => process.nextTick(resolve));
    clock.advanceNow(3_000);
    await expect(delivered).rejects.toThrow(`no answer from 127.0.0.1:${port} within 3000 ms`);
    expect(collector.records).toEqual([]);
  });

  it('says once that a record needs a message of its own', async () => {
    const [collector, port] = await collect();
    const { exporter, logger } = exportTo(port, { maxMessageSize: 512 });
    const long = { sourcePodLabels: 'x'.repeat(300) };
    await exporter.deliver([aBatch([long, {}, long])], never);
    await collector.until(() => collector.records.length === 3);
    expect(collector.connections[0]!.messages.map(({ records }) => records.length)).toEqual([0, 0, 1, 1, 1]);
    expect(logger.matching(/message of its own/)).toHaveLength(1);
  });

  it('says that texts were left out of a record that no message can hold', async () => {
    const [collector, port] = await collect();
    const { exporter, logger } = exportTo(port);
    await exporter.deliver([aBatch([{ sourcePodLabels: 'x'.repeat(65_530) }])], never);
    await collector.until(() => collector.records.length === 1);
    expect(logger.of('repeated')).toHaveLength(1);
  });

  it('delivers nothing once it is closed', async () => {
    const [, port] = await collect();
    const { exporter } = exportTo(port);
    await exporter.close();
    await expect(exporter.deliver(numbered(1, 1), never)).rejects.toThrow('closed');
  });

  it('closes in order: all that was delivered arrives', async () => {
    const [collector, port] = await collect();
    const { exporter } = exportTo(port);
    await exporter.deliver(numbered(10, 400, LARGE), never);
    await exporter.close();
    await collector.until(() => collector.connections[0]!.isOver);
    expect(numbers(collector.records)).toEqual(upTo(4_000));
  });
});

describe('IpfixExporter over TCP: a connection that breaks', () => {
  it('rejects, and the same group goes on after the last confirmed write on the next connection', async () => {
    let connections = 0;
    const [collector, port] = await collect(({ socket }) => {
      // The first connection is never read: its buffers fill up in the middle of the group.
      if (connections++ === 0) socket.pause();
    });
    const { exporter } = exportTo(port);
    const group = numbered(10, 400, LARGE);
    const first = exporter.deliver(group, never);
    await collector.until(() => collector.connections.length === 1);
    const { socket } = collector.connections[0]!;
    // The delivery stands still once neither kernel takes more.
    let sent = -1;
    for (let turns = 0; turns < 200; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (socket.bytesRead !== sent) turns = 0;
      sent = socket.bytesRead;
    }
    socket.resetAndDestroy();
    await expect(first).rejects.toThrow(`the connection to 127.0.0.1:${port} broke`);
    await exporter.deliver(group, never);
    await collector.until(() => collector.connections[1]?.records.at(-1)?.['flowStartSeconds'] === 3_999n);
    const again = numbers(collector.connections[1]!.records);
    const confirmed = again[0]!;
    expect(confirmed).toBeGreaterThan(0);
    expect(again).toEqual(upTo(4_000, confirmed));
  });

  it('begins a connection with templates and sequence number 0', async () => {
    const [collector, port] = await collect();
    const { exporter } = exportTo(port);
    await exporter.deliver(numbered(1, 3), never);
    await collector.until(() => collector.records.length === 3);
    collector.connections[0]!.socket.resetAndDestroy();
    await collector.until(() => collector.connections[0]!.isOver);
    const group = numbered(1, 2);
    // The reset may be noticed before the delivery or by it.
    await exporter.deliver(group, never).catch(() => exporter.deliver(group, never));
    await collector.until(() => collector.connections[1]?.records.length === 2);
    expect(
      collector.connections[1]!.messages.map(({ sequenceNumber, templates }) => [sequenceNumber, templates.length]),
    ).toEqual([
      [0, 1],
      [0, 1],
      [0, 0],
    ]);
  });

  it('delivers another group from its beginning', async () => {
    const [collector, port] = await collect();
    await collector.close();
    const { exporter } = exportTo(port);
    await expect(exporter.deliver(numbered(1, 3), never)).rejects.toThrow('ECONNREFUSED');
    const back = new TcpCollector();
    open.push(back);
    await back.listen(port);
    await exporter.deliver(numbered(1, 2), never);
    await back.until(() => back.records.length === 2);
    expect(numbers(back.records)).toEqual([0, 1]);
  });

  it('gives up when it is told to, though the collector reads nothing', async () => {
    const [collector, port] = await collect(({ socket }) => {
      socket.pause();
    });
    const { exporter } = exportTo(port);
    const abort = new AbortController();
    const delivered = exporter.deliver(numbered(10, 400, LARGE), abort.signal);
    await collector.until(() => collector.connections.length === 1);
    abort.abort();
    await expect(delivered).rejects.toThrow();
  });
});

describe('IpfixExporter over TCP: a collector that closes in order', () => {
  it('loses nothing when it closes between two deliveries', async () => {
    const [collector, port] = await collect();
    const { exporter } = exportTo(port);
    await exporter.deliver(numbered(1, 100), never);
    await collector.until(() => collector.records.length === 100);
    collector.connections[0]!.socket.end();
    await collector.until(() => collector.connections[0]!.isOver);
    await exporter.deliver(numbered(1, 50), never);
    await collector.until(() => collector.records.length === 150);
    expect(collector.connections[1]!.records).toHaveLength(50);
  });

  it('is noticed though it said something before', async () => {
    const [collector, port] = await collect(({ socket }) => {
      socket.write('welcome');
    });
    const { exporter } = exportTo(port);
    await exporter.deliver(numbered(1, 1), never);
    await collector.until(() => collector.records.length === 1);
    collector.connections[0]!.socket.end();
    await collector.until(() => collector.connections[0]!.isOver);
    await exporter.deliver(numbered(1, 1), never);
    await collector.until(() => collector.records.length === 2);
  });

  it('loses and repeats nothing when it closes during a delivery and reads to the end', async () => {
    let connections = 0;
    const [collector, port] = await collect(({ socket }) => {
      if (connections++ === 0) socket.once('data', () => socket.end());
    });
    const { exporter } = exportTo(port);
    await exporter.deliver(numbered(10, 400, LARGE), never);
    await collector.until(() => collector.records.length >= 4_000);
    expect(numbers(collector.records)).toEqual(upTo(4_000));
    expect(collector.connections).toHaveLength(2);
    expect(collector.connections[0]!.isOver).toBe(true);
    expect(collector.connections[1]!.messages.slice(0, 2).map(({ templates }) => templates.length)).toEqual([1, 1]);
  });

  it('loses and repeats nothing when it then is away', async () => {
    const [collector, port] = await collect(({ socket }) => {
      socket.once('data', () => {
        collector.stopListening();
        socket.end();
      });
    });
    const { exporter } = exportTo(port);
    const group = numbered(10, 400, LARGE);
    for (let attempts = 0; attempts < 3; attempts++)
      await expect(exporter.deliver(group, never)).rejects.toThrow('ECONNREFUSED');
    const back = new TcpCollector();
    open.push(back);
    await back.listen(port);
    await exporter.deliver(group, never);
    await back.until(() => back.records.at(-1)?.['flowStartSeconds'] === 3_999n);
    await collector.until(() => collector.connections[0]!.isOver);
    expect([...numbers(collector.records), ...numbers(back.records)]).toEqual(upTo(4_000));
  });

  it('is not connected to over and over when it closes every connection', async () => {
    const [collector, port] = await collect(({ socket }) => {
      socket.end();
    });
    const { exporter } = exportTo(port);
    const group = numbered(10, 400, LARGE);
    await expect(exporter.deliver(group, never)).rejects.toThrow('closes every connection');
    expect(collector.connections.length).toBeLessThanOrEqual(2);
  });
});
