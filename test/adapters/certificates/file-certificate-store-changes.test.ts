import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { certificatesOf } from '../../../src/adapters/certificates/pem.js';
import type { ServerCredentials } from '../../../src/application/ports/certificate-store.js';
import { aCertificate, anAuthority, CLIENT, DAY_MS, HOUR_MS, NOW, SERVER, YEAR_MS } from './certificates.js';
import { first, POLL_MS, StoreBench } from './store-bench.js';

let bench: StoreBench;
beforeEach(() => {
  bench = new StoreBench();
});
afterEach(() => {
  bench.close();
});

describe('renewal', () => {
  it('happens when fewer than 90 days remain, and the previous CA stays until its end', async () => {
    const store = bench.aStore();
    const old = await store.serverCredentials();
    const oldFiles = bench.all();
    const seen = jest.fn();
    store.onRenewal(seen);
    bench.clock.setUnix(NOW + YEAR_MS - 90 * DAY_MS - 2 * HOUR_MS);
    await bench.clock.advance(HOUR_MS);
    expect(seen).not.toHaveBeenCalled();

    const credentials = await bench.renewed(store, HOUR_MS);
    expect(seen).toHaveBeenCalledWith(credentials);
    expect(await store.serverCredentials()).toBe(credentials);
    bench.expectConsistent(credentials);
    expect(bench.read('ca.key')).not.toBe(oldFiles['ca.key']);
    expect(certificatesOf(credentials.clientAuthorities).map(String)).toEqual([
      first(bench.read('ca.crt')).toString(),
      first(old.clientAuthorities).toString(),
    ]);
    const [, between] = certificatesOf(credentials.certificate);
    expect(between?.verify(first(old.clientAuthorities).publicKey)).toBe(true);
    expect(statSync(bench.path('previous-ca.crt')).mode & 0o777).toBe(0o600);
    // Another process knows it too.
    expect((await bench.aStore().serverCredentials()).clientAuthorities).toBe(credentials.clientAuthorities);

    bench.clock.setUnix(NOW + YEAR_MS);
    const without = await bench.renewed(store, HOUR_MS);
    expect(certificatesOf(without.clientAuthorities)).toHaveLength(1);
    expect(certificatesOf(without.certificate)).toHaveLength(1);
    expect(first(without.certificate).toString()).toBe(first(credentials.certificate).toString());
  });

  it('follows the deletion of the CA, which then is gone at once', async () => {
    const store = bench.aStore();
    const old = await store.serverCredentials();
    rmSync(bench.path('ca.crt'));
    rmSync(bench.path('ca.key'));
    const credentials = await bench.renewed(store, POLL_MS);
    bench.expectConsistent(credentials);
    expect(credentials.clientAuthorities).not.toContain(old.clientAuthorities);
    expect(existsSync(bench.path('previous-ca.crt'))).toBe(false);
  });

  it('makes a client certificate that was deleted, and changes nothing for servers', async () => {
    const store = bench.aStore();
    const old = await store.serverCredentials();
    const seen = jest.fn();
    store.onRenewal(seen);
    rmSync(bench.path('client.crt'));
    rmSync(bench.path('client.key'));
    await bench.until(() => existsSync(bench.path('client.key')) && !existsSync(bench.path('.lock')), POLL_MS);
    bench.expectConsistent(old);
    expect(seen).not.toHaveBeenCalled();
  });

  it('waits until files that change were left alone between two looks', async () => {
    const store = bench.aStore();
    await store.serverCredentials();
    const authority = await anAuthority();
    let credentials: ServerCredentials | undefined;
    store.onRenewal((given) => (credentials = given));
    bench.put('ca', { certificate: authority.certificate });
    await bench.clock.advance(POLL_MS);
    bench.put('ca', authority);
    await bench.until(() => credentials !== undefined, POLL_MS);
    expect(bench.read('ca.crt')).toBe(authority.certificate);
    bench.expectConsistent(credentials!);
  });

  it('of the server certificate alone happens under a CA that lasts longer', async () => {
    const authority = await anAuthority({ end: NOW + 9 * YEAR_MS });
    bench.put('ca', authority);
    const store = bench.aStore();
    const old = await store.serverCredentials();
    bench.clock.setUnix(NOW + YEAR_MS - 89 * DAY_MS);
    const credentials = await bench.renewed(store, HOUR_MS);
    expect(credentials.certificate).not.toBe(old.certificate);
    expect(credentials.clientAuthorities).toBe(old.clientAuthorities);
    bench.expectConsistent(credentials);
  });

  it('of a CA of others is left to them, with a warning a day', async () => {
    bench.put('ca', await anAuthority({ end: NOW + 13.5 * DAY_MS }));
    const store = bench.aStore();
    await store.serverCredentials();
    const before = bench.read('ca.crt');
    const days = (): unknown[] => bench.logger.matching(/ends soon/).map(({ fields }) => fields['days']);
    expect(days()).toEqual([13]);
    // The clock may run ahead of the disk, by days even.
    await bench.until(() => days().length === 3, HOUR_MS);
    expect(new Set(days()).size).toBe(3);
    expect(bench.read('ca.crt')).toBe(before);
  });

  it('is over once the store is closed', async () => {
    const store = bench.aStore();
    const begun = store.serverCredentials();
    store.close();
    await begun;
    expect(bench.clock.timers).toBe(0);
  });

  it('that fails leaves in use what is', async () => {
    const store = bench.aStore();
    const credentials = await store.serverCredentials();
    rmSync(bench.path('client.key'));
    mkdirSync(bench.path('client.key'));
    await bench.until(() => bench.logger.of('repeated').length > 0, POLL_MS);
    expect(bench.logger.of('repeated')[0]).toMatchObject({
      key: 'certificates',
      fields: { error: expect.stringContaining('client.key can not be read') },
    });
    expect(await store.serverCredentials()).toBe(credentials);
  });
});

describe('a server certificate that somebody put there', () => {
  it('is used with all that is in its file, and said', async () => {
    const root = await anAuthority({ name: 'root' });
    const between = await anAuthority({ name: 'between', issuer: root });
    const server = await aCertificate({ issuer: between, extendedKeyUsages: [SERVER] });
    bench.put('server', { ...server, certificate: server.certificate + between.certificate });
    const credentials = await bench.aStore().serverCredentials();
    expect(certificatesOf(credentials.certificate).map(String)).toEqual(
      certificatesOf(server.certificate + between.certificate).map(String),
    );
    expect(credentials.privateKey).toBe(server.privateKey);
    expect(credentials.clientAuthorities).toBe(bench.read('ca.crt'));
    expect(bench.logger.matching(/server certificate of this file/)).toHaveLength(1);
  });

  it.each([
    ['server.key is missing beside', async () => ({ certificate: (await aCertificate()).certificate })],
    ['server.crt is missing beside', async () => ({ privateKey: (await aCertificate()).privateKey })],
    ['server.crt has no certificate', async () => ({ ...(await aCertificate()), certificate: '' })],
    [
      'server.key is not the key of',
      async () => ({ ...(await aCertificate()), privateKey: (await aCertificate()).privateKey }),
    ],
    ['server.crt expired at', () => aCertificate({ end: NOW })],
    ['server.crt lacks the extended key usage serverAuth', () => aCertificate({ extendedKeyUsages: [CLIENT] })],
  ])('is an error if %s', async (reason, make) => {
    bench.put('server', await make());
    const before = bench.all();
    await expect(bench.aStore().serverCredentials()).rejects.toThrow(`${bench.directory}/${reason}`);
    expect(bench.all()).toMatchObject(before);
  });

  it('is picked up when it is replaced, and when it is removed', async () => {
    const store = bench.aStore();
    await store.serverCredentials();
    const server = await aCertificate();
    bench.put('server', server);
    expect((await bench.renewed(store, POLL_MS)).privateKey).toBe(server.privateKey);
    const other = await aCertificate();
    bench.put('server', other);
    expect((await bench.renewed(store, POLL_MS)).privateKey).toBe(other.privateKey);
    rmSync(bench.path('server.crt'));
    rmSync(bench.path('server.key'));
    bench.expectConsistent(await bench.renewed(store, POLL_MS));
  });
});

describe('a CA below another', () => {
  it('comes with its chain', async () => {
    const root = await anAuthority({ name: 'root' });
    const below = await anAuthority({ name: 'below', issuer: root });
    bench.put('ca', { ...below, certificate: below.certificate + root.certificate });
    const credentials = await bench.aStore().serverCredentials();
    expect(certificatesOf(credentials.certificate)).toHaveLength(2);
    expect(credentials.certificate).toContain(below.certificate);
    expect(credentials.clientAuthorities).toBe(below.certificate + root.certificate);
  });
});

describe('a CA whose key is elsewhere', () => {
  it('is used with a server certificate, and nothing is made', async () => {
    const authority = await anAuthority();
    const server = await aCertificate({ issuer: authority });
    bench.put('ca', { certificate: authority.certificate });
    bench.put('server', server);
    const before = bench.all();
    const credentials = await bench.aStore().serverCredentials();
    expect(credentials.clientAuthorities).toBe(authority.certificate);
    expect(credentials.privateKey).toBe(server.privateKey);
    expect(bench.all()).toEqual(before);
    expect(bench.logger.matching(/issues none/)).toHaveLength(1);
    expect(bench.logger.matching(/exporters need these files/)).toHaveLength(0);
  });

  it('is an error once it expired', async () => {
    bench.put('ca', { certificate: (await anAuthority({ end: NOW })).certificate });
    bench.put('server', await aCertificate());
    await expect(bench.aStore().serverCredentials()).rejects.toThrow(`${bench.path('ca.crt')} expired at`);
  });
});
