import 'reflect-metadata';
import { createPublicKey, webcrypto } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { makeKey, signingKey } from '../../../src/adapters/certificates/keys.js';

/** Unix time at which tests of certificates take place, unless TLS checks them against the machine's. */
export const NOW = 1_700_000_000_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const YEAR_MS = 365 * DAY_MS;

export const CLIENT = x509.ExtendedKeyUsage.clientAuth;
export const SERVER = x509.ExtendedKeyUsage.serverAuth;

/** A certificate and its key, as files have them. */
export interface Pems {
  readonly certificate: string;
  readonly privateKey: string;
}

/** What a certificate is to be like; by default one that signed itself and is valid for a year, without any extension. */
export interface Wish {
  readonly name?: string;
  readonly issuer?: Pems & { readonly key: KeyObject };
  readonly key?: KeyObject;
  readonly isAuthority?: boolean;
  readonly keyUsages?: x509.KeyUsageFlags;
  readonly extendedKeyUsages?: readonly x509.ExtendedKeyUsageType[];
  readonly names?: readonly x509.JsonGeneralName[];
  /** In Unix milliseconds. */
  readonly begin?: number;
  readonly end?: number;
}

/** A certificate as others would make it. */
export async function aCertificate(wish: Wish = {}): Promise<Pems & { readonly key: KeyObject }> {
  const key = wish.key ?? (await makeKey('p-256'));
  const subject = `CN=${wish.name ?? 'somebody'}`;
  const extensions: x509.Extension[] = [];
  if (wish.isAuthority !== undefined) extensions.push(new x509.BasicConstraintsExtension(wish.isAuthority));
  if (wish.keyUsages !== undefined) extensions.push(new x509.KeyUsagesExtension(wish.keyUsages));
  if (wish.extendedKeyUsages !== undefined) {
    extensions.push(new x509.ExtendedKeyUsageExtension([...wish.extendedKeyUsages]));
  }
  if (wish.names !== undefined) extensions.push(new x509.SubjectAlternativeNameExtension([...wish.names]));
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject,
      issuer: wish.issuer === undefined ? subject : new x509.X509Certificate(wish.issuer.certificate).subjectName,
      notBefore: new Date(wish.begin ?? NOW - HOUR_MS),
      notAfter: new Date(wish.end ?? NOW + YEAR_MS),
      publicKey: new x509.PublicKey(createPublicKey(key).export({ format: 'der', type: 'spki' })),
      signingKey: await signingKey(wish.issuer?.key ?? key),
      extensions,
    },
    webcrypto,
  );
  return { certificate: `${certificate.toString('pem')}\n`, privateKey: pkcs8(key), key };
}

/** A CA as others would make it. */
export function anAuthority(wish: Wish = {}): Promise<Pems & { readonly key: KeyObject }> {
  return aCertificate({ name: 'their CA', isAuthority: true, ...wish });
}

export function pkcs8(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}
