import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { KeyUsageFlags } from '@peculiar/x509';
import { authoritiesOf, authorityOf, clientOf, serverOf } from '../../../src/adapters/certificates/inspect.js';
import type { Fault, KeptPair } from '../../../src/adapters/certificates/inspect.js';
import { makeKey } from '../../../src/adapters/certificates/keys.js';
import { certificatesOf } from '../../../src/adapters/certificates/pem.js';
import type { Identity } from '../../../src/adapters/certificates/pem.js';
import { aCertificate, anAuthority, CLIENT, DAY_MS, NOW, pkcs8, SERVER } from './certificates.js';
import type { Pems } from './certificates.js';

const names = { certificate: 'a.crt', privateKey: 'a.key' };
const kept = ({ certificate, privateKey }: Partial<Pems>): KeptPair => ({ names, certificate, privateKey });
const faultOf = (found: Identity | Fault): string => ('fault' in found ? found.fault : 'none');

type Made = Awaited<ReturnType<typeof anAuthority>>;
let authority: Made;
let other: Made;
beforeAll(async () => {
  authority = await anAuthority();
  // Of the same name, so that only the signature tells them apart.
  other = await anAuthority();
});

describe('what all pairs have in common', () => {
  const reasons: [string, () => Partial<Pems>][] = [
    ['there is no a.crt', () => ({})],
    ['a.crt is missing beside a.key', () => ({ privateKey: authority.privateKey })],
    ['a.key is missing beside a.crt', () => ({ certificate: authority.certificate })],
    ['a.crt has no certificate in PEM', () => ({ ...authority, certificate: '' })],
    ['a.crt has no certificate in PEM', () => ({ ...authority, certificate: 'x'.repeat(1000) })],
    ['a.crt has no certificate in PEM', () => ({ ...authority, certificate: authority.certificate.slice(0, -20) })],
    ['a.crt can not be parsed', () => ({ ...authority, certificate: authority.certificate.replace(/\n.{20}/, '\n') })],
    ['a.key has no private key in PEM', () => ({ ...authority, privateKey: authority.certificate })],
    ['a.key can not be parsed', () => ({ ...authority, privateKey: authority.privateKey.replace(/\n.{20}/, '\n') })],
    ['a.key is not the key of a.crt', () => ({ ...authority, privateKey: other.privateKey })],
    [
      'a.key is encrypted',
      () => ({
        ...authority,
        privateKey: authority.key
          .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-128-cbc', passphrase: 'secret' })
          .toString(),
      }),
    ],
    [
      'a.key is encrypted',
      () => ({
        ...authority,
        privateKey: authority.key
          .export({ format: 'pem', type: 'sec1', cipher: 'aes-128-cbc', passphrase: 'secret' })
          .toString(),
      }),
    ],
  ];

  it.each(reasons)('%s', (reason, pair) => {
    for (const inspect of [authorityOf, serverOf]) {
      const found = inspect(kept(pair()), NOW);
      expect(found).toEqual({ fault: reason, missing: reason.startsWith('there is no') });
    }
  });

  it('ends at its end, to the second', async () => {
    const pair = kept(await anAuthority({ end: NOW + DAY_MS }));
    expect(faultOf(authorityOf(pair, NOW + DAY_MS - 1000))).toBe('none');
    expect(faultOf(authorityOf(pair, NOW + DAY_MS))).toBe('a.crt expired at 2023-11-15T22:13:20.000Z');
  });

  it('may not be valid yet: the clock is wrong then', async () => {
    expect(faultOf(authorityOf(kept(await anAuthority({ begin: NOW + DAY_MS })), NOW))).toBe('none');
  });
});

describe('keys', () => {
  it.each(['pkcs1', 'pkcs8'] as const)('RSA keys are read as %s', async (type) => {
    const key = await makeKey('rsa-2048');
    const { certificate } = await anAuthority({ key });
    const privateKey = key.export({ format: 'pem', type }).toString();
    expect(privateKey).toContain(type === 'pkcs1' ? 'BEGIN RSA PRIVATE KEY' : 'BEGIN PRIVATE KEY');
    expect(faultOf(authorityOf(kept({ certificate, privateKey }), NOW))).toBe('none');
  });

  it('keys on curves are read with what OpenSSL writes in front', () => {
    const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
    const privateKey = parameters + authority.key.export({ format: 'pem', type: 'sec1' }).toString();
    expect(faultOf(authorityOf(kept({ ...authority, privateKey }), NOW))).toBe('none');
  });

  it('a CA has to have one that Weir signs with', async () => {
    const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    const issuer = { ...authority };
    const { certificate } = await aCertificate({ isAuthority: true, issuer, key });
    expect(faultOf(authorityOf(kept({ certificate, privateKey: pkcs8(key) }), NOW))).toBe(
      'a.key is neither an RSA key nor one on the curves P-256, P-384 and P-521',
    );
  });
});

describe('authorityOf', () => {
  const signs = KeyUsageFlags.keyCertSign;
  it.each([
    ['none', {}],
    ['none', { keyUsages: signs, extendedKeyUsages: [CLIENT, SERVER] }],
    ['none', { extendedKeyUsages: ['2.5.29.37.0'] }],
    ['a.crt is not a certificate of a CA', { isAuthority: false }],
    ['a.crt is not a certificate of a CA', { keyUsages: KeyUsageFlags.digitalSignature }],
    ['a.crt lacks the extended key usage clientAuth', { extendedKeyUsages: [SERVER] }],
  ])('%s: %j', async (reason, wish) => {
    expect(faultOf(authorityOf(kept(await anAuthority(wish)), NOW))).toBe(reason);
  });

  it('keeps the certificates above it', async () => {
    const below = await anAuthority({ name: 'below', issuer: authority });
    const found = authorityOf(kept({ ...below, certificate: below.certificate + authority.certificate }), NOW);
    expect(found).toHaveProperty('others.length', 1);
  });
});

describe('clientOf', () => {
  const issuer = (): Identity => {
    const found = authorityOf(kept(authority), NOW);
    if ('fault' in found) throw new Error(found.fault);
    return found;
  };

  it.each([
    ['none', {}],
    ['none', { extendedKeyUsages: [CLIENT] }],
    ['none', { extendedKeyUsages: [SERVER, CLIENT] }],
    ['a.crt lacks the extended key usage clientAuth', { extendedKeyUsages: [SERVER] }],
    ['a.crt expired at 2023-11-14T22:13:20.000Z', { end: NOW }],
  ])('%s: %j', async (reason, wish) => {
    expect(faultOf(clientOf(kept(await aCertificate({ issuer: authority, ...wish })), issuer(), NOW))).toBe(reason);
  });

  it('was signed by no other CA, be it of the same name', async () => {
    for (const wish of [{ issuer: other }, {}]) {
      expect(faultOf(clientOf(kept(await aCertificate(wish)), issuer(), NOW))).toBe('a.crt was not signed by the CA');
    }
  });
});

describe('serverOf', () => {
  it.each([
    ['none', {}],
    ['none', { extendedKeyUsages: [SERVER] }],
    ['a.crt lacks the extended key usage serverAuth', { extendedKeyUsages: [CLIENT] }],
  ])('%s: %j', async (reason, wish) => {
    expect(faultOf(serverOf(kept(await aCertificate(wish)), NOW))).toBe(reason);
  });
});

describe('authoritiesOf', () => {
  it('leaves out those that expired', async () => {
    const expired = await anAuthority({ end: NOW });
    const left = authoritiesOf(expired.certificate + authority.certificate, 'ca.crt', NOW);
    expect(left.map(String)).toEqual(certificatesOf(authority.certificate).map(String));
    expect(() => authoritiesOf(expired.certificate, 'ca.crt', NOW)).toThrow(
      'ca.crt expired at 2023-11-14T22:13:20.000Z',
    );
  });

  it('takes no others', async () => {
    const { certificate } = await aCertificate();
    expect(() => authoritiesOf('', 'ca.crt', NOW)).toThrow('ca.crt has no certificate in PEM');
    expect(() => authoritiesOf(certificate, 'ca.crt', NOW)).toThrow("ca.crt has a certificate that is not a CA's");
  });
});
