import type { KeyObject, X509Certificate } from 'node:crypto';
import { bridge, isOwnAuthority, issueClient, makeAuthority } from './authority.js';
import { authorityOf, clientOf } from './inspect.js';
import type { Fault, KeptPair } from './inspect.js';
import { certificatesOf, certificatesText, endOf, isSame, isSignedBy, privateKeyText } from './pem.js';
import type { Identity } from './pem.js';

const DAY_MS = 86_400_000;

/** A certificate that lasts less than this takes its last quarter to be replaced in. */
const RENEWAL_MS = 90 * DAY_MS;

/** All that is kept of certificates, wherever that is. */
export interface KeptSet {
  readonly authority: KeptPair;
  readonly client: KeptPair;
  /** The CA before this one, and this one as signed by that: {@link bridgesTo}. PEM; undefined if there is none. */
  readonly previous: string | undefined;
}

/** Something that has to take another's place, and why. With a CA goes its client certificate. */
export interface Change {
  readonly part: 'CA' | 'client certificate';
  readonly cause: 'missing' | 'fault' | 'age';
  /** In words. */
  readonly reason: string;
}

/** What is good of what is kept, and what has to change. */
export interface Examination {
  readonly kept: KeptSet;
  /** Undefined if there is none that can be used. One that has to change because of its age is here. */
  readonly authority: Identity | undefined;
  readonly client: Identity | undefined;
  readonly changes: readonly Change[];
}

/** What was good and needs no change. */
export interface Complete extends Examination {
  readonly authority: Identity;
  readonly client: Identity;
}

/** Keys for a CA and a client certificate, made before they are needed: it takes long. */
export interface NewKeys {
  readonly authority: KeyObject;
  readonly client: KeyObject;
}

/** Whether fewer than 90 days remain of a certificate. */
export function isDue(certificate: X509Certificate, now: number): boolean {
  return endOf(certificate) - now < RENEWAL_MS;
}

/**
 * Looks through what is kept.
 *
 * A CA of others is used until its end and not renewed: exporters would not know what took its place, and its key might be nowhere
 * else.
 *
 * @param now Unix time in milliseconds
 */
export function examine(kept: KeptSet, now: number): Examination {
  const authority = authorityOf(kept.authority, now);
  if ('fault' in authority) {
    return { kept, authority: undefined, client: undefined, changes: [change('CA', authority)] };
  }
  const found = clientOf(kept.client, authority, now);
  const client = 'fault' in found ? undefined : found;
  if (isOwnAuthority(authority.certificate) && isDue(authority.certificate, now)) {
    return { kept, authority, client, changes: [aged('CA', kept.authority)] };
  }
  if ('fault' in found) return { kept, authority, client, changes: [change('client certificate', found)] };
  const changes = isDue(found.certificate, now) ? [aged('client certificate', kept.client)] : [];
  return { kept, authority, client, changes };
}

/** Whether there is nothing to change. */
export function isComplete(examination: Examination): examination is Complete {
  return examination.changes.length === 0;
}

/**
 * What should be kept in place of what was examined. A CA that is renewed for its age stays beside the new one until its own end, so
 * that no exporter is cut off on that day: those with a client certificate of it are let in, and to those that trust it the new CA is
 * presented as signed by it. That is safe since its key was not lost to anybody and is destroyed with the renewal, so nobody can sign
 * with it any more. A CA that is replaced for any other reason goes at once: who deletes its files wants it gone.
 *
 * @param now Unix time in milliseconds
 */
export async function renew(examination: Examination, keys: NewKeys, now: number): Promise<KeptSet> {
  const { kept, changes } = examination;
  const change = changes.find(({ part }) => part === 'CA');
  const { authority: old } = examination;
  if (change === undefined && old !== undefined) {
    return { ...kept, client: keptAs(kept.client, await issueClient(old, keys.client, now)) };
  }
  const authority = await makeAuthority(keys.authority, now);
  const client = await issueClient(authority, keys.client, now);
  const previous =
    change?.cause === 'age' && old !== undefined
      ? certificatesText([old.certificate, await bridge(old, authority, now)])
      : undefined;
  return { authority: keptAs(kept.authority, authority), client: keptAs(kept.client, client), previous };
}

/** The CAs before `authority` whose clients are still let in, and the certificates that lead from it to those. */
export interface Bridges {
  readonly authorities: readonly X509Certificate[];
  readonly chain: readonly X509Certificate[];
}

/**
 * What is kept of CAs before this one, as far as it is valid and of use. A text that can't be read has nothing of use: only Weir
 * writes it.
 *
 * @param now Unix time in milliseconds
 */
export function bridgesTo(authority: X509Certificate, previous: string | undefined, now: number): Bridges {
  const all = previous === undefined ? [] : readable(previous);
  const valid = all.filter((certificate) => certificate.ca && endOf(certificate) > now);
  const authorities = valid.filter(
    (certificate) => isSignedBy(certificate, certificate) && !isSame(certificate, authority),
  );
  const chain = valid.filter(
    (certificate) =>
      certificate.publicKey.equals(authority.publicKey) &&
      authorities.some((previousAuthority) => isSignedBy(certificate, previousAuthority)),
  );
  // Without a bridge the text is about another CA: it was left when that one was replaced by hand.
  return chain.length === 0 ? { authorities: [], chain: [] } : { authorities, chain };
}

function change(part: Change['part'], { fault, missing }: Fault): Change {
  return { part, cause: missing ? 'missing' : 'fault', reason: fault };
}

function aged(part: Change['part'], { names }: KeptPair): Change {
  return { part, cause: 'age', reason: `fewer than 90 days remain of ${names.certificate}` };
}

function keptAs({ names }: KeptPair, { certificate, others, privateKey }: Identity): KeptPair {
  return {
    names,
    certificate: certificatesText([certificate, ...others]),
    privateKey: privateKeyText(privateKey),
  };
}

function readable(text: string): X509Certificate[] {
  try {
    return certificatesOf(text);
  } catch {
    return [];
  }
}
