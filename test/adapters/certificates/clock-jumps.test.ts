import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CertificateFiles } from '../../../src/adapters/certificates/certificate-files.js';
import { beginOf, endOf } from '../../../src/adapters/certificates/pem.js';
import type { FileCertificateStore } from '../../../src/adapters/certificates/file-certificate-store.js';
import type { ServerCredentials } from '../../../src/application/ports/certificate-store.js';
import { aCertificate, anAuthority, DAY_MS, HOUR_MS, NOW, YEAR_MS } from './certificates.js';
import { first, POLL_MS, StoreBench } from './store-bench.js';

let bench: StoreBench;
beforeEach(() => {
  bench = new StoreBench();
});
afterEach(() => {
  bench.close();
});

/** What a store renews to within half a minute; the machine's time for files and keys is another. */
async function renewedSoon(store: FileCertificateStore): Promise<ServerCredentials> {
  let credentials: ServerCredentials | undefined;
  store.onRenewal((given) => (credentials = given));
  await polls(3);
  await bench.until(() => credentials !== undefined, 1);
  return credentials!;
}

/** Lets so many polls happen, one after another. */
async function polls(count: number): Promise<void> {
  for (let poll = 0; poll < count; poll++) {
    await bench.clock.advance(POLL_MS);
    for (let i = 0; i < 200; i++) await bench.clock.turn();
  }
}

describe("the machine's clock", () => {
  it('that was far behind is followed by new certificates within half a minute', async () => {
    const store = bench.aStore();
    const old = await store.serverCredentials();
    bench.clock.setUnix(NOW + 3 * YEAR_MS);
    const credentials = await renewedSoon(store);
    expect(endOf(first(old.certificate))).toBeLessThan(bench.clock.unixMilliseconds());
    expect(endOf(first(credentials.certificate))).toBeGreaterThan(bench.clock.unixMilliseconds());
    bench.expectConsistent(credentials);
  });

  it('that was a day ahead is followed by a server certificate that is valid now, under a CA that was', async () => {
    bench.put('ca', await anAuthority({ begin: NOW - YEAR_MS }));
    const store = bench.aStore();
    const old = await store.serverCredentials();
    const authority = bench.read('ca.crt');
    bench.clock.setUnix(NOW - DAY_MS);
    const credentials = await renewedSoon(store);
    expect(beginOf(first(old.certificate))).toBeGreaterThan(bench.clock.unixMilliseconds());
    expect(beginOf(first(credentials.certificate))).toBeLessThan(bench.clock.unixMilliseconds());
    expect(bench.read('ca.crt')).toBe(authority);
  });

  it('that is behind what is kept replaces nothing, and a warning says once what to do', async () => {
    const earlier = bench.aStore();
    await earlier.serverCredentials();
    earlier.close();
    const files = bench.all();
    bench.clock.setUnix(NOW - YEAR_MS);
    const later = bench.aStore();
    await later.serverCredentials();
    await bench.clock.advance(2 * HOUR_MS);
    expect(bench.all()).toEqual(files);
    const warnings = bench.logger.matching(/not valid yet/);
    expect(warnings.map(({ fields }) => fields['file'])).toEqual([bench.path('ca.crt'), bench.path('client.crt')]);
    expect(warnings[0]!.fields['begin']).toBe(new Date(NOW - HOUR_MS).toISOString());
  });
});

describe('the look once an hour', () => {
  it('waits for whoever is between the two files of a pair', async () => {
    const store = bench.aStore();
    await store.serverCredentials();
    const authority = await anAuthority();
    await bench.clock.advance(HOUR_MS - 1);
    bench.put('ca', { certificate: authority.certificate });
    await bench.clock.advance(1);
    for (let i = 0; i < 200; i++) await bench.clock.turn();
    bench.put('ca', { privateKey: authority.privateKey });
    const credentials = await renewedSoon(store);
    expect(bench.read('ca.crt')).toBe(authority.certificate);
    bench.expectConsistent(credentials);
  });
});

describe('a change of files', () => {
  it('is seen although the file keeps its size and time, as with cp -p', async () => {
    const { certificate, privateKey } = await aCertificate();
    mkdirSync(bench.directory, { recursive: true });
    const files = new CertificateFiles(bench.directory, bench.clock);
    const [atime, mtime] = [new Date(NOW), new Date(NOW)];
    writeFileSync(bench.path('server.key'), privateKey);
    utimesSync(bench.path('server.key'), atime, mtime);
    const before = await files.signature();
    writeFileSync(bench.path('server.key'), certificate.slice(0, privateKey.length).padEnd(privateKey.length));
    utimesSync(bench.path('server.key'), atime, mtime);
    expect(statSync(bench.path('server.key'))).toMatchObject({ mtime, size: privateKey.length });
    expect(await files.signature()).not.toBe(before);
  });
});
