import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type HostAddress,
  type Resolve,
  resolveHost,
} from '../../../../src/adapters/transport/sessions/host-addresses.js';
import { IpfixExporter } from '../../../../src/adapters/ipfix/exporter/ipfix-exporter.js';
import type { IpfixExporterOptions } from '../../../../src/adapters/ipfix/exporter/options.js';
import type { FlowBatch } from '../../../../src/domain/batch/flow-batch.js';
import { aBatch } from '../../../support/a-batch.js';
import { LoopbackClock } from '../../../support/fake-clock.js';
import type { IpfixRecord } from '../../../support/ipfix-reader.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { UdpCollector } from '../../../support/udp-collector.js';

const never = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function collect(port = 0): Promise<[UdpCollector, number]> {
  const collector = new UdpCollector();
  const bound = await collector.listen(port);
  open.push(collector);
  return [collector, bound];
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const collector = new UdpCollector();
  const port = await collector.listen();
  await collector.close();
  return port;
}

function exportTo(port: number, options: Partial<IpfixExporterOptions> = {}, resolve: Resolve = resolveHost) {
  const clock = new LoopbackClock();
  const logger = new RecordingLogger();
  const exporter = new IpfixExporter(
    { host: '127.0.0.1', port, protocol: 'udp', observationDomainId: 5, clusterId: 'c', ...options },
    { clock, logger, resolve },
  );
  open.push(exporter);
  return { exporter, clock, logger };
}

const numbered = (rows: number): FlowBatch => aBatch(Array.from({ length: rows }, (_, r) => ({ flowStartSeconds: r })));
const numbers = (records: readonly IpfixRecord[]): number[] =>
  records.map((record) => Number(record['flowStartSeconds']));
const upTo = (end: number): number[] => Array.from({ length: end }, (_, i) => i);

describe('IpfixExporter over UDP', () => {
  it('sends a message a datagram: both templates, then data', async () => {
    const [collector, port] = await collect();
    await exportTo(port).exporter.deliver([numbered(20)], never);
    await collector.until(() => collector.records.length === 20);
    expect(collector.messages.map(({ templates }) => templates[0]?.id).slice(0, 3)).toEqual([256, 257, undefined]);
    expect(numbers(collector.records)).toEqual(upTo(20));
  });

  it('RFC 7011 §10.3.3: sends no datagram over 512 octets that could be smaller', async () => {
    const [collector, port] = await collect();
    await exportTo(port, { includeK8sNames: false }).exporter.deliver([numbered(20)], never);
    await collector.until(() => collector.records.length === 20);
    for (const { length } of collector.messages.slice(2)) expect(length).toBeLessThanOrEqual(512);
  });

  it('sends a record that does not fit into 512 octets in a datagram of its own, and says so once', async () => {
    const [collector, port] = await collect();
    const { exporter, logger } = exportTo(port);
    const long = { sourcePodLabels: 'x'.repeat(3_000) };
    await exporter.deliver([aBatch([{}, long, {}, long])], never);
    await collector.until(() => collector.records.length === 4);
    expect(collector.messages.slice(2).map(({ records }) => records.length)).toEqual([1, 1, 1, 1]);
    expect(logger.matching(/message of its own/)).toHaveLength(1);
  });

  it("fills a Pod's MTU", async () => {
    const [collector, port] = await collect();
    await exportTo(port, { podMtu: 1_450 }).exporter.deliver([numbered(20)], never);
    await collector.until(() => collector.records.length === 20);
    const lengths = collector.messages.slice(2).map(({ length }) => length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1_422);
    expect(Math.max(...lengths)).toBeGreaterThan(1_000);
  });

  it('RFC 7011 §3.1: counts sequence numbers over the datagrams of a session', async () => {
    const [collector, port] = await collect();
    const { exporter } = exportTo(port);
    for (let i = 0; i < 3; i++) await exporter.deliver([numbered(5)], never);
    await collector.until(() => collector.records.length === 15);
    let before = 0;
    for (const { sequenceNumber, records } of collector.messages) {
      expect(sequenceNumber).toBe(before);
      before += records.length;
    }
  });

  it('RFC 7011 §8.4: sends both templates again each templateRefreshTimeout, with the sequence number of the next data', async () => {
    const [collector, port] = await collect();
    const { exporter, clock } = exportTo(port, { templateRefreshTimeoutMs: 60_000 });
    await exporter.deliver([numbered(3)], never);
    await clock.advance(59_999);
    expect(collector.messages.filter(({ templates }) => templates.length > 0).length).toBeLessThanOrEqual(2);
    await clock.advance(1);
    await collector.until(() => collector.messages.filter(({ templates }) => templates.length > 0).length === 4);
    await clock.advance(60_000);
    await collector.until(() => collector.messages.filter(({ templates }) => templates.length > 0).length === 6);
    expect(collector.messages.slice(-4).map(({ sequenceNumber }) => sequenceNumber)).toEqual([3, 3, 3, 3]);
    expect(collector.messages.at(-1)!.exportTime - collector.messages[0]!.exportTime).toBe(120);
  });

  it('RFC 7011 §8.4: sends them between the messages of a delivery too', async () => {
    const [collector, port] = await collect();
    const { exporter, clock } = exportTo(port, { templateRefreshTimeoutMs: 1_000 });
    const delivered = exporter.deliver([numbered(200)], never);
    await collector.until(() => collector.records.length > 0);
    clock.advanceNow(1_000);
    await delivered;
    await collector.until(() => collector.records.length === 200);
    const templates = collector.messages.filter(({ templates }) => templates.length > 0);
    expect(templates).toHaveLength(4);
    let before = 0;
    for (const { sequenceNumber, records } of collector.messages) {
      expect(sequenceNumber).toBe(before);
      before += records.length;
    }
  });

  it('sends by IPv6', async () => {
    const collector = new UdpCollector('udp6');
    const port = await collector.listen(0, '::1');
    open.push(collector);
    await exportTo(port, { host: '::1' }).exporter.deliver([numbered(2)], never);
    await collector.until(() => collector.records.length === 2);
  });
});

describe('IpfixExporter over UDP: an address that the system has no way to', () => {
  /** To which nobody connects without having asked for broadcasts. */
  const BROADCAST = { address: '255.255.255.255', family: 4 };
  const LOOPBACK = { address: '127.0.0.1', family: 4 };

  it('is passed over for the next one of the host', async () => {
    const [collector, port] = await collect();
    const resolve = (): Promise<HostAddress[]> => Promise.resolve([BROADCAST, LOOPBACK]);
    const { exporter, logger } = exportTo(port, {}, resolve);
    await exporter.deliver([numbered(2)], never);
    await collector.until(() => collector.records.length === 2);
    expect(logger.of('info')).toMatchObject([{ fields: { collector: `127.0.0.1:${port}` } }]);
  });

  it('is named if there is no other, and nobody is told that flows are exported', async () => {
    const { exporter, logger } = exportTo(4739, {}, () => Promise.resolve([BROADCAST]));
    await expect(exporter.deliver([numbered(2)], never)).rejects.toThrow('no way to 255.255.255.255:4739: ');
    expect(logger.lines).toEqual([]);
  });
});

describe('IpfixExporter over UDP: nobody listens', () => {
  it('rejects, and sends the whole group in a new session once somebody does', async () => {
    const port = await freePort();
    const { exporter, clock } = exportTo(port);
    const group = [numbered(30)];
    await expect(exporter.deliver(group, never)).rejects.toThrow('does not take datagrams');
    const [collector] = await collect(port);
    const delivered = exporter.deliver(group, never);
    await collector.until(() => collector.messages.length === 2);
    while (clock.untilNext !== 100) await new Promise((resolve) => setImmediate(resolve));
    clock.advanceNow(100);
    await delivered;
    await collector.until(() => collector.records.length === 30);
    expect(numbers(collector.records)).toEqual(upTo(30));
    expect(collector.messages[2]!.sequenceNumber).toBe(0);
  });

  it('sends no data while nobody listens: templates find it out', async () => {
    const port = await freePort();
    const { exporter, clock } = exportTo(port);
    const group = [numbered(30)];
    for (let i = 0; i < 3; i++) {
      const refused = expect(exporter.deliver(group, never)).rejects.toThrow();
      await clock.turn();
      clock.advanceNow(100);
      await refused;
    }
  });

  it('sends a group again from its beginning when the collector went away in the middle of it', async () => {
    const [collector, port] = await collect();
    const { exporter, clock } = exportTo(port);
    const group = [numbered(2_000)];
    const first = exporter.deliver(group, never);
    await collector.until(() => collector.records.length > 10);
    open.splice(open.indexOf(collector), 1);
    await collector.close();
    await expect(first).rejects.toThrow('does not take datagrams');
    const [back] = await collect(port);
    const second = exporter.deliver(group, never);
    await back.until(() => back.messages.length === 2);
    while (clock.untilNext !== 100) await new Promise((resolve) => setImmediate(resolve));
    clock.advanceNow(100);
    await second;
    await back.until(() => back.records.length === 2_000);
    expect(numbers(back.records)).toEqual(upTo(2_000));
  });
});
