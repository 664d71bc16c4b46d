import { afterEach, describe, expect, it } from '@jest/globals';
import type { TLSSocket } from 'node:tls';
import { TlsListener, type TlsListenerOptions } from '../../../src/adapters/transport/tls-listener.js';
import type { TlsRefusalReason } from '../../../src/adapters/transport/tls-refusal.js';
import { FakeClock } from '../../support/fake-clock.js';
import { credentialsOf, TestCertificateStore, testPki, type TestPki } from '../../support/pki.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { RecordingMetrics } from '../../support/recording-metrics.js';
import { OctetRelay, RunningListener } from './tls-support.js';

const open: RunningListener[] = [];
const listening = async (options: Partial<TlsListenerOptions> = {}): Promise<RunningListener> => {
  const made = await RunningListener.start(options);
  open.push(made);
  return made;
};
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
const only = (version: (typeof VERSIONS)[number]): object => ({ minVersion: version, maxVersion: version });

describe('TLS with client certificates', () => {
  it.each(VERSIONS)('accepts a client that has one of the CA, over %s', async (version) => {
    const running = await listening();
    const client = running.tls(running.pki.client, { ...only(version), ca: running.pki.authority.certificate });
    client.write('hello');
    await running.until(() => running.received === 'hello');
    const [socket] = running.accepted;
    expect(socket?.authorized).toBe(true);
    expect(socket?.getProtocol()).toBe(version);
    running.accepted[0]?.write('welcome');
    await running.until(() => client.received.toString() === 'welcome');
    expect(running.refused).toEqual([]);
    expect(running.listener.connections).toBe(1);
    expect(running.listener.handshakes).toBe(0);
    expect(running.clock.timers).toBe(0);
    client.destroy();
    await running.until(() => running.listener.connections === 0);
    expect(running.logger.lines).toEqual([]);
  });

  it('shows a certificate that clients can verify by the CA', async () => {
    const running = await listening();
    const { authority, client } = running.pki;
    await running.tls(client, { ca: authority.certificate, rejectUnauthorized: true }).secured();
    await running.until(() => running.accepted.length === 1);
  });

  it('agrees on a protocol, of those that both sides speak', async () => {
    const running = await listening({ alpnProtocols: ['h2'] });
    running.tls(running.pki.client, { ALPNProtocols: ['h2', 'http/1.1'] });
    await running.until(() => running.accepted.length === 1);
    running.tls(running.pki.client);
    await running.until(() => running.accepted.length === 2);
    expect(running.accepted.map(({ alpnProtocol }) => alpnProtocol)).toEqual(['h2', false]);
    const other = running.tls(running.pki.client, { ALPNProtocols: ['imap'] });
    await other.closed;
    await running.until(() => running.count('other') === 1);
    expect(other.errors.join()).toMatch(/alert no application protocol/);
    expect(running.logger.matching(/ALPN/)).toHaveLength(1);
  });

  it('takes a handshake that comes octet by octet', async () => {
    const running = await listening();
    const relay = new OctetRelay();
    running.tls(running.pki.client, { port: await relay.start(running.port) }).write('slowly');
    await running.until(() => running.received === 'slowly');
    await relay.close();
  });

  it.each(VERSIONS)(
    'never resumes a session, over %s neither, so that every client shows its certificate',
    async (version) => {
      const running = await listening();
      const { client } = running.pki;
      const first = running.tls(client, only(version));
      let session: Buffer | undefined;
      first.socket.on('session', (given: Buffer) => {
        session = given;
      });
      await running.until(() => running.accepted.length === 1);
      running.accepted[0]!.write('x');
      await running.until(() => first.received.length === 1);
      // TLS 1.2 without tickets names a session all the same; the server must not know it again.
      const again = running.tls(client, { ...only(version), ...(session && { session }) });
      await running.until(() => running.accepted.length === 2);
      running.accepted[1]!.write('y');
      await running.until(() => again.received.length === 1);
      expect((again.socket as TLSSocket).isSessionReused()).toBe(false);
      expect(running.accepted[1]!.isSessionReused()).toBe(false);
    },
  );
});

describe('A refused client', () => {
  /** Who comes, what it is told over TLS 1.2 and 1.3, and what the log says. */
  const BAD: [who: keyof TestPki | 'nothing', TlsRefusalReason, RegExp, RegExp][] = [
    ['nothing', 'no_client_certificate', /alert/, /showed no client certificate/],
    ['otherClient', 'unknown_authority', /ECONNRESET/, /another CA/],
    ['namesakeClient', 'unknown_authority', /ECONNRESET/, /another CA/],
    ['expiredClient', 'certificate_expired', /ECONNRESET/, /has expired/],
    ['futureClient', 'certificate_expired', /ECONNRESET/, /not valid yet; compare the clocks/],
    ['serverOnly', 'other', /ECONNRESET/, /clientAuth/],
  ];
  for (const version of VERSIONS) {
    it.each(BAD)(
      `over ${version} with %s gets an error; it is said and counted as %s`,
      async (who, reason, error, line) => {
        const running = await listening();
        const issued = who === 'nothing' ? undefined : (running.pki[who] as TestPki['client']);
        const client = running.tls(issued, only(version));
        client.write('this is not read');
        await client.closed;
        await running.until(() => running.refused.length === 1);
        expect(client.errors.join()).toMatch(error);
        expect(running.refused).toEqual([[expect.stringMatching(/^127\.0\.0\.1:\d+$/), reason]]);
        expect(running.count(reason)).toBe(1);
        expect(running.metrics.sum('weir_tls_handshakes_refused_total')).toBe(1);
        expect(running.logger.lines).toEqual([
          {
            level: 'repeated',
            key: `IPFIX over TLS ${reason} 127.0.0.1`,
            message: expect.stringMatching(line),
            fields: expect.objectContaining({ exporter: running.refused[0]![0], reason }),
          },
        ]);
        expect(running.accepted).toEqual([]);
        expect(running.received).toBe('');
        expect(running.listener.handshakes).toBe(0);
        expect(running.clock.timers).toBe(0);
      },
    );
  }

  it.each(VERSIONS)(
    'over %s sees an error although it sends nothing, and by TLS 1.3 believes it was accepted',
    async (version) => {
      const running = await listening();
      const client = running.tls(running.pki.otherClient, only(version));
      await client.closed;
      expect(client.errors.join()).toMatch(/ECONNRESET/);
    },
  );

  it('that speaks only TLS older than 1.2 is told so in TLS', async () => {
    const running = await listening();
    const client = running.tls(running.pki.client, {
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    await client.closed;
    expect(client.errors.join()).toMatch(/alert protocol version/);
    expect(running.count('protocol_version')).toBe(1);
    expect(running.logger.matching(/TLS 1\.2/)).toHaveLength(1);
  });

  it.each(['AES128-SHA', 'AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384'])(
    'that has no strong cipher suite to offer (%s) is told so in TLS',
    async (ciphers) => {
      const running = await listening();
      const client = running.tls(running.pki.client, { maxVersion: 'TLSv1.2', ciphers });
      await client.closed;
      expect(client.errors.join()).toMatch(/alert handshake failure/);
      expect(running.count('other')).toBe(1);
      expect(running.logger.matching(/no cipher suite/)[0]?.fields).toMatchObject({ detail: 'no shared cipher' });
    },
  );

  const PLAIN: [string, Uint8Array | string, RegExp][] = [
    ['IPFIX', Uint8Array.of(0, 10, 0, 20, 1, 2, 3, 4), /plain IPFIX/],
    ['NetFlow v9', Uint8Array.of(0, 9, 0, 20, 1, 2, 3, 4), /plain NetFlow v9/],
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n', /plain HTTP\)/],
    ['gRPC', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /plain gRPC/],
    ['one octet', Uint8Array.of(0), /no TLS;/],
    ['noise', Uint8Array.of(0xde, 0xad, 0xbe, 0xef), /no TLS;/],
  ];
  it.each(PLAIN)(
    'that speaks no TLS (%s) gets an alert, and what it seems to speak is said',
    async (_, bytes, line) => {
      const running = await listening();
      const client = running.plain(bytes);
      await client.closed;
      expect([...client.received]).toEqual([0x15, 3, 1, 0, 2, 2, 10]);
      expect(running.refused.map(([, reason]) => reason)).toEqual(['not_tls']);
      expect(running.logger.lines).toHaveLength(1);
      expect(running.logger.matching(line)).toHaveLength(1);
      await running.until(() => running.listener.handshakes === 0);
      expect(running.clock.timers).toBe(0);
    },
  );

  it('that speaks no TLS and does not close is cut off a second later', async () => {
    const running = await listening();
    const client = running.plain(Uint8Array.of(0, 10, 0, 20));
    client.socket.pause();
    (client.socket as { allowHalfOpen: boolean }).allowHalfOpen = true;
    await running.until(() => running.count('not_tls') === 1);
    client.write(Buffer.alloc(100_000));
    expect(running.listener.handshakes).toBe(1);
    await running.clock.advance(1000);
    await running.until(() => running.listener.handshakes === 0);
    expect(running.refused).toHaveLength(1);
  });

  it.each([
    ['never sends anything', undefined],
    ['never goes on', Uint8Array.of(0x16, 3, 1, 1, 0, 1, 0, 0)],
  ])('that %s is cut off after the time that handshakes have', async (_, bytes) => {
    const running = await listening({ handshakeTimeoutMs: 7000 });
    const client = running.plain(bytes);
    await running.until(() => running.listener.handshakes === 1);
    await running.clock.advance(6999);
    expect(running.refused).toEqual([]);
    await running.clock.advance(1);
    await client.closed;
    expect(running.count('handshake_timeout')).toBe(1);
    expect(running.metrics.sum('weir_tls_handshakes_refused_total')).toBe(1);
    expect(running.logger.matching(/within 7 s/)).toHaveLength(1);
    expect(running.logger.lines).toHaveLength(1);
    expect(running.listener.handshakes).toBe(0);
  });

  it('that goes away in the middle of its handshake is said, one that said nothing is not', async () => {
    const running = await listening();
    for (const bytes of [undefined, Uint8Array.of(0x16, 3, 1, 1, 0, 1)]) {
      const client = running.plain(bytes);
      await running.until(() => running.listener.handshakes === 1);
      client.socket.end();
      await running.until(() => running.listener.handshakes === 0);
    }
    expect(running.refused.map(([, reason]) => reason)).toEqual(['other']);
    expect(running.logger.matching(/went away/)).toHaveLength(1);
    expect(running.clock.timers).toBe(0);
  });

  it('that sends nonsense where TLS was begun gets an alert', async () => {
    const running = await listening();
    const client = running.plain(Buffer.concat([Uint8Array.of(0x16, 3, 1, 0, 64), Buffer.alloc(64, 0xff)]));
    await client.closed;
    expect(client.received[0]).toBe(0x15);
    expect(running.refused).toHaveLength(1);
    expect(running.listener.handshakes).toBe(0);
  });
});

describe('Limits of connections over TLS', () => {
  it('refuse clients while as many are connected as may be', async () => {
    const running = await listening({ maxConnections: 2 });
    const first = running.tls(running.pki.client);
    running.tls(running.pki.client);
    await running.until(() => running.accepted.length === 2);
    const third = running.tls(running.pki.client);
    await third.closed;
    expect(third.errors).toHaveLength(1);
    expect(running.count('too_many')).toBe(1);
    expect(running.logger.matching(/limits\.maxSessions/)).toHaveLength(1);
    first.destroy();
    await running.until(() => running.listener.connections === 1);
    running.tls(running.pki.client);
    await running.until(() => running.accepted.length === 3);
  });

  it('hold for those as well whose handshakes ended at the same time', async () => {
    const running = await listening({ maxConnections: 1 });
    const clients = [1, 2, 3].map(() => running.tls(running.pki.client));
    for (const client of clients) client.write('x');
    await running.until(() => running.refused.length === 2);
    expect(running.accepted).toHaveLength(1);
    expect(running.listener.connections).toBe(1);
    expect(running.count('too_many')).toBe(2);
    expect(running.clock.timers).toBe(0);
  });

  it('do not count those who have shown no certificate', async () => {
    const running = await listening({ maxConnections: 1 });
    for (let i = 0; i < 5; i++) running.plain();
    await running.until(() => running.listener.handshakes === 5);
    running.tls(running.pki.client).write('x');
    await running.until(() => running.received === 'x');
  });

  it('let nobody keep others out who does not go on: after two seconds the one that waited longest makes room', async () => {
    const running = await listening({ maxHandshakes: 100 });
    for (let i = 0; i < 100; i++) running.plain(i % 2 === 0 ? undefined : Uint8Array.of(0x16, 3, 1));
    await running.until(() => running.listener.handshakes === 100);
    const early = running.tls(running.pki.client);
    await early.closed;
    expect(early.errors).toHaveLength(1);
    expect(running.count('too_many_handshakes')).toBe(1);
    await running.clock.advance(2000);
    for (let i = 0; i < 10; i++) running.tls(running.pki.client).write('x');
    await running.until(() => running.received.length === 10);
    expect(running.count('too_many_handshakes')).toBe(1);
    await running.clock.advance(8000);
    expect(running.listener.handshakes).toBe(0);
    expect(running.count('handshake_timeout')).toBe(100);
    expect(running.metrics.sum('weir_tls_handshakes_refused_total')).toBe(101);
    expect(running.clock.timers).toBe(0);
  });
});

describe('Certificates of a TLS listener', () => {
  it('that are renewed are used for new clients at once; those that are connected stay', async () => {
    const running = await listening();
    const { authority, client, otherAuthority, otherClient } = running.pki;
    const before = running.tls(client, { ca: authority.certificate, rejectUnauthorized: true });
    before.write('a');
    await running.until(() => running.received === 'a');
    running.store.renew(credentialsOf(otherAuthority, await otherAuthority.issue({ name: 'weir' })));
    const after = running.tls(otherClient, { ca: otherAuthority.certificate, rejectUnauthorized: true });
    after.write('b');
    await running.until(() => running.received === 'ab');
    const old = running.tls(client);
    await old.closed;
    expect(running.count('unknown_authority')).toBe(1);
    before.write('c');
    await running.until(() => running.received === 'abc');
    expect(running.logger.of('info')).toHaveLength(1);
  });

  it('that are renewed by unusable ones go on being used', async () => {
    const running = await listening();
    running.store.renew({ ...running.pki.credentials, privateKey: 'no key' });
    running.tls(running.pki.client).write('a');
    await running.until(() => running.received === 'a');
    expect(running.logger.of('error')[0]?.message).toMatch(/renewed certificates can't be used/);
    expect(JSON.stringify(running.logger.lines)).not.toContain('no key');
  });

  it('that are not to be had keep it from starting, and it says why', async () => {
    const store = new TestCertificateStore(new Error("can't read /data/ca.key: permission denied"));
    const options = { what: 'gRPC', transport: 'grpc', host: '127.0.0.1', port: 14739, maxConnections: 1 };
    const listener = new TlsListener(options, store, new FakeClock(), new RecordingLogger(), new RecordingMetrics());
    await expect(listener.start({ accepted: () => undefined })).rejects.toThrow(
      "can't listen for gRPC on 127.0.0.1:14739: can't read /data/ca.key: permission denied",
    );
    expect(store.listeners).toBe(0);
    expect(listener.address).toBe('');
    listener.stop();
  });

  it('are let go of when it stops, when its port is taken too', async () => {
    const running = await listening();
    expect(running.store.listeners).toBe(1);
    const { credentials } = await testPki();
    const store = new TestCertificateStore(credentials);
    const options = { what: 'gRPC', transport: 'grpc', host: '127.0.0.1', port: running.port, maxConnections: 1 };
    const second = new TlsListener(options, store, new FakeClock(), new RecordingLogger(), new RecordingMetrics());
    await expect(second.start({ accepted: () => undefined })).rejects.toThrow(/^can't listen for gRPC on .*EADDRINUSE/);
    expect(store.listeners).toBe(0);
    running.listener.stop();
    expect(running.store.listeners).toBe(0);
    expect(running.listener.address).toBe('');
  });

  it('matter no more to those who are in their handshake when it stops, and those are not said to be refused', async () => {
    const running = await listening();
    const connected = running.tls(running.pki.client);
    const waiting = [running.plain(), running.plain(Uint8Array.of(0x16, 3, 1))];
    await running.until(() => running.listener.handshakes === 2 && running.accepted.length === 1);
    running.listener.stop();
    await Promise.all(waiting.map(({ closed }) => closed));
    connected.write('still here');
    await running.until(() => running.received === 'still here');
    expect(running.refused).toEqual([]);
    expect(running.clock.timers).toBe(0);
  });
});
