import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  bridge,
  isOwnAuthority,
  issueClient,
  issueServer,
  makeAuthority,
} from '../../../src/adapters/certificates/authority.js';
import { makeKey } from '../../../src/adapters/certificates/keys.js';
import { certificatesOf, certificatesText, isSignedBy } from '../../../src/adapters/certificates/pem.js';
import type { Identity } from '../../../src/adapters/certificates/pem.js';
import { anAuthority, CLIENT, HOUR_MS, NOW, SERVER, YEAR_MS } from './certificates.js';

const NAMES = ['flow-aggregator.flow-aggregator.svc', '192.0.2.7', '2001:db8::7'];

async function ownAuthority(now = NOW): Promise<Identity> {
  return makeAuthority(await makeKey('p-256'), now);
}

describe('makeAuthority', () => {
  it('makes an RSA CA that is valid for a year and since an hour ago', async () => {
    const { certificate } = await makeAuthority(await makeKey('rsa-2048'), NOW);
    expect(certificate.subject).toBe('CN=flow-aggregator-ca@1700000000');
    expect(certificate.issuer).toBe(certificate.subject);
    expect(Date.parse(certificate.validFrom)).toBe(NOW - HOUR_MS);
    expect(Date.parse(certificate.validTo)).toBe(NOW + YEAR_MS);
    expect(certificate.ca).toBe(true);
    expect(certificate.keyUsage).toEqual([CLIENT, SERVER]);
    expect(certificate.publicKey.asymmetricKeyType).toBe('rsa');
    expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    expect(isSignedBy(certificate, certificate)).toBe(true);
    expect(isOwnAuthority(certificate)).toBe(true);
  });

  it('gives each its own serial number', async () => {
    const key = await makeKey('p-256');
    const [one, other] = await Promise.all([makeAuthority(key, NOW), makeAuthority(key, NOW)]);
    expect(one.certificate.serialNumber).not.toBe(other.certificate.serialNumber);
  });
});

describe('issueClient and issueServer', () => {
  it('issue for one purpose each', async () => {
    const authority = await ownAuthority();
    const client = await issueClient(authority, await makeKey('p-256'), NOW);
    const server = await issueServer(authority, await makeKey('p-256'), NAMES, NOW);
    expect(client.certificate.keyUsage).toEqual([CLIENT]);
    expect(client.certificate.subjectAltName).toBeUndefined();
    expect(server.certificate.keyUsage).toEqual([SERVER]);
    for (const { certificate, privateKey } of [client, server]) {
      expect(certificate.ca).toBe(false);
      expect(certificate.checkPrivateKey(privateKey)).toBe(true);
      expect(isSignedBy(certificate, authority.certificate)).toBe(true);
      expect(Date.parse(certificate.validTo)).toBe(NOW + YEAR_MS);
    }
  });

  it('names the server by DNS names and addresses', async () => {
    const { certificate } = await issueServer(await ownAuthority(), await makeKey('p-256'), NAMES, NOW);
    expect(certificate.checkHost('flow-aggregator.flow-aggregator.svc')).toBeDefined();
    expect(certificate.checkIP('192.0.2.7')).toBeDefined();
    expect(certificate.checkIP('2001:db8::7')).toBeDefined();
    expect(certificate.checkHost('elsewhere.example')).toBeUndefined();
  });

  it.each(['prime256v1', 'secp384r1', 'secp521r1'])('sign with a CA of others on the curve %s', async (namedCurve) => {
    const { privateKey: key } = generateKeyPairSync('ec', { namedCurve });
    const theirs = await anAuthority({ key });
    const [certificate] = certificatesOf(theirs.certificate);
    const client = await issueClient({ certificate, others: [], privateKey: key }, await makeKey('p-256'), NOW);
    expect(isSignedBy(client.certificate, certificate)).toBe(true);
    expect(isOwnAuthority(certificate)).toBe(false);
  });
});

describe('bridge', () => {
  it('is the new CA as signed by the previous one, until that ends', async () => {
    const previous = await ownAuthority(NOW - YEAR_MS / 2);
    const authority = await ownAuthority();
    const between = await bridge(previous, authority, NOW);
    expect(between.subject).toBe(authority.certificate.subject);
    expect(between.publicKey.equals(authority.certificate.publicKey)).toBe(true);
    expect(isSignedBy(between, previous.certificate)).toBe(true);
    expect(between.validTo).toBe(previous.certificate.validTo);
    expect(between.ca).toBe(true);
  });
});

const itWithOpenssl = spawnSync('openssl', ['version']).status === 0 ? it : it.skip;

describe('openssl', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'weir-openssl-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const write = (name: string, text: string): string => {
    const file = join(directory, name);
    writeFileSync(file, text);
    return file;
  };
  const openssl = (...commands: string[]): string => execFileSync('openssl', commands, { stdio: 'pipe' }).toString();

  itWithOpenssl('verifies what was issued, strictly and for its purpose alone', async () => {
    const authority = await makeAuthority(await makeKey('rsa-2048'), NOW);
    const key = await makeKey('p-256');
    const ca = write('ca.crt', certificatesText([authority.certificate]));
    const client = write('client.crt', certificatesText([(await issueClient(authority, key, NOW)).certificate]));
    const server = write('server.crt', certificatesText([(await issueServer(authority, key, NAMES, NOW)).certificate]));
    const verify = ['verify', '-x509_strict', '-attime', String(NOW / 1000), '-CAfile', ca];
    expect(openssl(...verify, '-purpose', 'sslclient', client)).toContain('OK');
    expect(openssl(...verify, '-purpose', 'sslserver', '-verify_ip', '2001:db8::7', server)).toContain('OK');
    expect(() => openssl(...verify, '-purpose', 'sslserver', client)).toThrow();
    expect(() => openssl(...verify, '-purpose', 'sslclient', server)).toThrow();
    const text = openssl('x509', '-in', ca, '-noout', '-text');
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature, Certificate Sign\s/);
    expect(text).toMatch(/Extended Key Usage:\s+TLS Web Client Authentication, TLS Web Server Authentication\s/);
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE\s/);
  });

  itWithOpenssl('follows a bridge to the previous CA', async () => {
    const previous = await ownAuthority(NOW - YEAR_MS / 2);
    const authority = await ownAuthority();
    const server = await issueServer(authority, await makeKey('p-256'), NAMES, NOW);
    const trusted = write('previous.crt', certificatesText([previous.certificate]));
    const between = write('bridge.crt', certificatesText([await bridge(previous, authority, NOW)]));
    const leaf = write('server.crt', certificatesText([server.certificate]));
    const verify = ['verify', '-x509_strict', '-attime', String(NOW / 1000), '-CAfile', trusted];
    expect(openssl(...verify, '-untrusted', between, leaf)).toContain('OK');
    expect(() => openssl(...verify, leaf)).toThrow();
  });
});
