import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----.*?-----END \1-----/s;

/** A certificate with its key. */
export interface Identity {
  readonly certificate: X509Certificate;
  /** Certificates that came with it, such as those between it and its CA. */
  readonly others: readonly X509Certificate[];
  readonly privateKey: KeyObject;
}

/**
 * All certificates of a PEM text, in their order; what stands around them is passed over.
 *
 * @throws Error that says why there is none to be had, in words that follow the name of the text
 */
export function certificatesOf(text: string): [X509Certificate, ...X509Certificate[]] {
  const [first, ...others] = (text.match(CERTIFICATES) ?? []).map(parseCertificate);
  if (first === undefined) throw new Error('has no certificate in PEM');
  return [first, ...others];
}

/**
 * The private key of a PEM text: PKCS#8 ("PRIVATE KEY"), PKCS#1 ("RSA PRIVATE KEY") or SEC 1 ("EC PRIVATE KEY").
 *
 * @throws Error that says why there is none to be had, in words that follow the name of the text
 */
export function privateKeyOf(text: string): KeyObject {
  const pem = PRIVATE_KEY.exec(text)?.[0];
  if (pem === undefined) throw new Error('has no private key in PEM');
  // Nobody could be asked for the passphrase when the service starts.
  if (pem.includes('ENCRYPTED')) throw new Error('is encrypted');
  try {
    return createPrivateKey(pem);
  } catch {
    // OpenSSL's words are about its decoders, not about the file.
    throw new Error('can not be parsed');
  }
}

/** Certificates as one PEM text. */
export function certificatesText(certificates: readonly X509Certificate[]): string {
  return certificates.map((certificate) => `${certificate.toString().trim()}\n`).join('');
}

/** A private key as PEM text in PKCS#8, the one form that every TLS library reads. */
export function privateKeyText(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/** From when on a certificate is valid, in Unix milliseconds. */
export function beginOf(certificate: X509Certificate): number {
  return Date.parse(certificate.validFrom);
}

/** When a certificate ends, in Unix milliseconds. */
export function endOf(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo);
}

/** Whether one certificate is the other, to the byte. */
export function isSame(one: X509Certificate, other: X509Certificate): boolean {
  return one.fingerprint256 === other.fingerprint256;
}

/** Whether `issuer` signed `certificate`: by its name, what it may be used for, and the signature. */
export function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function parseCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new Error('can not be parsed');
  }
}
