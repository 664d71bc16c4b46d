import { afterEach, describe, expect, it } from '@jest/globals';
import { createSocket } from 'node:dgram';
import type { CollectorOptions } from '../../../../src/adapters/ipfix/collector/collector-options.js';
import { UdpCollector } from '../../../../src/adapters/ipfix/collector/udp-collector.js';
import { concat, message, set, template } from '../../../support/ipfix-messages.js';
import { FIELDS, flow, Running, TEMPLATE } from './collector-support.js';

const noProc = (): Promise<string> => Promise.reject(new Error('ENOENT'));

const open: Running<UdpCollector>[] = [];
const running = (options: Partial<CollectorOptions> = {}, read = noProc): Promise<Running<UdpCollector>> => {
  const made = new Running<UdpCollector>(
    (all, { clock, logger, metrics }) => new UdpCollector(all, clock, logger, metrics, read),
    options,
  );
  open.push(made);
  return made.start();
};
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

describe('IPFIX over UDP', () => {
  it('comes from any number of exporters, each with its own templates', async () => {
    const collector = await running();
    const one = collector.sender();
    const two = collector.sender();
    await one(TEMPLATE);
    await one(flow(1));
    await two(flow(2));
    await two(TEMPLATE);
    await two(flow(3));
    await collector.received(2);
    expect(collector.ports).toEqual([1, 3]);
    expect(collector.metrics.value('weir_sessions', { transport: 'udp' })).toBe(2);
    expect(collector.metrics.value('weir_templates', { transport: 'udp' })).toBe(2);
    expect(collector.metrics.value('weir_records_received_total', { transport: 'udp' })).toBe(2);
  });

  it('is listened for on both families at [::], and IPv4 peers stay IPv4', async () => {
    const collector = await running({ host: '::' });
    for (const family of ['udp4', 'udp6'] as const) {
      const send = collector.sender(family);
      await send(TEMPLATE);
      await send(flow(1));
    }
    await collector.received(2);
    const exporters = collector.records.map(({ exporter }) => String(exporter));
    expect(exporters.sort()).toEqual(['0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1', '127.0.0.1']);
  });

  it.each<[string, Uint8Array, string]>([
    ['shorter than a header', flow(1).subarray(0, 15), 'message_length'],
    ['of another protocol', concat(Uint8Array.of(0, 9), flow(1).subarray(2)), 'version'],
    ['shorter than its message', flow(1).subarray(0, 25), 'message_length'],
    ['longer than its message (RFC 7011 §10.3: a datagram is one message)', concat(flow(1), flow(2)), 'message_length'],
    ['with an invalid template', message({}, set(2, template(1, FIELDS))), 'template_id'],
  ])('in a datagram %s is dropped, counted and said; the session goes on', async (_what, datagram, reason) => {
    const collector = await running();
    const send = collector.sender();
    await send(TEMPLATE);
    await send(datagram);
    await send(flow(7));
    await collector.received(1);
    expect(collector.ports).toEqual([7]);
    expect(collector.metrics.value('weir_messages_malformed_total', { transport: 'udp', reason })).toBe(1);
    expect(collector.metrics.sum('weir_messages_malformed_total')).toBe(1);
    expect(collector.logger.matching(/malformed/)).toMatchObject([
      { fields: { exporter: expect.stringMatching(/^127\.0\.0\.1:\d+$/), code: `WEIR_IPFIX_${reason.toUpperCase()}` } },
    ]);
  });

  it('forgets sessions and templates after 1800 s without them', async () => {
    const collector = await running();
    const send = collector.sender();
    await send(TEMPLATE);
    await collector.until(() => collector.metrics.value('weir_templates', { transport: 'udp' }) === 1);
    await collector.clock.advance(1_799_000);
    expect(collector.metrics.value('weir_sessions', { transport: 'udp' })).toBe(1);
    await collector.clock.advance(2000);
    expect(collector.metrics.value('weir_sessions', { transport: 'udp' })).toBe(0);
    expect(collector.metrics.value('weir_templates', { transport: 'udp' })).toBe(0);
  });

  it('of more exporters than limits.maxSessions makes one of them go, counted', async () => {
    const collector = await running({ maxSessions: 1 });
    await collector.sender()(TEMPLATE);
    await collector.until(() => collector.metrics.value('weir_templates', { transport: 'udp' }) === 1);
    const send = collector.sender();
    await send(TEMPLATE);
    await send(flow(1));
    await collector.received(1);
    expect(collector.metrics.value('weir_sessions', { transport: 'udp' })).toBe(1);
    expect(collector.metrics.value('weir_sessions_evicted_total', { transport: 'udp' })).toBe(1);
  });

  it('with more templates than limits.maxTemplates is ignored', async () => {
    const collector = await running({ maxTemplates: 1 });
    const send = collector.sender();
    await send(TEMPLATE);
    await send(message({}, set(2, template(300, FIELDS))));
    await send(flow(1));
    await collector.received(1);
    expect(
      collector.metrics.value('weir_messages_malformed_total', { transport: 'udp', reason: 'too_many_templates' }),
    ).toBe(1);
  });

  it('can’t be held back: pausing changes nothing', async () => {
    const collector = await running();
    collector.collector.pause();
    const send = collector.sender();
    await send(TEMPLATE);
    await send(flow(1));
    await collector.received(1);
    collector.collector.resume();
  });

  it('that has arrived is read before the collector stops', async () => {
    const collector = await running();
    const send = collector.sender();
    await send(TEMPLATE);
    for (let i = 0; i < 100; i++) await send(flow(i, i));
    await collector.stop();
    expect(collector.records).toHaveLength(100);
    expect(collector.clock.timers).toBe(0);
    expect(collector.metrics.value('weir_templates', { transport: 'udp' })).toBe(0);
  });

  it('that the kernel dropped is counted, by how much more it was each time', async () => {
    let drops = 5;
    const collector: Running<UdpCollector> = await running({}, () =>
      Promise.resolve(
        `sl local_address\n 1: 0100007F:${collector.port.toString(16).toUpperCase().padStart(4, '0')} x x ${drops}\n`,
      ),
    );
    await collector.clock.advance(5000);
    expect(collector.metrics.value('weir_udp_kernel_drops_total')).toBe(5);
    drops = 12;
    await collector.clock.advance(5000);
    expect(collector.metrics.value('weir_udp_kernel_drops_total')).toBe(12);
    expect(collector.logger.matching(/kernel dropped/)).toMatchObject([
      { fields: { datagrams: 5 } },
      { fields: { datagrams: 7 } },
    ]);
    drops = 13;
    await collector.stop();
    expect(collector.metrics.value('weir_udp_kernel_drops_total')).toBe(13);
  });

  it('is not listened for on a port that is taken: the error names it', async () => {
    const other = createSocket('udp4');
    await new Promise<void>((resolve) => other.bind(0, '127.0.0.1', resolve));
    const { port } = other.address();
    const collector = new Running<UdpCollector>(
      (all, { clock, logger, metrics }) => new UdpCollector(all, clock, logger, metrics, noProc),
      { port },
    );
    await expect(collector.start()).rejects.toThrow(`can't listen for IPFIX over UDP on 127.0.0.1:${port}`);
    await collector.close();
    await new Promise<void>((resolve) => other.close(resolve));
  });
});
