import type { X509Certificate } from 'node:crypto';
import { errorText } from '../../application/error-text.js';
import { maySignCertificates } from './authority.js';
import { canSign } from './keys.js';
import { certificatesOf, endOf, isSignedBy, privateKeyOf } from './pem.js';
import type { Identity } from './pem.js';

const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';
const SERVER_AUTHENTICATION = '1.3.6.1.5.5.7.3.1';
const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0';

/** A certificate and its key as texts, by the names under which they are kept. */
export interface KeptPair {
  readonly names: PairNames;
  /** PEM; undefined if there is none. */
  readonly certificate: string | undefined;
  /** PEM; undefined if there is none. A secret. */
  readonly privateKey: string | undefined;
}

/** What those who look after a certificate and its key call the two. */
export interface PairNames {
  readonly certificate: string;
  readonly privateKey: string;
}

/** Why a pair is of no use. */
export interface Fault {
  /** In words that begin with the name of what is at fault. */
  readonly fault: string;
  /** Neither the certificate nor the key is there. */
  readonly missing: boolean;
}

/**
 * What is kept as a CA, or why that is none: it can't be parsed, doesn't belong to its key, expired, is no CA, or one that can't vouch
 * for clients. One that isn't valid yet is fine: it is rather the machine's clock that is wrong, and a CA is not given up for that.
 *
 * @param now Unix time in milliseconds
 */
export function authorityOf(pair: KeptPair, now: number): Identity | Fault {
  const found = identityOf(pair, now);
  if ('fault' in found) return found;
  const { certificate, privateKey } = found;
  const name = pair.names.certificate;
  const maySign = attempt(name, () => certificate.ca && maySignCertificates(certificate));
  if (typeof maySign === 'object') return maySign;
  if (!maySign) return fault(`${name} is not a certificate of a CA`);
  if (!allows(certificate, CLIENT_AUTHENTICATION)) return fault(`${name} lacks the extended key usage clientAuth`);
  if (!canSign(privateKey)) {
    return fault(`${pair.names.privateKey} is neither an RSA key nor one on the curves P-256, P-384 and P-521`);
  }
  return found;
}

/**
 * What is kept as a client certificate, or why it is of no use: as above, or the CA did not sign it.
 *
 * @param now Unix time in milliseconds
 */
export function clientOf(pair: KeptPair, authority: Identity, now: number): Identity | Fault {
  const found = identityOf(pair, now);
  if ('fault' in found) return found;
  const name = pair.names.certificate;
  if (!allows(found.certificate, CLIENT_AUTHENTICATION))
    return fault(`${name} lacks the extended key usage clientAuth`);
  if (!isSignedBy(found.certificate, authority.certificate)) return fault(`${name} was not signed by the CA`);
  return found;
}

/**
 * What is kept as a server certificate, or why it is of no use. Who signed it is between the clients and those who put it there.
 *
 * @param now Unix time in milliseconds
 */
export function serverOf(pair: KeptPair, now: number): Identity | Fault {
  const found = identityOf(pair, now);
  if ('fault' in found) return found;
  return allows(found.certificate, SERVER_AUTHENTICATION)
    ? found
    : fault(`${pair.names.certificate} lacks the extended key usage serverAuth`);
}

/**
 * CAs that are kept without a key: clients are verified by them, but Weir issues nothing in their name. Those that expired are left
 * out.
 *
 * @param name what the text is called
 * @throws Error that begins with the name if none is left or one is no CA
 */
export function authoritiesOf(text: string, name: string, now: number): X509Certificate[] {
  const all = attempt(name, () => certificatesOf(text));
  if (!Array.isArray(all)) throw new Error(all.fault);
  if (!all.every(({ ca }) => ca)) throw new Error(`${name} has a certificate that is not a CA's`);
  const valid = all.filter((certificate) => endOf(certificate) > now);
  if (valid.length === 0) throw new Error(`${name} ${expired(all[0])}`);
  return valid;
}

/** What all kinds of certificates have in common. */
function identityOf({ names, certificate, privateKey }: KeptPair, now: number): Identity | Fault {
  if (certificate === undefined) {
    return privateKey === undefined
      ? { fault: `there is no ${names.certificate}`, missing: true }
      : fault(`${names.certificate} is missing beside ${names.privateKey}`);
  }
  if (privateKey === undefined) return fault(`${names.privateKey} is missing beside ${names.certificate}`);
  const certificates = attempt(names.certificate, () => certificatesOf(certificate));
  if ('fault' in certificates) return certificates;
  const key = attempt(names.privateKey, () => privateKeyOf(privateKey));
  if ('fault' in key) return key;
  const [first, ...others] = certificates;
  if (!first.checkPrivateKey(key)) return fault(`${names.privateKey} is not the key of ${names.certificate}`);
  if (endOf(first) <= now) return fault(`${names.certificate} ${expired(first)}`);
  return { certificate: first, others, privateKey: key };
}

/** Without the extension a certificate is good for everything (RFC 5280 §4.2.1.12), and TLS libraries take it so. */
function allows(certificate: X509Certificate, usage: string): boolean {
  // Node has the object identifiers of the extended key usages under this name, and none is undefined whatever the types say.
  const usages = certificate.keyUsage as readonly string[] | undefined;
  return usages === undefined || usages.includes(usage) || usages.includes(ANY_EXTENDED_KEY_USAGE);
}

function expired(certificate: X509Certificate): string {
  return `expired at ${new Date(endOf(certificate)).toISOString()}`;
}

function attempt<T>(name: string, parse: () => T): T | Fault {
  try {
    return parse();
  } catch (error) {
    return fault(`${name} ${errorText(error)}`);
  }
}

function fault(words: string): Fault {
  return { fault: words, missing: false };
}
