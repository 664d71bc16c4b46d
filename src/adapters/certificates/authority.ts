import 'reflect-metadata';
import { createPublicKey, webcrypto, X509Certificate as ParsedCertificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Extension } from '@peculiar/x509';
import { signingKey } from './keys.js';
import { endOf } from './pem.js';
import type { Identity } from './pem.js';

const HOUR_MS = 3_600_000;
const VALIDITY_MS = 365 * 24 * HOUR_MS;
/** Clocks of exporters that are slow by less take a new certificate all the same. */
const BACKDATED_MS = HOUR_MS;

const AUTHORITY_NAME = 'flow-aggregator-ca@';

/** What a certificate says beside whose key it is. */
interface Contents {
  readonly subject: Name;
  readonly extensions: readonly Extension[];
  /** In Unix milliseconds. */
  readonly end: number;
}

/** Whose name and key a certificate is signed with. */
interface Issuer {
  readonly name: Name;
  readonly privateKey: KeyObject;
  /** Its extension of that name, in hexadecimal digits; undefined without one. */
  readonly keyIdentifier: string | undefined;
}

/**
 * A new CA: for one year from now, since an hour ago.
 *
 * @param now Unix time in milliseconds
 */
export async function makeAuthority(privateKey: KeyObject, now: number): Promise<Identity> {
  const name = nameOf(`${AUTHORITY_NAME}${Math.floor(now / 1000)}`);
  const issuer = { name, privateKey, keyIdentifier: undefined };
  const contents = { subject: name, extensions: authorityExtensions(), end: now + VALIDITY_MS };
  return { certificate: await sign(issuer, publicKeyOf(privateKey), contents, now), others: [], privateKey };
}

/** Whether a CA's name says that Weir made it, or the Flow Aggregator that Weir took the place of. */
export function isOwnAuthority(certificate: ParsedCertificate): boolean {
  return certificate.subject.startsWith(`CN=${AUTHORITY_NAME}`);
}

/**
 * A new client certificate for exporters.
 *
 * @param now Unix time in milliseconds
 */
export async function issueClient(authority: Identity, privateKey: KeyObject, now: number): Promise<Identity> {
  const contents = {
    subject: nameOf('flow-aggregator-client'),
    extensions: leafExtensions(ExtendedKeyUsage.clientAuth),
    end: now + VALIDITY_MS,
  };
  const certificate = await sign(issuerOf(authority), publicKeyOf(privateKey), contents, now);
  return { certificate, others: [], privateKey };
}

/**
 * A new server certificate.
 *
 * @param names DNS names and IP addresses by which clients dial the server
 * @param now Unix time in milliseconds
 */
export async function issueServer(
  authority: Identity,
  privateKey: KeyObject,
  names: readonly string[],
  now: number,
): Promise<Identity> {
  const alternatives = names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value }));
  const contents = {
    subject: nameOf('flow-aggregator'),
    extensions: [...leafExtensions(ExtendedKeyUsage.serverAuth), new SubjectAlternativeNameExtension(alternatives)],
    end: now + VALIDITY_MS,
  };
  const certificate = await sign(issuerOf(authority), publicKeyOf(privateKey), contents, now);
  return { certificate, others: [], privateKey };
}

/**
 * The CA `authority` once more, signed by the one before it: with this certificate in its chain a server is known to clients that
 * have only the previous CA, for as long as that one is valid.
 *
 * @param now Unix time in milliseconds
 */
export async function bridge(previous: Identity, authority: Identity, now: number): Promise<ParsedCertificate> {
  const contents = {
    subject: libraryForm(authority.certificate).subjectName,
    extensions: authorityExtensions(),
    end: endOf(previous.certificate),
  };
  return sign(issuerOf(previous), authority.certificate.publicKey, contents, now);
}

/** Whether a CA's key usages, if it has such, let it sign certificates. */
export function maySignCertificates(certificate: ParsedCertificate): boolean {
  const usages = libraryForm(certificate).getExtension(KeyUsagesExtension)?.usages;
  return usages === undefined || (usages & KeyUsageFlags.keyCertSign) !== 0;
}

function authorityExtensions(): Extension[] {
  return [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign, true),
    new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth, ExtendedKeyUsage.serverAuth]),
  ];
}

function leafExtensions(usage: ExtendedKeyUsage): Extension[] {
  return [
    new BasicConstraintsExtension(false, undefined, true),
    // Key encipherment is what TLS 1.2 with RSA key exchange takes, which old exporters may know alone.
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
    new ExtendedKeyUsageExtension([usage]),
  ];
}

async function sign(issuer: Issuer, key: KeyObject, contents: Contents, now: number): Promise<ParsedCertificate> {
  const publicKey = new PublicKey(key.export({ format: 'der', type: 'spki' }));
  const extensions = [...contents.extensions, await SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto)];
  // Taken from the CA, not worked out from its key: there are several ways to do that, and those who made the CA chose one.
  if (issuer.keyIdentifier !== undefined) extensions.push(new AuthorityKeyIdentifierExtension(issuer.keyIdentifier));
  const certificate = await X509CertificateGenerator.create(
    {
      subject: contents.subject,
      issuer: issuer.name,
      notBefore: new Date(now - BACKDATED_MS),
      notAfter: new Date(contents.end),
      publicKey,
      signingKey: await signingKey(issuer.privateKey),
      extensions,
    },
    webcrypto,
  );
  return new ParsedCertificate(Buffer.from(certificate.rawData));
}

function issuerOf({ certificate, privateKey }: Identity): Issuer {
  const parsed = libraryForm(certificate);
  const keyIdentifier = parsed.getExtension(SubjectKeyIdentifierExtension)?.keyId;
  return { name: parsed.subjectName, privateKey, keyIdentifier };
}

function libraryForm(certificate: ParsedCertificate): X509Certificate {
  return new X509Certificate(certificate.raw);
}

function publicKeyOf(privateKey: KeyObject): KeyObject {
  return createPublicKey(privateKey);
}

function nameOf(commonName: string): Name {
  return new Name([{ CN: [commonName] }]);
}
