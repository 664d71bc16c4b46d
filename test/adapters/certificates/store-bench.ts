import type { X509Certificate } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { FileCertificateStore } from '../../../src/adapters/certificates/file-certificate-store.js';
import type { FileCertificateStoreOptions } from '../../../src/adapters/certificates/file-certificate-store.js';
import { certificatesOf } from '../../../src/adapters/certificates/pem.js';
import type { ServerCredentials } from '../../../src/application/ports/certificate-store.js';
import { FakeClock } from '../../support/fake-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { NOW } from './certificates.js';
import type { Pems } from './certificates.js';

/** The files that are made. */
export const MADE = ['ca.crt', 'ca.key', 'client.crt', 'client.key'];
/** How often files are looked at. */
export const POLL_MS = 10_000;

const NOBODY = 65_534;

/** The first certificate of a text. */
export const first = (pem: string): X509Certificate => certificatesOf(pem)[0];

/** A directory of certificates, and stores of it whose time stands still. */
export class StoreBench {
  readonly base = mkdtempSync(join(tmpdir(), 'weir-certificates-'));
  /** Not made yet. */
  readonly directory = join(this.base, 'certificates');
  readonly clock = new FakeClock(NOW);
  readonly logger = new RecordingLogger();
  readonly #stores: FileCertificateStore[] = [];

  aStore(options: Partial<FileCertificateStoreOptions> = {}): FileCertificateStore {
    const all = { directory: this.directory, serverNames: ['localhost'], keyKind: 'p-256', ...options } as const;
    const store = new FileCertificateStore(all, this.clock, this.logger);
    this.#stores.push(store);
    return store;
  }

  close(): void {
    for (const store of this.#stores) store.close();
    rmSync(this.base, { recursive: true });
    expect(this.clock.timers).toBe(0);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  names(): string[] {
    return readdirSync(this.directory).sort();
  }

  /** What all files hold, by their names. */
  all(): Record<string, string> {
    return Object.fromEntries(this.names().map((name) => [name, this.read(name)]));
  }

  put(name: 'ca' | 'client' | 'server', { certificate, privateKey }: Partial<Pems>): void {
    mkdirSync(this.directory, { recursive: true });
    if (certificate !== undefined) writeFileSync(this.path(`${name}.crt`), certificate);
    if (privateKey !== undefined) writeFileSync(this.path(`${name}.key`), privateKey);
  }

  /** Does something as one who may read the directory and not write to it; the superuser, who may all, is nobody for that long. */
  async asReader<T>(action: () => Promise<T>): Promise<T> {
    const user = process.getuid!();
    const files = this.names().map((name) => this.path(name));
    if (user === 0) for (const file of [this.base, this.directory, ...files]) chownSync(file, NOBODY, NOBODY);
    chmodSync(this.directory, 0o500);
    if (user === 0) process.seteuid!(NOBODY);
    try {
      return await action();
    } finally {
      process.seteuid!(user);
      chmodSync(this.directory, 0o700);
    }
  }

  /** Moves the clock on until something happened that takes real input and output as well. */
  async until(happened: () => boolean, step = 20): Promise<void> {
    while (!happened()) await this.clock.advance(step);
  }

  /** What a store gives when it renews next. */
  async renewed(store: FileCertificateStore, step: number): Promise<ServerCredentials> {
    let credentials: ServerCredentials | undefined;
    const cancel = store.onRenewal((given) => (credentials = given));
    await this.until(() => credentials !== undefined, step);
    cancel();
    return credentials!;
  }

  /** Fails unless the files and what servers were given belong together. */
  expectConsistent(credentials: ServerCredentials): void {
    const authority = first(this.read('ca.crt'));
    const client = first(this.read('client.crt'));
    expect(authority.verify(authority.publicKey)).toBe(true);
    expect(client.verify(authority.publicKey)).toBe(true);
    expect(first(credentials.certificate).verify(authority.publicKey)).toBe(true);
    expect(first(credentials.clientAuthorities).toString()).toBe(authority.toString());
  }
}
