import type { X509Certificate } from 'node:crypto';
import type { CertificateStore, ServerCredentials } from '../../application/ports/certificate-store.js';
import type { Cancel, Clock } from '../../application/ports/clock.js';
import type { Logger } from '../../application/ports/logger.js';
import { errorText } from '../../application/error-text.js';
import { isOwnAuthority, issueServer } from './authority.js';
import { CertificateFiles, FILE_NAMES, UnreadableFile } from './certificate-files.js';
import type { FileName, FileTexts } from './certificate-files.js';
import { authoritiesOf, serverOf } from './inspect.js';
import type { KeptPair } from './inspect.js';
import { makeKey } from './keys.js';
import type { KeyKind } from './keys.js';
import { beginOf, certificatesText, endOf, isSignedBy, privateKeyText } from './pem.js';
import type { Identity } from './pem.js';
import { bridgesTo, examine, isComplete, isDue, renew } from './renewal.js';
import type { Change, Complete, Examination, KeptSet, NewKeys } from './renewal.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How often the files' times are looked at. Asked, not watched: that works on every file system, networks' too. */
const POLL_MS = 10_000;
/** A clock that was set by more is looked after at once: certificates may be due, expired or not valid yet. */
const CLOCK_JUMP_MS = 60_000;
/** What Weir doesn't renew is warned of when less than this remains. */
const WARNING_MS = 14 * DAY_MS;

/** What a {@link FileCertificateStore} is told. */
export interface FileCertificateStoreOptions {
  /** Where the files are, made if need be; undefined if nothing can be kept. */
  readonly directory: string | undefined;
  /** DNS names and IP addresses for the server certificate that Weir makes. */
  readonly serverNames: readonly string[];
  /** Of keys that are made. @default "rsa-2048" */
  readonly keyKind?: KeyKind;
}

/**
 * Certificates in files: a CA, a client certificate that exporters are given, and in memory a server certificate, or in files one that
 * somebody put there. What is there is used as it is; what can't be used is replaced, but never a server certificate, which is not
 * ours. An operator who keeps the CA's key elsewhere gives the CA's and the server's certificate and the server's key: then nothing is
 * made.
 */
export class FileCertificateStore implements CertificateStore {
  readonly #files: CertificateFiles | undefined;
  readonly #options: FileCertificateStoreOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #actions = new Set<(credentials: ServerCredentials) => void>();
  readonly #once = new Set<string>();
  #begun: Promise<ServerCredentials> | undefined;
  #current: ServerCredentials | undefined;
  /** What was made but could not be written. */
  #unkept: KeptSet | undefined;
  #ownServer: Identity | undefined;
  #cancelPoll: Cancel = () => undefined;
  #isLooking = false;
  #isClosed = false;
  /** Of the files when they were last looked at in full, and at the last poll. */
  #seen = '';
  #polled = '';
  /** Of the clock when the files were last looked at in full. */
  #lookedAt = { monotonic: 0, unix: 0 };

  constructor(options: FileCertificateStoreOptions, clock: Clock, logger: Logger) {
    this.#options = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#files = options.directory === undefined ? undefined : new CertificateFiles(options.directory, clock);
  }

  serverCredentials(): Promise<ServerCredentials> {
    if (this.#current !== undefined) return Promise.resolve(this.#current);
    this.#begun ??= this.#begin().catch((error: unknown) => {
      // A later call tries again: the files may have been put right.
      this.#begun = undefined;
      throw error;
    });
    return this.#begun;
  }

  onRenewal(action: (credentials: ServerCredentials) => void): Cancel {
    // One action given twice is called twice, and cancelled one by one.
    const own = (credentials: ServerCredentials): void => action(credentials);
    this.#actions.add(own);
    return () => {
      this.#actions.delete(own);
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelPoll();
    this.#actions.clear();
  }

  async #begin(): Promise<ServerCredentials> {
    const credentials = await this.#look();
    this.#current = credentials;
    if (!this.#isClosed) this.#cancelPoll = this.#clock.every(POLL_MS, () => void this.#attend());
    return credentials;
  }

  /** Looks again if there is reason to; whatever goes wrong, what is used stays in use. */
  async #attend(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      if (await this.#hasReason()) this.#use(await this.#look());
    } catch (error) {
      this.#logger.repeated('certificates', 'the certificates can not be renewed: those in use stay', {
        error: errorText(error),
      });
    } finally {
      this.#isLooking = false;
    }
  }

  #use(credentials: ServerCredentials): void {
    if (this.#isClosed || (this.#current !== undefined && isEqual(credentials, this.#current))) return;
    this.#current = credentials;
    this.#logger.info('new connections use new certificates');
    for (const action of [...this.#actions]) action(credentials);
  }

  /** Files changed, an hour is over or the clock was set; and nobody is in the middle of copying a certificate and its key. */
  async #hasReason(): Promise<boolean> {
    const signature = (await this.#files?.signature()) ?? '';
    const isSettled = signature === this.#polled;
    this.#polled = signature;
    return isSettled && (signature !== this.#seen || this.#isTime());
  }

  #isTime(): boolean {
    const { monotonic, unix } = this.#lookedAt;
    const passed = this.#clock.monotonicMilliseconds() - monotonic;
    return passed >= HOUR_MS || Math.abs(this.#clock.unixMilliseconds() - unix - passed) >= CLOCK_JUMP_MS;
  }

  async #look(): Promise<ServerCredentials> {
    this.#seen = (await this.#files?.signature()) ?? '';
    const now = this.#clock.unixMilliseconds();
    this.#lookedAt = { monotonic: this.#clock.monotonicMilliseconds(), unix: now };
    const texts = (await this.#files?.read()) ?? {};
    if (isOthers(texts)) return this.#othersCredentials(texts, now);
    const { kept, authority, client } = await this.#complete(texts, now);
    const given = this.#givenServer(texts, now);
    const bridges = bridgesTo(authority.certificate, kept.previous, now);
    // A CA below another one comes with that: both sides may need it, and only the topmost signs itself.
    const all = [authority.certificate, ...authority.others];
    const chain = [...all.filter((certificate) => !isSignedBy(certificate, certificate)), ...bridges.chain];
    const { certificate, privateKey } = given ?? (await this.#ownServerOf(authority, now));
    this.#warnOfEnd('ca.crt', isOwnAuthority(authority.certificate) ? undefined : authority.certificate, now);
    this.#warnOfBegin('ca.crt', authority.certificate, now);
    this.#warnOfBegin('client.crt', client.certificate, now);
    return {
      certificate: certificatesText([certificate, ...(given?.others ?? chain)]),
      privateKey: privateKeyText(privateKey),
      clientAuthorities: certificatesText([...all, ...bridges.authorities]),
    };
  }

  /** All certificates come from a CA whose key is elsewhere. */
  #othersCredentials(texts: FileTexts, now: number): ServerCredentials {
    const authorities = authoritiesOf(texts['ca.crt'] ?? '', this.#path('ca.crt'), now);
    const server = this.#givenServer(texts, now);
    if (server === undefined) throw new Error(`${this.#path('server.crt')} was removed`);
    this.#warnOfEnd('ca.crt', authorities[0], now);
    this.#warnOfBegin('ca.crt', authorities[0], now);
    this.#sayOnce('exporters need a client certificate of this CA, which Weir has no key of: it issues none', {
      ca: this.#path('ca.crt'),
    });
    return {
      certificate: certificatesText([server.certificate, ...server.others]),
      privateKey: privateKeyText(server.privateKey),
      clientAuthorities: certificatesText(authorities),
    };
  }

  /** The server certificate that somebody put there. One that can't be used is never replaced in silence: clients expect that one. */
  #givenServer(texts: FileTexts, now: number): Identity | undefined {
    const pair = this.#pair(texts, 'server');
    if (pair.certificate === undefined && pair.privateKey === undefined) return undefined;
    const server = serverOf(pair, now);
    if ('fault' in server) throw new Error(server.fault);
    this.#warnOfEnd('server.crt', server.certificate, now);
    this.#warnOfBegin('server.crt', server.certificate, now);
    this.#sayOnce('the server certificate of this file is used', { certificate: this.#path('server.crt') });
    return server;
  }

  async #ownServerOf(authority: Identity, now: number): Promise<Identity> {
    const own = this.#ownServer;
    if (own !== undefined && isInUse(own.certificate, now) && isSignedBy(own.certificate, authority.certificate)) {
      return own;
    }
    const key = await makeKey(this.#options.keyKind ?? 'rsa-2048');
    this.#ownServer = await issueServer(authority, key, this.#options.serverNames, now);
    return this.#ownServer;
  }

  /** The CA and the client certificate as they are or as they had to become. */
  async #complete(texts: FileTexts, now: number): Promise<Complete> {
    const examined = examine(this.#keptIn(texts), now);
    if (isComplete(examined) && !((await this.#files?.isInterrupted()) ?? false)) return this.#kept(examined);
    const supplemented = this.#supplemented(examined, now);
    // Before the lock is taken, so that it is held for milliseconds.
    const keys = isComplete(supplemented) ? undefined : await this.#newKeys();
    try {
      return this.#kept(await this.#keep(keys, now));
    } catch (error) {
      if (error instanceof UnreadableFile) throw error;
      return this.#notKept(supplemented, keys, now, error);
    }
  }

  /** Writes what is missing, unless somebody else did meanwhile. */
  async #keep(keys: NewKeys | undefined, now: number): Promise<Complete> {
    if (this.#files === undefined) throw new Error('there is no directory that can be written to');
    let found: Examination | undefined;
    let outcome: Examination | undefined;
    await this.#files.change(async (texts) => {
      const examined = examine(this.#keptIn(texts), now);
      found = outcome = examined;
      if (isComplete(examined)) return undefined;
      const supplemented = this.#supplemented(examined, now);
      const next = isComplete(supplemented)
        ? supplemented.kept
        : await renew(supplemented, keys ?? (await this.#newKeys()), now);
      outcome = examine(next, now);
      return differences(textsOf(next), texts);
    });
    this.#sayChanges(found?.changes ?? []);
    return complete(outcome);
  }

  #kept(examined: Complete): Complete {
    this.#unkept = undefined;
    this.#sayOnce('exporters need these files to send over TLS', {
      ca: this.#path('ca.crt'),
      certificate: this.#path('client.crt'),
      key: this.#path('client.key'),
    });
    return examined;
  }

  async #notKept(examined: Examination, keys: NewKeys | undefined, now: number, error: unknown): Promise<Complete> {
    const message =
      'certificates can not be kept: they last until the process ends, and exporters can not be given theirs; ' +
      'make the directory writable or set dataDirectory';
    if (this.#isFirst(message)) {
      const reason = examined.changes.map((change) => change.reason).join('; ');
      this.#logger.warn(message, { directory: this.#options.directory, error: errorText(error), reason });
    }
    this.#unkept = isComplete(examined) ? examined.kept : await renew(examined, keys ?? (await this.#newKeys()), now);
    return complete(examine(this.#unkept, now));
  }

  /** With what could not be written earlier in place of what can't be used. */
  #supplemented(examined: Examination, now: number): Examination {
    const unkept = this.#unkept;
    if (unkept === undefined || isComplete(examined)) return examined;
    const { kept, authority } = examined;
    const isCurrent = authority !== undefined && !examined.changes.some(({ part }) => part === 'CA');
    const candidate = isCurrent ? { ...kept, client: unkept.client } : unkept;
    const supplemented = examine(candidate, now);
    return isComplete(supplemented) ? supplemented : examined;
  }

  async #newKeys(): Promise<NewKeys> {
    const kind = this.#options.keyKind ?? 'rsa-2048';
    const [authority, client] = await Promise.all([makeKey(kind), makeKey(kind)]);
    return { authority, client };
  }

  #sayChanges(changes: readonly Change[]): void {
    for (const { part, cause, reason } of changes) {
      const made = part === 'CA' ? 'a CA and a client certificate were' : 'a client certificate was';
      if (cause === 'fault') this.#logger.warn(`${made} made in place of what can not be used`, { reason });
      else this.#logger.info(`${made} ${cause === 'age' ? 'renewed' : 'made'}`, { reason });
    }
  }

  /** Once a day, of something that only its owner can renew. */
  #warnOfEnd(name: 'ca.crt' | 'server.crt', certificate: X509Certificate | undefined, now: number): void {
    if (certificate === undefined) return;
    const end = endOf(certificate);
    if (end - now >= WARNING_MS) return;
    const days = Math.floor((end - now) / DAY_MS);
    if (!this.#isFirst(`${name} ${days}`)) return;
    this.#logger.warn('a certificate ends soon that Weir does not renew: replace the file', {
      file: this.#path(name),
      end: new Date(end).toISOString(),
      days,
    });
  }

  /** Nobody can connect meanwhile, and only who knows which clock was wrong can put that right. */
  #warnOfBegin(name: FileName, certificate: X509Certificate | undefined, now: number): void {
    if (certificate === undefined || beginOf(certificate) <= now || !this.#isFirst(`${name} begins`)) return;
    this.#logger.warn(
      "a certificate is not valid yet: set this machine's clock; if it was ahead when the certificate was made, remove the file and its key",
      { file: this.#path(name), begin: new Date(beginOf(certificate)).toISOString() },
    );
  }

  #sayOnce(message: string, fields: Readonly<Record<string, string>>): void {
    if (this.#isFirst(message)) this.#logger.info(message, fields);
  }

  #isFirst(key: string): boolean {
    if (this.#once.has(key)) return false;
    this.#once.add(key);
    return true;
  }

  #keptIn(texts: FileTexts): KeptSet {
    return {
      authority: this.#pair(texts, 'ca'),
      client: this.#pair(texts, 'client'),
      previous: texts['previous-ca.crt'],
    };
  }

  #pair(texts: FileTexts, name: 'ca' | 'client' | 'server'): KeptPair {
    const names = { certificate: this.#path(`${name}.crt`), privateKey: this.#path(`${name}.key`) };
    return { names, certificate: texts[`${name}.crt`], privateKey: texts[`${name}.key`] };
  }

  #path(name: FileName): string {
    return this.#files?.path(name) ?? name;
  }
}

/** Valid, and not to be renewed. */
function isInUse(certificate: X509Certificate, now: number): boolean {
  return beginOf(certificate) <= now && !isDue(certificate, now);
}

function isOthers(texts: FileTexts): boolean {
  return (
    texts['ca.crt'] !== undefined &&
    texts['ca.key'] === undefined &&
    texts['server.crt'] !== undefined &&
    texts['server.key'] !== undefined
  );
}

function textsOf({ authority, client, previous }: KeptSet): FileTexts {
  return {
    'ca.crt': authority.certificate,
    'ca.key': authority.privateKey,
    'client.crt': client.certificate,
    'client.key': client.privateKey,
    'previous-ca.crt': previous ?? '',
  };
}

/** What is as it should be is not written again: its owner, mode and time stay. */
function differences(next: FileTexts, present: FileTexts): FileTexts {
  const names = FILE_NAMES.filter((name) => next[name] !== undefined && next[name] !== (present[name] ?? ''));
  return Object.fromEntries(names.map((name) => [name, next[name]]));
}

/** What was just made is complete, unless the clock jumped by months meanwhile. */
function complete(examined: Examination | undefined): Complete {
  if (examined !== undefined && isComplete(examined)) return examined;
  throw new Error(`certificates that were made can not be used: ${examined?.changes[0]?.reason ?? 'none'}`);
}

function isEqual(one: ServerCredentials, other: ServerCredentials): boolean {
  return (
    one.certificate === other.certificate &&
    one.privateKey === other.privateKey &&
    one.clientAuthorities === other.clientAuthorities
  );
}
