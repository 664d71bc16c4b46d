import { afterEach, describe, expect, it } from '@jest/globals';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { TlsCollector } from '../../../../src/adapters/ipfix/collector/tls-collector.js';
import type { FlowSource } from '../../../../src/application/ports/flow-source.js';
import { concat, message, set } from '../../../support/ipfix-messages.js';
import { credentialsOf, TestCertificateStore, testPki, type Issued } from '../../../support/pki.js';
import { TlsClient } from '../../../support/tls-client.js';
import { flow, overTls, Running, TEMPLATE } from './collector-support.js';

const open: Running<FlowSource>[] = [];
const running = async (): Promise<Running<FlowSource>> => {
  const made = await overTls();
  open.push(made);
  return made.start();
};
/** One whose certificates the test holds. */
const runningWith = async (store: TestCertificateStore): Promise<Running<FlowSource>> => {
  const made = new Running<FlowSource>(
    (all, { clock, logger, metrics }) => new TlsCollector(all, store, clock, logger, metrics),
  );
  open.push(made);
  return made.start();
};
const clients: TlsClient[] = [];
const connect = (collector: Running<FlowSource>, issued?: Issued, options?: ConnectionOptions): TlsClient => {
  const client = TlsClient.tls(collector.port, issued, options);
  clients.push(client);
  return client;
};
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  for (const each of open.splice(0)) await each.close();
});

const TLS = { transport: 'tls' };

describe('IPFIX over TLS', () => {
  it('is found in whatever records it comes in: one for each octet, small ones, and several messages in one', async () => {
    const collector = await running();
    const octets = await collector.connect();
    for (const octet of concat(TEMPLATE, flow(1), flow(2, 1))) octets.write(Uint8Array.of(octet));
    await collector.received(2);

    const { socket: small } = await connect(collector, (await testPki()).client).secured();
    expect((small as TLSSocket).setMaxSendFragment(512)).toBe(true);
    const sets = Array.from({ length: 200 }, (_, i) => flow(100 + i).subarray(16));
    small.write(concat(TEMPLATE, message({}, ...sets), flow(3, 200)));
    await collector.received(203);
    expect(collector.ports.slice(0, 2)).toEqual([1, 2]);
    expect(collector.ports.slice(2)).toEqual([...sets.map((_, i) => 100 + i), 3]);
    expect(collector.metrics.sum('weir_messages_malformed_total')).toBe(0);
  });

  it('arrives whole in messages as large as there can be, through records as large as there can be', async () => {
    const collector = await running();
    const socket = await collector.connect();
    const records = Array.from({ length: 6500 }, (_, i) => flow(i).subarray(20));
    const large = message({}, set(256, ...records));
    expect(large.length).toBeGreaterThan(64_000);
    socket.write(concat(TEMPLATE, large, message({ sequence: 6500 }, set(256, ...records))));
    await collector.received(13_000);
    expect(collector.ports).toEqual([...records.keys(), ...records.keys()]);
  });

  it('that comes with the end of the handshake is not lost', async () => {
    const collector = await running();
    const client = connect(collector, (await testPki()).client);
    client.write(concat(TEMPLATE, flow(1)));
    await collector.received(1);
  });

  it('waits in the network while paused, however much there is, and then arrives whole', async () => {
    const collector = await running();
    const socket = await collector.connect();
    socket.write(TEMPLATE);
    await collector.until(() => collector.metrics.value('weir_templates', TLS) === 1);
    collector.collector.pause();
    let sent = 0;
    // Until the kernel takes no more: an exporter that is held back notices by that.
    while (socket.writableLength < 1_000_000) {
      socket.write(flow(sent % 65_536, sent));
      sent++;
    }
    for (let turn = 0; turn < 20; turn++) await collector.clock.turn();
    expect(collector.records).toEqual([]);
    collector.collector.resume();
    await collector.received(sent);
    expect(collector.metrics.value('weir_sequence_gaps_total')).toBe(0);
  });

  it('ends in order when the collector stops: exporters are told in TLS, and what they still send is taken', async () => {
    const collector = await running();
    const socket = await collector.connect();
    const errors: Error[] = [];
    socket.on('error', (error) => errors.push(error));
    socket.write(concat(TEMPLATE, flow(1)));
    await collector.received(1);
    const ended = new Promise<void>((resolve) => socket.once('end', resolve));
    socket.on('end', () => socket.end(flow(2, 1)));
    socket.resume();
    await collector.collector.stop();
    await ended;
    expect(collector.ports).toEqual([1, 2]);
    expect(errors).toEqual([]);
    expect(collector.logger.lines).toEqual([]);
  });

  it('of an exporter without a good certificate is not read: there is no session, and one line', async () => {
    const collector = await running();
    const { otherClient, expiredClient } = await testPki();
    for (const issued of [undefined, otherClient, expiredClient]) {
      const client = connect(collector, issued);
      client.write(concat(TEMPLATE, flow(1)));
      await client.closed;
      expect(client.errors).not.toEqual([]);
    }
    const { metrics, logger } = collector;
    await collector.until(() => metrics.sum('weir_tls_handshakes_refused_total', TLS) === 3);
    expect(collector.records).toEqual([]);
    expect(metrics.value('weir_sessions', TLS)).toBe(0);
    expect(metrics.value('weir_messages_received_total', TLS)).toBe(0);
    expect(metrics.value('weir_sessions_refused_total', TLS)).toBe(0);
    expect(logger.of('repeated').map(({ fields }) => fields['reason'])).toEqual([
      'no_client_certificate',
      'unknown_authority',
      'certificate_expired',
    ]);
  });

  it('of an exporter set to TCP is not read, and it is said what it speaks', async () => {
    const collector = await running();
    const socket = await collector.connectPlain();
    socket.resume();
    socket.write(concat(TEMPLATE, flow(1)));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(collector.logger.matching(/looks like plain IPFIX/)).toHaveLength(1);
    expect(collector.metrics.value('weir_tls_handshakes_refused_total', { ...TLS, reason: 'not_tls' })).toBe(1);
  });

  it('goes on over connections from before the certificates were renewed', async () => {
    const { credentials, client, otherAuthority, otherClient } = await testPki();
    const store = new TestCertificateStore(credentials);
    const collector = await runningWith(store);
    const before = connect(collector, client);
    before.write(concat(TEMPLATE, flow(1)));
    await collector.received(1);
    store.renew(credentialsOf(otherAuthority, await otherAuthority.issue({ name: 'weir' })));
    before.write(flow(2, 1));
    const after = connect(collector, otherClient, { ca: otherAuthority.certificate, rejectUnauthorized: true });
    after.write(concat(TEMPLATE, flow(3)));
    await collector.received(3);
    expect([...collector.ports].sort()).toEqual([1, 2, 3]);
    expect(collector.metrics.value('weir_sessions', TLS)).toBe(2);
    await collector.stop();
    expect(store.listeners).toBe(0);
  });

  it('is not listened for without certificates, and the error says why', async () => {
    const store = new TestCertificateStore(new Error("can't write /data/ca.key: no space left on device"));
    await expect(runningWith(store)).rejects.toThrow(
      "can't listen for IPFIX over TLS on 127.0.0.1:0: can't write /data/ca.key: no space left on device",
    );
  });
});
