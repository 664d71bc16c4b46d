import { afterEach, describe, expect, it } from '@jest/globals';
import { TcpCollector } from '../../../../src/adapters/ipfix/collector/tcp-collector.js';
import { UdpCollector } from '../../../../src/adapters/ipfix/collector/udp-collector.js';
import { concat, message, set, template } from '../../../support/ipfix-messages.js';
import { FIELDS, flow, Running, TEMPLATE } from './collector-support.js';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function tcp(): Promise<Running<TcpCollector>> {
  const made = new Running<TcpCollector>(
    (all, { clock, logger, metrics }) => new TcpCollector(all, clock, logger, metrics),
  );
  open.push(made);
  return made.start();
}

async function udp(): Promise<Running<UdpCollector>> {
  const made = new Running<UdpCollector>(
    (all, { clock, logger, metrics }) => new UdpCollector(all, clock, logger, metrics, () => Promise.resolve('')),
  );
  open.push(made);
  return made.start();
}

describe('RFC 7011 §8: templates and transport sessions', () => {
  it('of one connection say nothing about the next one of the same exporter', async () => {
    const collector = await tcp();
    const first = await collector.connect();
    first.end(concat(TEMPLATE, flow(1)));
    await collector.received(1);
    await collector.until(() => collector.metrics.value('weir_sessions', { transport: 'tcp' }) === 0);
    (await collector.connect()).write(concat(flow(2), TEMPLATE, flow(3)));
    await collector.received(2);
    expect(collector.ports).toEqual([1, 3]);
    expect(collector.metrics.value('weir_sets_skipped_total', { reason: 'unknown_template' })).toBe(1);
  });
});

describe('RFC 7011 §9: what a collector notes', () => {
  it('is each identifier that it doesn’t know, in a line for those who look for details', async () => {
    const collector = await tcp();
    const fields = [...FIELDS, { enterpriseNumber: 6876, id: 888, length: 4 }];
    (await collector.connect()).write(message({}, set(2, template(300, fields))));
    await collector.until(() => collector.logger.lines.length > 0);
    expect(collector.logger.lines).toMatchObject([
      {
        level: 'debug',
        message: expect.stringContaining('does not know'),
        fields: { template: 300, elements: '6876/888', exporter: expect.stringMatching(/^127\.0\.0\.1:\d+$/) },
      },
    ]);
  });

  it('are gaps in the sequence numbers (§11.6), over TCP and UDP', async () => {
    const overTcp = await tcp();
    (await overTcp.connect()).write(concat(TEMPLATE, flow(1, 0), flow(2, 5)));
    await overTcp.received(2);
    expect(overTcp.metrics.value('weir_sequence_gaps_total')).toBe(1);

    const overUdp = await udp();
    const send = overUdp.sender();
    for (const datagram of [TEMPLATE, flow(1, 0), flow(2, 5)]) await send(datagram);
    await overUdp.received(2);
    expect(overUdp.metrics.value('weir_sequence_gaps_total')).toBe(1);
  });
});
