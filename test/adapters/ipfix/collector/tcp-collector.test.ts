import { afterEach, describe, expect, it } from '@jest/globals';
import type { FlowSource } from '../../../../src/application/ports/flow-source.js';
import { testPki } from '../../../support/pki.js';
import { TlsClient } from '../../../support/tls-client.js';
import { concat } from '../../../support/ipfix-messages.js';
import { flow, overTcp, TEMPLATE, type Running } from './collector-support.js';

const open: Running<FlowSource>[] = [];
const running = async (): Promise<Running<FlowSource>> => {
  const made = await overTcp();
  open.push(made);
  return made.start();
};
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

describe('An exporter set to TLS, at a collector over TCP', () => {
  it('gets an alert, and the log says which key to look at', async () => {
    const collector = await running();
    const client = TlsClient.tls(collector.port, (await testPki()).client);
    await client.closed;
    expect(client.errors.join()).toMatch(/alert unexpected message|unexpected_message/i);
    expect(collector.logger.lines).toMatchObject([
      {
        level: 'repeated',
        message: expect.stringMatching(/speaks TLS, but aggregatorTransportProtocol is TCP/),
        fields: { exporter: expect.stringMatching(/^127\.0\.0\.1:\d+$/) },
      },
    ]);
    expect(collector.metrics.value('weir_messages_malformed_total', { transport: 'tcp', reason: 'version' })).toBe(1);
    await collector.until(() => collector.metrics.value('weir_sessions', { transport: 'tcp' }) === 0);
    expect(collector.clock.timers).toBe(0);
  });

  it('is cut off a second later if it goes on, and what it sends is not read', async () => {
    const collector = await running();
    const socket = await collector.connectPlain();
    socket.allowHalfOpen = true;
    socket.write(Uint8Array.of(0x16));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.write(concat(TEMPLATE, flow(1)));
    await collector.clock.advance(1000);
    await collector.until(() => collector.metrics.value('weir_sessions', { transport: 'tcp' }) === 0);
    expect(collector.records).toEqual([]);
    expect(collector.logger.lines).toHaveLength(1);
  });
});
