import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FileCertificateStore } from '../../../src/adapters/certificates/file-certificate-store.js';
import type { ServerCredentials } from '../../../src/application/ports/certificate-store.js';
import { SystemClock } from '../../../src/infrastructure/clock.js';
import { aCertificate, anAuthority, CLIENT, HOUR_MS, NOW, SERVER, YEAR_MS } from './certificates.js';
import { first, MADE, StoreBench } from './store-bench.js';

const run = promisify(execFile);

let bench: StoreBench;
beforeEach(() => {
  bench = new StoreBench();
});
afterEach(() => {
  bench.close();
});

/** What a store of another process gives. */
async function credentialsOfProcess(where: string): Promise<ServerCredentials> {
  const source = (path: string): string => new URL(`../../../src/${path}`, import.meta.url).href;
  const program = `
    const { FileCertificateStore } = await import('${source('adapters/certificates/file-certificate-store.js')}');
    const { SystemClock } = await import('${source('infrastructure/clock.js')}');
    const logger = { debug() {}, info() {}, warn: console.error, error: console.error, repeated: console.error };
    const options = { directory: process.argv[1], serverNames: ['localhost'], keyKind: 'p-256' };
    const store = new FileCertificateStore(options, new SystemClock({ holdProcess: true }), logger);
    console.log(JSON.stringify(await store.serverCredentials()));
    store.close();`;
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', program, where]);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as ServerCredentials;
}

describe('certificates that are not there', () => {
  it('are made, with RSA keys, for the owner alone to read', async () => {
    const credentials = await bench.aStore({ keyKind: 'rsa-2048' }).serverCredentials();
    expect(bench.names()).toEqual(MADE);
    expect(statSync(bench.directory).mode & 0o777).toBe(0o700);
    for (const name of MADE) expect(statSync(bench.path(name)).mode & 0o777).toBe(0o600);
    for (const name of ['ca.crt', 'client.crt']) {
      expect(first(bench.read(name)).publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    }
    expect(first(credentials.certificate).publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(first(credentials.certificate).checkHost('localhost')).toBe('localhost');
    bench.expectConsistent(credentials);
  });

  it('are made once for all that ask, and said once', async () => {
    const store = bench.aStore();
    const [one, other] = await Promise.all([store.serverCredentials(), store.serverCredentials()]);
    expect(other).toBe(one);
    expect(await store.serverCredentials()).toBe(one);
    expect(bench.logger.lines).toEqual([
      {
        level: 'info',
        message: 'a CA and a client certificate were made',
        fields: { reason: `there is no ${bench.path('ca.crt')}` },
      },
      {
        level: 'info',
        message: 'exporters need these files to send over TLS',
        fields: { ca: bench.path('ca.crt'), certificate: bench.path('client.crt'), key: bench.path('client.key') },
      },
    ]);
  });

  it('never reach the log with a key', async () => {
    const { privateKey } = await bench.aStore().serverCredentials();
    const secrets = [privateKey, bench.read('ca.key'), bench.read('client.key')].map((key) => key.split('\n')[1]!);
    for (const secret of secrets) expect(JSON.stringify(bench.logger.lines)).not.toContain(secret);
  });

  it('are the same for stores that begin at once', async () => {
    // The machine's time: those that wait for the lock would find it abandoned if a test's time ran ahead of the disk.
    const options = { directory: bench.directory, serverNames: ['localhost'], keyKind: 'p-256' } as const;
    for (let round = 0; round < 2; round++) {
      const several = Array.from(
        { length: 3 },
        () => new FileCertificateStore(options, new SystemClock(), bench.logger),
      );
      try {
        const given = await Promise.all(several.map((store) => store.serverCredentials()));
        for (const credentials of given) bench.expectConsistent(credentials);
      } finally {
        for (const store of several) store.close();
      }
      expect(bench.names()).toEqual(MADE);
      rmSync(bench.directory, { recursive: true });
    }
    expect(bench.logger.matching(/were made/)).toHaveLength(2);
  });

  // Node starts slowly on a busy machine.
  it('are the same for processes that begin at once', async () => {
    const given = await Promise.all(Array.from({ length: 2 }, () => credentialsOfProcess(bench.directory)));
    for (const credentials of given) bench.expectConsistent(credentials);
    expect(bench.names()).toEqual(MADE);
  }, 60_000);
});

describe('certificates that are there', () => {
  it('are taken over unchanged, whoever made them', async () => {
    const authority = await anAuthority({ end: NOW + 5 * YEAR_MS });
    const pkcs1 = authority.key.export({ format: 'pem', type: 'sec1' }).toString();
    bench.put('ca', { ...authority, privateKey: `comments stay\n${pkcs1}` });
    bench.put('client', await aCertificate({ issuer: authority, extendedKeyUsages: [CLIENT] }));
    chmodSync(bench.path('client.crt'), 0o644);
    const before = bench.all();
    bench.expectConsistent(await bench.aStore().serverCredentials());
    expect(bench.all()).toEqual(before);
    expect(statSync(bench.path('client.crt')).mode & 0o777).toBe(0o644);
    expect(bench.logger.lines.map(({ message }) => message)).toEqual(['exporters need these files to send over TLS']);
  });

  it('are what the next process uses too', async () => {
    await bench.aStore().serverCredentials();
    const before = bench.all();
    bench.expectConsistent(await bench.aStore().serverCredentials());
    expect(bench.all()).toEqual(before);
  });

  const faults: [string, () => Promise<void>, string[]][] = [
    ['ca.crt has no certificate in PEM', async () => writeFileSync(bench.path('ca.crt'), ''), MADE],
    ['ca.key has no private key in PEM', async () => writeFileSync(bench.path('ca.key'), 'lost'), MADE],
    ['ca.key is missing beside', async () => rmSync(bench.path('ca.key')), MADE],
    ['ca.crt is missing beside', async () => rmSync(bench.path('ca.crt')), MADE],
    [
      'ca.key is not the key of',
      async () => writeFileSync(bench.path('ca.key'), (await anAuthority()).privateKey),
      MADE,
    ],
    ['ca.crt expired at', async () => bench.put('ca', await anAuthority({ end: NOW })), MADE],
    ['ca.crt is not a certificate of a CA', async () => bench.put('ca', await aCertificate()), MADE],
    ['ca.crt lacks the', async () => bench.put('ca', await anAuthority({ extendedKeyUsages: [SERVER] })), MADE],
    ['client.crt was not signed by the CA', async () => bench.put('ca', await anAuthority()), MADE.slice(2)],
    ['client.crt has no certificate', async () => writeFileSync(bench.path('client.crt'), 'x'), MADE.slice(2)],
    ['client.key is missing beside', async () => rmSync(bench.path('client.key')), MADE.slice(2)],
    [
      'client.key is not the key of',
      async () => writeFileSync(bench.path('client.key'), (await aCertificate()).privateKey),
      MADE.slice(2),
    ],
  ];

  it.each(faults)('are replaced if %s', async (reason, spoil, names) => {
    await bench.aStore().serverCredentials();
    await spoil();
    const before = bench.all();
    bench.logger.lines.length = 0;
    bench.expectConsistent(await bench.aStore().serverCredentials());
    const after = bench.all();
    expect(MADE.filter((name) => after[name] !== before[name])).toEqual(names);
    expect(bench.logger.of('warn')).toHaveLength(1);
    expect(String(bench.logger.of('warn')[0]?.fields['reason'])).toContain(`${bench.directory}/${reason}`);
    for (const name of names) expect(statSync(bench.path(name)).mode & 0o777).toBe(0o600);
  });

  it('are not replaced but named if they can not be read', async () => {
    mkdirSync(bench.path('client.key'), { recursive: true });
    const store = bench.aStore();
    await expect(store.serverCredentials()).rejects.toThrow(`${bench.path('client.key')} can not be read: EISDIR`);
    expect(bench.names()).toEqual(['client.key']);
    // What was put right is taken by the next call.
    rmSync(bench.path('client.key'), { recursive: true });
    bench.expectConsistent(await store.serverCredentials());
  });
});

describe('a process that died', () => {
  it.each([0, 1, 2, 3, 4])('between files is finished for it, %s of them moved', async (moved) => {
    await bench.aStore().serverCredentials();
    const after = bench.all();
    rmSync(bench.directory, { recursive: true });
    await bench.aStore().serverCredentials();
    mkdirSync(bench.path('.commit'));
    MADE.forEach((name, index) => writeFileSync(bench.path(index < moved ? name : `.commit/${name}`), after[name]!));
    bench.expectConsistent(await bench.aStore().serverCredentials());
    expect(bench.all()).toEqual(after);
  });

  it('while it wrote leaves nothing', async () => {
    mkdirSync(bench.path('.new'), { recursive: true });
    writeFileSync(bench.path('.new/ca.crt'), 'half');
    bench.expectConsistent(await bench.aStore().serverCredentials());
    expect(bench.names()).toEqual(MADE);
  });

  it('with the lock loses it after five seconds', async () => {
    mkdirSync(bench.directory);
    writeFileSync(bench.path('.lock'), 'somebody');
    const began = bench.clock.monotonicMilliseconds();
    let isDone = false;
    const given = bench
      .aStore()
      .serverCredentials()
      .finally(() => (isDone = true));
    await bench.until(() => isDone);
    bench.expectConsistent(await given);
    expect(bench.clock.monotonicMilliseconds() - began).toBeGreaterThanOrEqual(5_000);
    expect(bench.names()).toEqual(MADE);
  });
});

describe('a directory that can not be written to', () => {
  it.each([
    ['is none', () => undefined],
    [
      'is below a file',
      () => {
        writeFileSync(join(bench.base, 'file'), '');
        return join(bench.base, 'file', 'certificates');
      },
    ],
  ])('leaves certificates in memory, with one warning: it %s', async (_, where) => {
    const store = bench.aStore({ directory: where() });
    const { certificate, clientAuthorities } = await store.serverCredentials();
    expect(first(certificate).verify(first(clientAuthorities).publicKey)).toBe(true);
    const seen = jest.fn();
    store.onRenewal(seen);
    await bench.clock.advance(24 * HOUR_MS);
    expect(seen).not.toHaveBeenCalled();
    expect(bench.logger.lines).toHaveLength(1);
    expect(bench.logger.lines[0]).toMatchObject({ level: 'warn' });
    expect(bench.logger.lines[0]?.message).toMatch(/can not be kept.*exporters can not be given theirs/);
  });

  it('is enough to read from, and lacks only what is missing there', async () => {
    await bench.aStore().serverCredentials();
    const before = bench.all();
    await bench.asReader(async () => bench.expectConsistent(await bench.aStore().serverCredentials()));
    expect(bench.logger.of('warn')).toEqual([]);
    rmSync(bench.path('client.crt'));
    rmSync(bench.path('client.key'));
    const store = bench.aStore();
    const credentials = await bench.asReader(() => store.serverCredentials());
    expect(credentials.clientAuthorities).toBe(before['ca.crt']);
    expect(bench.names()).toEqual(MADE.slice(0, 2));
    expect(bench.logger.of('warn')).toHaveLength(1);
    expect(bench.logger.of('warn')[0]?.fields).toMatchObject({
      directory: bench.directory,
      reason: `there is no ${bench.path('client.crt')}`,
    });
    await bench.until(() => existsSync(bench.path('client.key')) && !existsSync(bench.path('.lock')), HOUR_MS);
    bench.expectConsistent(credentials);
    expect(await store.serverCredentials()).toBe(credentials);
  });

  it('gets the same certificates once it can be written to', async () => {
    writeFileSync(bench.directory, '');
    const store = bench.aStore();
    const credentials = await store.serverCredentials();
    rmSync(bench.directory);
    await bench.until(() => bench.logger.matching(/exporters need these files/).length === 1, HOUR_MS);
    bench.expectConsistent(credentials);
    expect(await store.serverCredentials()).toEqual(credentials);
  });
});
