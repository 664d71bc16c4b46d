import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import type { ConnectionOptions, Server, TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServerCredentials } from '../../../src/application/ports/certificate-store.js';
import { FileCertificateStore } from '../../../src/adapters/certificates/file-certificate-store.js';
import { makeKey } from '../../../src/adapters/certificates/keys.js';
import { privateKeyOf } from '../../../src/adapters/certificates/pem.js';
import { serverNames } from '../../../src/adapters/certificates/server-names.js';
import { FakeClock } from '../../support/fake-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { aCertificate, CLIENT, DAY_MS, HOUR_MS, SERVER } from './certificates.js';
import type { Pems } from './certificates.js';

/** TLS compares with the machine's time. */
const TODAY = Date.now();

let directory: string;
let server: Server | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-tls-'));
});
afterEach(async () => {
  if (server !== undefined) {
    server.close();
    await once(server, 'close');
  }
  server = undefined;
  rmSync(directory, { recursive: true });
});

const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
const client = (): Pems => ({ certificate: read('client.crt'), privateKey: read('client.key') });

function aStore(clock: FakeClock): FileCertificateStore {
  const names = serverNames({ hostName: 'probe.example.org', flowAggregatorAddress: '192.0.2.7' });
  return new FileCertificateStore({ directory, serverNames: names, keyKind: 'p-256' }, clock, new RecordingLogger());
}

async function credentialsAt(time: number): Promise<ServerCredentials> {
  const store = aStore(new FakeClock(time));
  try {
    return await store.serverCredentials();
  } finally {
    store.close();
  }
}

async function listen({ certificate, privateKey, clientAuthorities }: ServerCredentials): Promise<number> {
  server = createServer({
    cert: certificate,
    key: privateKey,
    ca: clientAuthorities,
    requestCert: true,
    // Accepted to be told why not: a refusal's reason stays with the server otherwise.
    rejectUnauthorized: false,
  });
  server.on('secureConnection', (socket) => {
    socket.on('error', () => undefined);
    socket.end(socket.authorized ? 'welcome' : String(socket.authorizationError));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** "welcome", or the code of the reason for which either side refuses the other. */
async function greeting(port: number, ca: string, own: Partial<Pems>, more: ConnectionOptions = {}): Promise<string> {
  const socket: TLSSocket = connect({
    host: '127.0.0.1',
    port,
    ca,
    ...(own.certificate === undefined ? {} : { cert: own.certificate, key: own.privateKey! }),
    ...more,
  });
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (part: string) => (text += part));
  return new Promise((resolve) => {
    socket.on('end', () => resolve(text));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('close', () => resolve(text));
  });
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a server with these certificates, over %s', (version) => {
  const options = { minVersion: version, maxVersion: version } as const;

  it('and a client with client.crt know each other', async () => {
    const port = await listen(await credentialsAt(TODAY));
    expect(await greeting(port, read('ca.crt'), client(), options)).toBe('welcome');
    for (const servername of ['localhost', 'probe.example.org', 'flow-aggregator.flow-aggregator.svc']) {
      expect(await greeting(port, read('ca.crt'), client(), { ...options, servername })).toBe('welcome');
    }
  });

  it('refuses clients without a certificate, of another CA, and with one that expired', async () => {
    const port = await listen(await credentialsAt(TODAY));
    const issuer = { certificate: read('ca.crt'), privateKey: '', key: privateKeyOf(read('ca.key')) };
    const times = { begin: TODAY - 2 * DAY_MS, end: TODAY - DAY_MS };
    const key = await makeKey('p-256');
    const wish = { issuer, key, extendedKeyUsages: [CLIENT] };
    const later = { begin: TODAY - HOUR_MS, end: TODAY + DAY_MS };
    expect(await greeting(port, read('ca.crt'), await aCertificate({ ...wish, ...later }), options)).toBe('welcome');
    const refused: [string, Partial<Pems>][] = [
      ['UNABLE_TO_GET_ISSUER_CERT', {}],
      ['DEPTH_ZERO_SELF_SIGNED_CERT', await aCertificate({ extendedKeyUsages: [CLIENT], ...later })],
      ['CERT_SIGNATURE_FAILURE', await aCertificate({ ...wish, issuer: { ...issuer, key }, ...later })],
      ['CERT_HAS_EXPIRED', await aCertificate({ ...wish, ...times })],
      ['INVALID_PURPOSE', await aCertificate({ ...wish, extendedKeyUsages: [SERVER], ...later })],
    ];
    for (const [reason, pems] of refused) {
      expect(await greeting(port, read('ca.crt'), pems, options)).toBe(reason);
    }
  });

  it('is refused by clients that dial another name or trust another CA', async () => {
    const port = await listen(await credentialsAt(TODAY));
    const servername = 'elsewhere.example.org';
    expect(await greeting(port, read('ca.crt'), client(), { ...options, servername })).toBe(
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
    const { certificate } = await aCertificate({ isAuthority: true, begin: TODAY - HOUR_MS, end: TODAY + DAY_MS });
    expect(await greeting(port, certificate, client(), options)).toBe('SELF_SIGNED_CERT_IN_CHAIN');
  });

  it('that was renewed today still knows, and is known to, those who have the previous CA', async () => {
    await credentialsAt(TODAY - 280 * DAY_MS);
    const old = { ca: read('ca.crt'), ...client() };
    const port = await listen(await credentialsAt(TODAY));
    expect(read('ca.crt')).not.toBe(old.ca);
    expect(await greeting(port, old.ca, old, options)).toBe('welcome');
    expect(await greeting(port, read('ca.crt'), client(), options)).toBe('welcome');
    expect(await greeting(port, read('ca.crt'), old, options)).toBe('welcome');
    expect(await greeting(port, old.ca, client(), options)).toBe('welcome');
  });
});
