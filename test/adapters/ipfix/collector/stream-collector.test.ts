import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Socket } from 'node:net';
import type { CollectorOptions } from '../../../../src/adapters/ipfix/collector/collector-options.js';
import type { FlowSource } from '../../../../src/application/ports/flow-source.js';
import { be, concat, message, set, template } from '../../../support/ipfix-messages.js';
import { flow, overTcp, overTls, reset, TEMPLATE, type Running } from './collector-support.js';

const open: Running<FlowSource>[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const closed = (socket: Socket): Promise<void> => {
  socket.resume();
  return socket.destroyed ? Promise.resolve() : new Promise((resolve) => socket.once('close', () => resolve()));
};

describe.each([
  ['tcp', 'TCP', overTcp],
  ['tls', 'TLS', overTls],
])('IPFIX over %s', (transport, protocol, make) => {
  const running = async (options: Partial<CollectorOptions> = {}): Promise<Running<FlowSource>> => {
    const made = await make(options);
    open.push(made);
    return made.start();
  };

  it('comes from any number of exporters, each with its own templates', async () => {
    const collector = await running();
    const one = await collector.connect();
    const two = await collector.connect();
    one.write(concat(TEMPLATE, flow(1)));
    two.write(flow(2));
    await collector.received(1);
    two.write(concat(TEMPLATE, flow(3)));
    await collector.received(2);
    expect(collector.ports).toEqual([1, 3]);
    expect(collector.records[0]).toMatchObject({ exporter: '127.0.0.1' });
    const { metrics } = collector;
    expect(metrics.value('weir_records_received_total', { transport })).toBe(2);
    expect(metrics.value('weir_messages_received_total', { transport })).toBe(5);
    expect(metrics.value('weir_sets_skipped_total', { reason: 'unknown_template' })).toBe(1);
    expect(metrics.value('weir_sessions', { transport })).toBe(2);
    expect(metrics.value('weir_templates', { transport })).toBe(2);
    expect(collector.logger.matching(/template 256/)).toHaveLength(1);
  });

  it('is listened for on both families at [::], and IPv4 peers stay IPv4', async () => {
    const collector = await running({ host: '::' });
    for (const host of ['127.0.0.1', '::1']) (await collector.connect(host)).write(concat(TEMPLATE, flow(1)));
    await collector.received(2);
    const exporters = collector.records.map(({ exporter }) => String(exporter));
    expect(exporters.sort()).toEqual(['0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1', '127.0.0.1']);
    expect(collector.collector.address).toBe(`[::]:${collector.port}`);
  });

  it('that is malformed closes the connection, said with address, offset and reason, and counted (RFC 7011 §9.1)', async () => {
    const collector = await running();
    const good = await collector.connect();
    const bad = await collector.connect();
    good.write(concat(TEMPLATE, flow(1)));
    bad.write(concat(TEMPLATE, flow(2)));
    await collector.received(2);
    bad.write(concat(flow(3), message({}, set(2, template(7, [])), set(256)), flow(4)));
    await closed(bad);
    good.write(flow(5));
    await collector.received(4);
    expect(collector.ports.slice(2)).toEqual([3, 5]);
    const labels = { transport, reason: 'template_id' };
    expect(collector.metrics.value('weir_messages_malformed_total', labels)).toBe(1);
    expect(collector.metrics.sum('weir_messages_malformed_total')).toBe(1);
    const [line] = collector.logger.matching(/malformed/);
    expect(line?.fields).toMatchObject({
      exporter: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      offset: 20,
      code: 'WEIR_IPFIX_TEMPLATE_ID',
      reason: expect.stringContaining('7'),
    });
    await collector.until(() => collector.metrics.value('weir_sessions', { transport }) === 1);
    expect(collector.metrics.value('weir_templates', { transport })).toBe(1);
  });

  it('that ends in the middle of a message is counted and said', async () => {
    const collector = await running();
    const socket = await collector.connect();
    socket.end(concat(TEMPLATE, flow(1), flow(2).subarray(0, 20)));
    await closed(socket);
    await collector.until(() => collector.metrics.value('weir_sessions', { transport }) === 0);
    expect(collector.ports).toEqual([1]);
    expect(collector.metrics.value('weir_messages_malformed_total', { transport, reason: 'truncated' })).toBe(1);
    expect(collector.logger.matching(/in the middle of a message/)[0]?.fields).toMatchObject({ octets: 20 });
  });

  it('that ends between messages is nothing to mention', async () => {
    const collector = await running();
    const socket = await collector.connect();
    socket.end(concat(TEMPLATE, flow(1)));
    await closed(socket);
    await collector.until(() => collector.metrics.value('weir_sessions', { transport }) === 0);
    expect(collector.logger.lines).toEqual([]);
    expect(collector.metrics.value('weir_templates', { transport })).toBe(0);
  });

  it('goes on when an exporter resets its connection (§10.4)', async () => {
    const collector = await running();
    const broken = await collector.connect();
    broken.write(concat(TEMPLATE, flow(1)));
    await collector.received(1);
    reset(broken);
    await collector.until(() => collector.metrics.value('weir_sessions', { transport }) === 0);
    (await collector.connect()).write(concat(TEMPLATE, flow(2)));
    await collector.received(2);
  });

  it('of more exporters than limits.maxSessions is refused and counted', async () => {
    const collector = await running({ maxSessions: 1 });
    const first = await collector.connect();
    first.write(TEMPLATE);
    await collector.until(() => collector.metrics.value('weir_sessions', { transport }) === 1);
    await closed(await collector.connect());
    expect(collector.metrics.value('weir_sessions_refused_total', { transport })).toBe(1);
    expect(collector.logger.matching(/limits\.maxSessions/)).toHaveLength(1);
    first.write(flow(1));
    await collector.received(1);
  });

  it('of an exporter with more templates than limits.maxTemplates is disconnected', async () => {
    const collector = await running({ maxTemplates: 2 });
    const socket = await collector.connect();
    socket.write(concat(...[256, 257, 258].map((id) => message({}, set(2, template(id, ['tcpState']))))));
    await closed(socket);
    expect(collector.metrics.value('weir_messages_malformed_total', { transport, reason: 'too_many_templates' })).toBe(
      1,
    );
  });

  it('of an exporter that is silent for limits.idleTimeout is closed', async () => {
    const collector = await running({ idleTimeout: 5000 });
    const silent = await collector.connect();
    const busy = await collector.connect();
    for (let second = 1; second <= 6; second++) {
      busy.write(concat(TEMPLATE, flow(second, second - 1)));
      await collector.received(second);
      await collector.clock.advance(1000);
    }
    await closed(silent);
    expect(busy.destroyed).toBe(false);
    expect(collector.logger.matching(/silent/)).toHaveLength(1);
  });

  it('is not read while paused, by new connections neither, and silence does not count then', async () => {
    const collector = await running({ idleTimeout: 5000 });
    const before = await collector.connect();
    before.write(concat(TEMPLATE, flow(1)));
    await collector.received(1);
    collector.collector.pause();
    const after = await collector.connect();
    before.write(flow(2, 1));
    after.write(concat(TEMPLATE, flow(3)));
    await collector.clock.advance(10_000);
    expect(collector.ports).toEqual([1]);
    collector.collector.resume();
    await collector.received(3);
    expect(collector.ports.slice(1).sort()).toEqual([2, 3]);
  });

  it('that had arrived is taken also of an exporter that resets its connection while reading is paused', async () => {
    const collector = await running();
    const exporter = await collector.connect();
    exporter.write(concat(TEMPLATE, flow(1)));
    await collector.received(1);
    collector.collector.pause();
    await new Promise<void>((resolve) => exporter.write(concat(flow(2), flow(3).subarray(0, 9)), () => resolve()));
    // Node reads ahead of who is paused: a reset does not keep what it has read from being taken, nor what follows from being said.
    for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(collector.ports).toEqual([1]);
    reset(exporter);
    for (let turn = 0; turn < 30; turn++) await new Promise((resolve) => setImmediate(resolve));
    collector.collector.resume();
    await collector.until(() => collector.metrics.value('weir_sessions', { transport }) === 0);
    expect(collector.ports).toEqual([1, 2]);
    expect(collector.metrics.value('weir_messages_malformed_total', { transport, reason: 'truncated' })).toBe(1);
  });

  it('is read to its end when the collector stops and the exporter closes in turn (§10.4)', async () => {
    const collector = await running();
    const socket = await collector.connect();
    socket.write(TEMPLATE);
    await collector.until(() => collector.metrics.value('weir_templates', { transport }) === 1);
    socket.on('end', () => socket.end(concat(flow(1), flow(2, 1))));
    socket.resume();
    await collector.collector.stop();
    expect(collector.ports).toEqual([1, 2]);
    expect(collector.collector.address).toBe('');
  });

  it('is cut off a second after the collector stopped if the exporter does not close', async () => {
    const collector = await running();
    const socket = await collector.connect();
    socket.allowHalfOpen = true;
    socket.write(concat(TEMPLATE, flow(1)));
    await collector.received(1);
    await collector.stop();
    await collector.until(() => collector.metrics.value('weir_sessions', { transport }) === 0);
    expect(collector.clock.timers).toBe(0);
  });

  it('is not listened for on a port that is taken: the error names it', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const collector = await make({ port });
    await expect(collector.start()).rejects.toThrow(`can't listen for IPFIX over ${protocol} on 127.0.0.1:${port}`);
    await collector.close();
    await new Promise((resolve) => other.close(resolve));
  });

  it('that begins with something else is counted as of another version, and the protocol is said', async () => {
    const collector = await running();
    const other: [string | Uint8Array, RegExp][] = [
      ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /speaks gRPC \(HTTP\/2\), .* listen\.grpc/],
      ['POST / HTTP/1.1\r\n', /speaks HTTP, /],
      ['SSH-2.0-OpenSSH_9.6\r\n', /speaks SSH, /],
    ];
    for (const [bytes, line] of other) {
      const socket = await collector.connect();
      socket.write(bytes);
      await closed(socket);
      const [said] = collector.logger.matching(line);
      expect(said?.message).toContain(`aggregatorTransportProtocol is ${protocol};`);
      expect(said?.fields).toEqual({ exporter: expect.stringMatching(/^127\.0\.0\.1:\d+$/) });
    }
    expect(collector.logger.lines).toHaveLength(3);
    expect(collector.metrics.value('weir_messages_malformed_total', { transport, reason: 'version' })).toBe(3);
    await collector.until(() => collector.metrics.value('weir_sessions', { transport }) === 0);
  });

  it('of an old version, or noise, is malformed', async () => {
    const collector = await running();
    for (const bytes of [Uint8Array.of(0, 9, 0, 20), Uint8Array.of(0xde, 0xad, 0xbe, 0xef)]) {
      const socket = await collector.connect();
      socket.write(bytes);
      await closed(socket);
    }
    expect(collector.logger.matching(/malformed/).map(({ fields }) => fields['reason'])).toEqual([
      expect.stringContaining('NetFlow v9'),
      expect.stringContaining('57005'),
    ]);
    expect(collector.metrics.value('weir_messages_malformed_total', { transport, reason: 'version' })).toBe(2);
  });

  it('in large messages, split by the network, arrives whole', async () => {
    const collector = await running();
    const socket = await collector.connect();
    const sets = Array.from({ length: 6000 }, (_, i) => flow(i).subarray(20));
    socket.write(concat(TEMPLATE, message({}, set(256, ...sets)), be(10, 1).subarray(0, 0)));
    await collector.received(6000);
    expect(collector.ports).toEqual(sets.map((_, i) => i));
  });
});
