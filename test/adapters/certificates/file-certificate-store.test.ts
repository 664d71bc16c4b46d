import { execFile } from 'node:child_process';
import type { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ServerCredentials } from '../../../src/application/ports/certificate-store.js';
import { FileCertificateStore } from '../../../src/adapters/certificates/file-certificate-store.js';
import type { FileCertificateStoreOptions } from '../../../src/adapters/certificates/file-certificate-store.js';
import { certificatesOf } from '../../../src/adapters/certificates/pem.js';
import { SystemClock } from '../../../src/infrastructure/clock.js';
import { FakeClock } from '../../support/fake-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { aCertificate, anAuthority, CLIENT, DAY_MS, HOUR_MS, NOW, SERVER, YEAR_MS } from './certificates.js';
import type { Pems } from './certificates.js';

const MADE = ['ca.crt', 'ca.key', 'client.crt', 'client.key'];
const POLL_MS = 10_000;
const NOBODY = 65_534;

const run = promisify(execFile);

let base: string;
let directory: string;
let clock: FakeClock;
let logger: RecordingLogger;
let stores: FileCertificateStore[];
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'weir-certificates-'));
  directory = join(base, 'certificates');
  clock = new FakeClock(NOW);
  logger = new RecordingLogger();
  stores = [];
});
afterEach(() => {
  for (const store of stores) store.close();
  expect(clock.timers).toBe(0);
  rmSync(base, { recursive: true });
});

function aStore(options: Partial<FileCertificateStoreOptions> = {}): FileCertificateStore {
  const store = new FileCertificateStore(
    { directory, serverNames: ['localhost'], keyKind: 'p-256', ...options },
    clock,
    logger,
  );
  stores.push(store);
  return store;
}

const path = (name: string): string => join(directory, name);
const read = (name: string): string => readFileSync(path(name), 'utf8');
const all = (): Record<string, string> => Object.fromEntries(readdirSync(directory).map((name) => [name, read(name)]));
const first = (pem: string): X509Certificate => certificatesOf(pem)[0];

function put(name: 'ca' | 'client' | 'server', { certificate, privateKey }: Partial<Pems>): void {
  mkdirSync(directory, { recursive: true });
  if (certificate !== undefined) writeFileSync(path(`${name}.crt`), certificate);
  if (privateKey !== undefined) writeFileSync(path(`${name}.key`), privateKey);
}

/** Does something as a user who may read the directory and not write to it; the superuser, who may all, is nobody for that long. */
async function asReader<T>(action: () => Promise<T>): Promise<T> {
  const user = process.getuid!();
  if (user === 0)
    for (const name of [base, directory, ...readdirSync(directory).map(path)]) chownSync(name, NOBODY, NOBODY);
  chmodSync(directory, 0o500);
  if (user === 0) process.seteuid!(NOBODY);
  try {
    return await action();
  } finally {
    process.seteuid!(user);
    chmodSync(directory, 0o700);
  }
}

/** Moves the clock on until something happened that takes real input and output as well. */
async function until(happened: () => boolean, step = 20): Promise<void> {
  while (!happened()) await clock.advance(step);
}

async function renewed(store: FileCertificateStore, step: number): Promise<ServerCredentials> {
  let credentials: ServerCredentials | undefined;
  const cancel = store.onRenewal((given) => (credentials = given));
  await until(() => credentials !== undefined, step);
  cancel();
  return credentials!;
}

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

function expectConsistent(credentials: ServerCredentials): void {
  const authority = first(read('ca.crt'));
  const client = first(read('client.crt'));
  expect(authority.verify(authority.publicKey)).toBe(true);
  expect(client.verify(authority.publicKey)).toBe(true);
  expect(first(credentials.certificate).verify(authority.publicKey)).toBe(true);
  expect(first(credentials.clientAuthorities).toString()).toBe(authority.toString());
}

describe('certificates that are not there', () => {
  it('are made, with RSA keys, for the owner alone to read', async () => {
    const credentials = await aStore({ keyKind: 'rsa-2048' }).serverCredentials();
    expect(readdirSync(directory).sort()).toEqual(MADE);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const name of MADE) expect(statSync(path(name)).mode & 0o777).toBe(0o600);
    for (const name of ['ca.crt', 'client.crt']) {
      expect(first(read(name)).publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    }
    expect(first(credentials.certificate).publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(first(credentials.certificate).checkHost('localhost')).toBe('localhost');
    expectConsistent(credentials);
  });

  it('are made once for all that ask, and said once', async () => {
    const store = aStore();
    const [one, other] = await Promise.all([store.serverCredentials(), store.serverCredentials()]);
    expect(other).toBe(one);
    expect(await store.serverCredentials()).toBe(one);
    expect(logger.lines).toEqual([
      {
        level: 'info',
        message: 'a CA and a client certificate were made',
        fields: { reason: `there is no ${path('ca.crt')}` },
      },
      {
        level: 'info',
        message: 'exporters need these files to send over TLS',
        fields: { ca: path('ca.crt'), certificate: path('client.crt'), key: path('client.key') },
      },
    ]);
  });

  it('never reach the log with a key', async () => {
    const { privateKey } = await aStore().serverCredentials();
    const secrets = [privateKey, read('ca.key'), read('client.key')].map((key) => key.split('\n')[1]!);
    for (const secret of secrets) expect(JSON.stringify(logger.lines)).not.toContain(secret);
  });

  it('are the same for stores that begin at once', async () => {
    // The machine's time: those that wait for the lock would find it abandoned if a test's time ran ahead of the disk.
    const options = { directory, serverNames: ['localhost'], keyKind: 'p-256' } as const;
    for (let round = 0; round < 2; round++) {
      const several = Array.from({ length: 3 }, () => new FileCertificateStore(options, new SystemClock(), logger));
      try {
        const given = await Promise.all(several.map((store) => store.serverCredentials()));
        for (const credentials of given) expectConsistent(credentials);
      } finally {
        for (const store of several) store.close();
      }
      expect(readdirSync(directory).sort()).toEqual(MADE);
      rmSync(directory, { recursive: true });
    }
    expect(logger.matching(/were made/)).toHaveLength(2);
  });

  // Node starts slowly on a busy machine.
  it('are the same for processes that begin at once', async () => {
    const given = await Promise.all(Array.from({ length: 2 }, () => credentialsOfProcess(directory)));
    for (const credentials of given) expectConsistent(credentials);
    expect(readdirSync(directory).sort()).toEqual(MADE);
  }, 60_000);
});

describe('certificates that are there', () => {
  it('are taken over unchanged, whoever made them', async () => {
    const authority = await anAuthority({ end: NOW + 5 * YEAR_MS });
    const pkcs1 = authority.key.export({ format: 'pem', type: 'sec1' }).toString();
    put('ca', { ...authority, privateKey: `comments stay\n${pkcs1}` });
    put('client', await aCertificate({ issuer: authority, extendedKeyUsages: [CLIENT] }));
    chmodSync(path('client.crt'), 0o644);
    const before = all();
    expectConsistent(await aStore().serverCredentials());
    expect(all()).toEqual(before);
    expect(statSync(path('client.crt')).mode & 0o777).toBe(0o644);
    expect(logger.lines.map(({ message }) => message)).toEqual(['exporters need these files to send over TLS']);
  });

  it('are what the next process uses too', async () => {
    await aStore().serverCredentials();
    const before = all();
    expectConsistent(await aStore().serverCredentials());
    expect(all()).toEqual(before);
  });

  const faults: [string, () => Promise<void>, string[]][] = [
    ['ca.crt has no certificate in PEM', async () => writeFileSync(path('ca.crt'), ''), MADE],
    ['ca.key has no private key in PEM', async () => writeFileSync(path('ca.key'), 'lost'), MADE],
    ['ca.key is missing beside', async () => rmSync(path('ca.key')), MADE],
    ['ca.crt is missing beside', async () => rmSync(path('ca.crt')), MADE],
    ['ca.key is not the key of', async () => writeFileSync(path('ca.key'), (await anAuthority()).privateKey), MADE],
    ['ca.crt expired at', async () => put('ca', await anAuthority({ end: NOW })), MADE],
    ['ca.crt is not a certificate of a CA', async () => put('ca', await aCertificate()), MADE],
    ['ca.crt lacks the', async () => put('ca', await anAuthority({ extendedKeyUsages: [SERVER] })), MADE],
    ['client.crt was not signed by the CA', async () => put('ca', await anAuthority()), MADE.slice(2)],
    ['client.crt has no certificate', async () => writeFileSync(path('client.crt'), 'x'), MADE.slice(2)],
    ['client.key is missing beside', async () => rmSync(path('client.key')), MADE.slice(2)],
    [
      'client.key is not the key of',
      async () => writeFileSync(path('client.key'), (await aCertificate()).privateKey),
      MADE.slice(2),
    ],
  ];

  it.each(faults)('are replaced if %s', async (reason, spoil, names) => {
    await aStore().serverCredentials();
    await spoil();
    const before = all();
    logger.lines.length = 0;
    expectConsistent(await aStore().serverCredentials());
    const after = all();
    expect(MADE.filter((name) => after[name] !== before[name])).toEqual(names);
    expect(logger.of('warn')).toHaveLength(1);
    expect(String(logger.of('warn')[0]?.fields['reason'])).toContain(`${directory}/${reason}`);
    for (const name of names) expect(statSync(path(name)).mode & 0o777).toBe(0o600);
  });

  it('are not replaced but named if they can not be read', async () => {
    mkdirSync(path('client.key'), { recursive: true });
    const store = aStore();
    await expect(store.serverCredentials()).rejects.toThrow(`${path('client.key')} can not be read: EISDIR`);
    expect(readdirSync(directory)).toEqual(['client.key']);
    // What was put right is taken by the next call.
    rmSync(path('client.key'), { recursive: true });
    expectConsistent(await store.serverCredentials());
  });
});

describe('a process that died', () => {
  it.each([0, 1, 2, 3, 4])('between files is finished for it, %s of them moved', async (moved) => {
    await aStore().serverCredentials();
    const after = all();
    rmSync(directory, { recursive: true });
    await aStore().serverCredentials();
    mkdirSync(path('.commit'));
    MADE.forEach((name, index) => writeFileSync(path(index < moved ? name : `.commit/${name}`), after[name]!));
    expectConsistent(await aStore().serverCredentials());
    expect(all()).toEqual(after);
  });

  it('while it wrote leaves nothing', async () => {
    mkdirSync(path('.new'), { recursive: true });
    writeFileSync(path('.new/ca.crt'), 'half');
    expectConsistent(await aStore().serverCredentials());
    expect(readdirSync(directory).sort()).toEqual(MADE);
  });

  it('with the lock loses it after five seconds', async () => {
    mkdirSync(directory);
    writeFileSync(path('.lock'), 'somebody');
    const began = clock.monotonicMilliseconds();
    let isDone = false;
    const given = aStore()
      .serverCredentials()
      .finally(() => (isDone = true));
    await until(() => isDone);
    expectConsistent(await given);
    expect(clock.monotonicMilliseconds() - began).toBeGreaterThanOrEqual(5_000);
    expect(readdirSync(directory).sort()).toEqual(MADE);
  });
});

describe('a directory that can not be written to', () => {
  it.each([
    ['is none', () => undefined],
    [
      'is below a file',
      () => {
        writeFileSync(join(base, 'file'), '');
        return join(base, 'file', 'certificates');
      },
    ],
  ])('leaves certificates in memory, with one warning: it %s', async (_, where) => {
    const store = aStore({ directory: where() });
    const { certificate, clientAuthorities } = await store.serverCredentials();
    expect(first(certificate).verify(first(clientAuthorities).publicKey)).toBe(true);
    const seen = jest.fn();
    store.onRenewal(seen);
    await clock.advance(24 * HOUR_MS);
    expect(seen).not.toHaveBeenCalled();
    expect(logger.lines).toHaveLength(1);
    expect(logger.lines[0]).toMatchObject({ level: 'warn' });
    expect(logger.lines[0]?.message).toMatch(/can not be kept.*exporters can not be given theirs/);
  });

  it('is enough to read from, and lacks only what is missing there', async () => {
    await aStore().serverCredentials();
    const before = all();
    await asReader(async () => expectConsistent(await aStore().serverCredentials()));
    expect(logger.of('warn')).toEqual([]);
    rmSync(path('client.crt'));
    rmSync(path('client.key'));
    const store = aStore();
    const credentials = await asReader(() => store.serverCredentials());
    expect(credentials.clientAuthorities).toBe(before['ca.crt']);
    expect(readdirSync(directory).sort()).toEqual(MADE.slice(0, 2));
    expect(logger.of('warn')).toHaveLength(1);
    expect(logger.of('warn')[0]?.fields).toMatchObject({ directory, reason: `there is no ${path('client.crt')}` });
    await until(() => existsSync(path('client.key')) && !existsSync(path('.lock')), HOUR_MS);
    expectConsistent(credentials);
    expect(await store.serverCredentials()).toBe(credentials);
  });

  it('gets the same certificates once it can be written to', async () => {
    writeFileSync(directory, '');
    const store = aStore();
    const credentials = await store.serverCredentials();
    rmSync(directory);
    await until(() => logger.matching(/exporters need these files/).length === 1, HOUR_MS);
    expectConsistent(credentials);
    expect(await store.serverCredentials()).toEqual(credentials);
  });
});

describe('renewal', () => {
  it('happens when fewer than 90 days remain, and the previous CA stays until its end', async () => {
    const store = aStore();
    const old = await store.serverCredentials();
    const oldFiles = all();
    const seen = jest.fn();
    store.onRenewal(seen);
    clock.setUnix(NOW + YEAR_MS - 90 * DAY_MS - 2 * HOUR_MS);
    await clock.advance(HOUR_MS);
    expect(seen).not.toHaveBeenCalled();

    const credentials = await renewed(store, HOUR_MS);
    expect(seen).toHaveBeenCalledWith(credentials);
    expect(await store.serverCredentials()).toBe(credentials);
    expectConsistent(credentials);
    expect(read('ca.key')).not.toBe(oldFiles['ca.key']);
    expect(certificatesOf(credentials.clientAuthorities).map(String)).toEqual([
      first(read('ca.crt')).toString(),
      first(old.clientAuthorities).toString(),
    ]);
    const [, between] = certificatesOf(credentials.certificate);
    expect(between?.verify(first(old.clientAuthorities).publicKey)).toBe(true);
    expect(statSync(path('previous-ca.crt')).mode & 0o777).toBe(0o600);
    // Another process knows it too.
    expect((await aStore().serverCredentials()).clientAuthorities).toBe(credentials.clientAuthorities);

    clock.setUnix(NOW + YEAR_MS);
    const without = await renewed(store, HOUR_MS);
    expect(certificatesOf(without.clientAuthorities)).toHaveLength(1);
    expect(certificatesOf(without.certificate)).toHaveLength(1);
    expect(first(without.certificate).toString()).toBe(first(credentials.certificate).toString());
  });

  it('follows the deletion of the CA, which then is gone at once', async () => {
    const store = aStore();
    const old = await store.serverCredentials();
    rmSync(path('ca.crt'));
    rmSync(path('ca.key'));
    const credentials = await renewed(store, POLL_MS);
    expectConsistent(credentials);
    expect(credentials.clientAuthorities).not.toContain(old.clientAuthorities);
    expect(existsSync(path('previous-ca.crt'))).toBe(false);
  });

  it('makes a client certificate that was deleted, and changes nothing for servers', async () => {
    const store = aStore();
    const old = await store.serverCredentials();
    const seen = jest.fn();
    store.onRenewal(seen);
    rmSync(path('client.crt'));
    rmSync(path('client.key'));
    await until(() => existsSync(path('client.key')) && !existsSync(path('.lock')), POLL_MS);
    expectConsistent(old);
    expect(seen).not.toHaveBeenCalled();
  });

  it('waits until files that change were left alone between two looks', async () => {
    const store = aStore();
    await store.serverCredentials();
    const authority = await anAuthority();
    let credentials: ServerCredentials | undefined;
    store.onRenewal((given) => (credentials = given));
    put('ca', { certificate: authority.certificate });
    await clock.advance(POLL_MS);
    put('ca', authority);
    await until(() => credentials !== undefined, POLL_MS);
    expect(read('ca.crt')).toBe(authority.certificate);
    expectConsistent(credentials!);
  });

  it('of the server certificate alone happens under a CA that lasts longer', async () => {
    const authority = await anAuthority({ end: NOW + 9 * YEAR_MS });
    put('ca', authority);
    const store = aStore();
    const old = await store.serverCredentials();
    clock.setUnix(NOW + YEAR_MS - 89 * DAY_MS);
    const credentials = await renewed(store, HOUR_MS);
    expect(credentials.certificate).not.toBe(old.certificate);
    expect(credentials.clientAuthorities).toBe(old.clientAuthorities);
    expectConsistent(credentials);
  });

  it('of a CA of others is left to them, with a warning a day', async () => {
    put('ca', await anAuthority({ end: NOW + 13.5 * DAY_MS }));
    const store = aStore();
    await store.serverCredentials();
    const before = read('ca.crt');
    await until(() => logger.matching(/ends soon/).length === 2, HOUR_MS);
    expect(logger.matching(/ends soon/).map(({ fields }) => fields['days'])).toEqual([13, 12]);
    expect(read('ca.crt')).toBe(before);
  });

  it('is over once the store is closed', async () => {
    const store = aStore();
    const begun = store.serverCredentials();
    store.close();
    await begun;
    expect(clock.timers).toBe(0);
  });

  it('that fails leaves in use what is', async () => {
    const store = aStore();
    const credentials = await store.serverCredentials();
    rmSync(path('client.key'));
    mkdirSync(path('client.key'));
    await until(() => logger.of('repeated').length > 0, POLL_MS);
    expect(logger.of('repeated')[0]).toMatchObject({
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
    put('server', { ...server, certificate: server.certificate + between.certificate });
    const credentials = await aStore().serverCredentials();
    expect(certificatesOf(credentials.certificate).map(String)).toEqual(
      certificatesOf(server.certificate + between.certificate).map(String),
    );
    expect(credentials.privateKey).toBe(server.privateKey);
    expect(credentials.clientAuthorities).toBe(read('ca.crt'));
    expect(logger.matching(/server certificate of this file/)).toHaveLength(1);
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
    put('server', await make());
    const before = all();
    await expect(aStore().serverCredentials()).rejects.toThrow(`${directory}/${reason}`);
    expect(all()).toMatchObject(before);
  });

  it('is picked up when it is replaced, and when it is removed', async () => {
    const store = aStore();
    await store.serverCredentials();
    const server = await aCertificate();
    put('server', server);
    expect((await renewed(store, POLL_MS)).privateKey).toBe(server.privateKey);
    const other = await aCertificate();
    put('server', other);
    expect((await renewed(store, POLL_MS)).privateKey).toBe(other.privateKey);
    rmSync(path('server.crt'));
    rmSync(path('server.key'));
    expectConsistent(await renewed(store, POLL_MS));
  });
});

describe('a CA below another', () => {
  it('comes with its chain', async () => {
    const root = await anAuthority({ name: 'root' });
    const below = await anAuthority({ name: 'below', issuer: root });
    put('ca', { ...below, certificate: below.certificate + root.certificate });
    const credentials = await aStore().serverCredentials();
    expect(certificatesOf(credentials.certificate)).toHaveLength(2);
    expect(credentials.certificate).toContain(below.certificate);
    expect(credentials.clientAuthorities).toBe(below.certificate + root.certificate);
  });
});

describe('a CA whose key is elsewhere', () => {
  it('is used with a server certificate, and nothing is made', async () => {
    const authority = await anAuthority();
    const server = await aCertificate({ issuer: authority });
    put('ca', { certificate: authority.certificate });
    put('server', server);
    const before = all();
    const credentials = await aStore().serverCredentials();
    expect(credentials.clientAuthorities).toBe(authority.certificate);
    expect(credentials.privateKey).toBe(server.privateKey);
    expect(all()).toEqual(before);
    expect(logger.matching(/issues none/)).toHaveLength(1);
    expect(logger.matching(/exporters need these files/)).toHaveLength(0);
  });

  it('is an error once it expired', async () => {
    put('ca', { certificate: (await anAuthority({ end: NOW })).certificate });
    put('server', await aCertificate());
    await expect(aStore().serverCredentials()).rejects.toThrow(`${path('ca.crt')} expired at`);
  });
});
