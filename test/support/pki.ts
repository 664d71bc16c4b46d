import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from '@peculiar/x509';
import type { CertificateStore, ServerCredentials } from '../../src/application/ports/certificate-store.js';
import type { Cancel } from '../../src/application/ports/clock.js';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const HOUR = 3_600_000;
const USAGES = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };

/** A certificate and its key, as PEM text. */
export interface Issued {
  readonly certificate: string;
  /** PKCS#8. */
  readonly privateKey: string;
}

/** What a certificate is to say. */
export interface Request {
  readonly name: string;
  /** What it may be used for; both if not given. */
  readonly usages?: readonly (keyof typeof USAGES)[];
  /** 127.0.0.1, ::1 and localhost if not given. */
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly string[];
  /** Hours from now; -1 if not given. */
  readonly validFromHours?: number;
  /** Hours from now; 24 if not given. */
  readonly validToHours?: number;
}

let serial = 1;

const validity = ({ validFromHours = -1, validToHours = 24 }: Partial<Request> = {}): {
  notBefore: Date;
  notAfter: Date;
} => ({
  notBefore: new Date(Date.now() + validFromHours * HOUR),
  notAfter: new Date(Date.now() + validToHours * HOUR),
});

const keyPair = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const lines = bytes.toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`;
}

/** A CA of a test: makes certificates in a millisecond or two each. */
export class TestAuthority {
  readonly #certificate: X509Certificate;
  readonly #keys: webcrypto.CryptoKeyPair;
  /** Its own certificate, as PEM text. */
  readonly certificate: string;

  private constructor(certificate: X509Certificate, keys: webcrypto.CryptoKeyPair) {
    this.#certificate = certificate;
    this.#keys = keys;
    this.certificate = `${certificate.toString('pem')}\n`;
  }

  /** A CA that signs itself. Two of one name are still two: their keys differ. */
  static async create(name: string): Promise<TestAuthority> {
    const keys = await keyPair();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      serialNumber: (serial++).toString(16).padStart(4, '0'),
      name: `CN=${name}`,
      ...validity(),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new BasicConstraintsExtension(true, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign, true),
        new ExtendedKeyUsageExtension([USAGES.client, USAGES.server]),
      ],
    });
    return new TestAuthority(certificate, keys);
  }

  /** A certificate that this CA signed. */
  async issue(request: Request): Promise<Issued> {
    const { name, usages = ['client', 'server'], dnsNames = ['localhost'], addresses = ['127.0.0.1', '::1'] } = request;
    const keys = await keyPair();
    const certificate = await X509CertificateGenerator.create({
      serialNumber: (serial++).toString(16).padStart(4, '0'),
      subject: `CN=${name}`,
      issuer: this.#certificate.subject,
      ...validity(request),
      signingAlgorithm: ALGORITHM,
      signingKey: this.#keys.privateKey,
      publicKey: keys.publicKey,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension(usages.map((usage) => USAGES[usage])),
        new SubjectAlternativeNameExtension([
          ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
          ...addresses.map((value) => ({ type: 'ip' as const, value })),
        ]),
      ],
    });
    return { certificate: `${certificate.toString('pem')}\n`, privateKey: await keyPem(keys.privateKey) };
  }
}

/** Certificates that most tests need. */
export interface TestPki {
  readonly authority: TestAuthority;
  readonly server: Issued;
  readonly client: Issued;
  /** Of the same CA, until an hour ago. */
  readonly expiredClient: Issued;
  /** Of the same CA, from in an hour on. */
  readonly futureClient: Issued;
  /** Of the same CA, but for servers only. */
  readonly serverOnly: Issued;
  /** Another CA, and a client of it. */
  readonly otherAuthority: TestAuthority;
  readonly otherClient: Issued;
  /** A CA with the name of the first but another key, as after the first was made anew, and a client of it. */
  readonly namesakeAuthority: TestAuthority;
  readonly namesakeClient: Issued;
  /** What a Weir with this CA uses. */
  readonly credentials: ServerCredentials;
}

let made: Promise<TestPki> | undefined;

/** The same certificates for all tests of a file. */
export function testPki(): Promise<TestPki> {
  made ??= makePki();
  return made;
}

async function makePki(): Promise<TestPki> {
  const [authority, otherAuthority, namesakeAuthority] = await Promise.all(
    ['flow-aggregator-ca@1', 'another-ca', 'flow-aggregator-ca@1'].map((name) => TestAuthority.create(name)),
  );
  const [server, client, expiredClient, futureClient, serverOnly, otherClient, namesakeClient] = await Promise.all([
    authority!.issue({ name: 'weir' }),
    authority!.issue({ name: 'client', usages: ['client'] }),
    authority!.issue({ name: 'expired', usages: ['client'], validFromHours: -3, validToHours: -1 }),
    authority!.issue({ name: 'future', usages: ['client'], validFromHours: 1 }),
    authority!.issue({ name: 'server only', usages: ['server'] }),
    otherAuthority!.issue({ name: 'other', usages: ['client'] }),
    namesakeAuthority!.issue({ name: 'namesake', usages: ['client'] }),
  ]);
  return {
    authority: authority!,
    server,
    client,
    expiredClient,
    futureClient,
    serverOnly,
    otherAuthority: otherAuthority!,
    otherClient,
    namesakeAuthority: namesakeAuthority!,
    namesakeClient,
    credentials: credentialsOf(authority!, server),
  };
}

/** What servers use that show `server` and know clients by `authority`. */
export function credentialsOf(authority: TestAuthority, server: Issued): ServerCredentials {
  return { ...server, clientAuthorities: authority.certificate };
}

/** A certificate store in memory: a test says what it has, and when that changes. */
export class TestCertificateStore implements CertificateStore {
  #credentials: ServerCredentials | Error;
  readonly #actions = new Set<(credentials: ServerCredentials) => void>();
  isClosed = false;

  /** @param credentials what it gives, or what it fails with */
  constructor(credentials: ServerCredentials | Error) {
    this.#credentials = credentials;
  }

  /** Those who want to be told of renewals: 0 once everybody let go. */
  get listeners(): number {
    return this.#actions.size;
  }

  async serverCredentials(): Promise<ServerCredentials> {
    if (this.#credentials instanceof Error) throw this.#credentials;
    return this.#credentials;
  }

  onRenewal(action: (credentials: ServerCredentials) => void): Cancel {
    this.#actions.add(action);
    return () => {
      this.#actions.delete(action);
    };
  }

  close(): void {
    this.isClosed = true;
  }

  /** Others take the place of what it had. */
  renew(credentials: ServerCredentials): void {
    this.#credentials = credentials;
    for (const action of this.#actions) action(credentials);
  }
}
