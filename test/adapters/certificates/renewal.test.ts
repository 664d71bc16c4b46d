import { beforeAll, describe, expect, it } from '@jest/globals';
import { makeKey } from '../../../src/adapters/certificates/keys.js';
import { certificatesOf, isSignedBy } from '../../../src/adapters/certificates/pem.js';
import { bridgesTo, examine, isComplete, renew } from '../../../src/adapters/certificates/renewal.js';
import type { KeptSet, NewKeys } from '../../../src/adapters/certificates/renewal.js';
import { aCertificate, anAuthority, CLIENT, DAY_MS, NOW, SERVER, YEAR_MS } from './certificates.js';
import type { Pems } from './certificates.js';

const AUTHORITY_NAMES = { certificate: 'ca.crt', privateKey: 'ca.key' };
const CLIENT_NAMES = { certificate: 'client.crt', privateKey: 'client.key' };

function keptSet(authority: Partial<Pems>, client: Partial<Pems>): KeptSet {
  return {
    authority: { names: AUTHORITY_NAMES, certificate: authority.certificate, privateKey: authority.privateKey },
    client: { names: CLIENT_NAMES, certificate: client.certificate, privateKey: client.privateKey },
    previous: undefined,
  };
}

let keys: NewKeys;
let made: KeptSet;
beforeAll(async () => {
  keys = { authority: await makeKey('p-256'), client: await makeKey('p-256') };
  made = await renew(examine(keptSet({}, {}), NOW), keys, NOW);
});

const changesOf = (kept: KeptSet, now = NOW): string[] =>
  examine(kept, now).changes.map(({ part, cause, reason }) => `${part}, ${cause}: ${reason}`);
const first = (pem: string | undefined) => certificatesOf(pem ?? '')[0];

describe('examine', () => {
  it('finds nothing to change in what was just made, until fewer than 90 days remain', () => {
    const due = NOW + YEAR_MS - 90 * DAY_MS;
    expect(isComplete(examine(made, NOW))).toBe(true);
    expect(changesOf(made, due)).toEqual([]);
    expect(changesOf(made, due + 1000)).toEqual(['CA, age: fewer than 90 days remain of ca.crt']);
    expect(changesOf(made, NOW + YEAR_MS)).toEqual([expect.stringMatching(/^CA, fault: ca.crt expired at /)]);
  });

  it('finds what is missing', () => {
    expect(changesOf(keptSet({}, {}))).toEqual(['CA, missing: there is no ca.crt']);
    expect(changesOf({ ...made, client: keptSet({}, {}).client })).toEqual([
      'client certificate, missing: there is no client.crt',
    ]);
  });

  it('renews a CA of others neither before its end nor a client certificate for it', async () => {
    const authority = await anAuthority({ end: NOW + DAY_MS });
    const client = await aCertificate({ issuer: authority, extendedKeyUsages: [CLIENT] });
    expect(changesOf(keptSet(authority, client))).toEqual([]);
    expect(changesOf(keptSet(authority, client), NOW + DAY_MS)).toHaveLength(1);
  });

  it('renews a client certificate by its own end', async () => {
    const authority = await anAuthority();
    const client = await aCertificate({ issuer: authority, end: NOW + 89 * DAY_MS });
    expect(changesOf(keptSet(authority, client))).toEqual([
      'client certificate, age: fewer than 90 days remain of client.crt',
    ]);
  });
});

describe('renew', () => {
  it('leaves a CA as it is when the client certificate alone has to change', async () => {
    const authority = await anAuthority();
    const client = await aCertificate({ issuer: authority, extendedKeyUsages: [SERVER] });
    const renewed = await renew(examine(keptSet(authority, client), NOW), keys, NOW);
    expect(renewed.authority).toMatchObject({ certificate: authority.certificate, privateKey: authority.privateKey });
    expect(isComplete(examine(renewed, NOW))).toBe(true);
  });

  it('keeps a CA that is renewed for its age until its end, with a bridge to it', async () => {
    const now = NOW + 300 * DAY_MS;
    const fresh = { authority: await makeKey('p-256'), client: await makeKey('p-256') };
    const renewed = await renew(examine(made, now), fresh, now);
    expect(isComplete(examine(renewed, now))).toBe(true);
    const authority = first(renewed.authority.certificate);
    const { authorities, chain } = bridgesTo(authority, renewed.previous, now);
    expect(authorities.map(String)).toEqual([first(made.authority.certificate).toString()]);
    expect(chain).toHaveLength(1);
    expect(isSignedBy(chain[0]!, authorities[0]!)).toBe(true);
    expect(isSignedBy(first(made.client.certificate), authorities[0]!)).toBe(true);
    expect(bridgesTo(authority, renewed.previous, NOW + YEAR_MS)).toEqual({ authorities: [], chain: [] });
    expect(renewed.previous).not.toContain('PRIVATE KEY');
  });

  it.each([
    ['was removed', () => keptSet({}, {})],
    ['lost its key', () => ({ ...made, authority: { ...made.authority, privateKey: undefined } })],
  ])('keeps nothing of a CA that %s', async (_, kept) => {
    const renewed = await renew(examine({ ...kept(), previous: made.authority.certificate }, NOW), keys, NOW);
    expect(renewed.previous).toBeUndefined();
  });
});

describe('bridgesTo', () => {
  it('has nothing of what does not lead to this CA', async () => {
    const authority = first(made.authority.certificate);
    const stranger = await anAuthority();
    const leaf = await aCertificate({ issuer: stranger });
    for (const text of [undefined, '', 'rubbish', made.authority.certificate, stranger.certificate, leaf.certificate]) {
      expect(bridgesTo(authority, text, NOW)).toEqual({ authorities: [], chain: [] });
    }
  });
});
