import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientTlsOptions } from '../../src/adapters/transport/sessions/tls-files.js';
import { settle, type FakeClock } from './fake-clock.js';
import type { Issued } from './pki.js';

/** A folder with the files that a session over TLS reads. */
export class ClientFiles {
  readonly directory = mkdtempSync(join(tmpdir(), 'weir-tls-'));

  /** Writes ca.crt. */
  authority(certificate: string): this {
    return this.write('ca.crt', certificate);
  }

  /** Writes tls.crt and tls.key. */
  client({ certificate, privateKey }: Issued): this {
    return this.write('tls.crt', certificate).write('tls.key', privateKey);
  }

  write(name: string, content: string): this {
    writeFileSync(join(this.directory, name), content);
    return this;
  }

  /** Options that trust ca.crt and show no certificate, unless others are given. */
  options(options: Partial<ClientTlsOptions> = {}): ClientTlsOptions {
    const { directory } = this;
    return {
      directory,
      ownAuthority: true,
      clientCertificate: false,
      serverName: '',
      minVersion: 'TLSv1.2',
      ...options,
    };
  }

  close(): Promise<void> {
    rmSync(this.directory, { recursive: true });
    return Promise.resolve();
  }
}

/** The time in which a collector can refuse a session is shorter; that in which it has to be connected to is longer. */
const LONGEST_MS = 1_000;

/**
 * Waits for something that opens sessions over TLS with collectors that accept them: moves the clock on past the time in which they
 * could refuse. That takes no time; it ends once `settled` is.
 */
export async function accepting<T>(clock: FakeClock, settled: Promise<T>): Promise<T> {
  const going = { on: true };
  const stop = (): void => {
    going.on = false;
  };
  settled.then(stop, stop);
  while (going.on) {
    const { untilNext } = clock;
    if (untilNext !== undefined && untilNext <= LONGEST_MS) clock.advanceNow(untilNext);
    await settle();
  }
  return settled;
}
