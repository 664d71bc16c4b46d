import { writeFileSync, mkdirSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type SecureVersion, type TLSSocket } from 'node:tls';
import type { Issued, TestPki } from '../../support/pki.js';
import type { Lifetime } from './clean-up.js';
import { connectTo } from './exporting.js';
import { temporaryDirectory } from './program.js';

/** How a client comes to Weir. */
export interface TlsClientOptions {
  /** Authority that Weir has to be of, PEM. */
  readonly ca: string;
  /** What it shows, if anything. */
  readonly shows?: Issued | undefined;
  readonly version?: SecureVersion;
  /** Protocol that it wants to speak (ALPN). */
  readonly protocol?: string;
  /** @default "127.0.0.1" */
  readonly localAddress?: string;
}

/** A connection over TLS that may come to nothing. */
export interface TlsAttempt {
  readonly socket: TLSSocket;
  /** Resolves when the connection is closed, with what the client's error said, if it got one. */
  readonly closed: Promise<string | undefined>;
}

/** Connects to a port of 127.0.0.1 and begins a handshake. The connection is closed at the end of the test. */
export async function attemptTls(port: number, options: TlsClientOptions): Promise<TlsAttempt> {
  const { ca, shows, version, protocol, localAddress = '127.0.0.1' } = options;
  const plain = await connectTo(port, localAddress);
  const secured: ConnectionOptions = {
    ...{ socket: plain, ca },
    ...(shows && { cert: shows.certificate, key: shows.privateKey }),
    ...(version && { minVersion: version, maxVersion: version }),
    ...(protocol && { ALPNProtocols: [protocol] }),
  };
  const socket = connect({ ...secured, host: '127.0.0.1' });
  let failure: string | undefined;
  socket.on('error', ({ message }) => {
    failure ??= message;
  });
  const closed = new Promise<string | undefined>((resolve) => socket.on('close', () => resolve(failure)));
  socket.resume();
  return { socket, closed };
}

/** Connects over TLS, as an exporter does that has what it needs. @throws Error if the handshake fails */
export async function connectTls(port: number, { authority, client }: TestPki): Promise<TLSSocket> {
  const { socket } = await attemptTls(port, { ca: authority.certificate, shows: client });
  await once(socket, 'secureConnect');
  return socket;
}

/**
 * A data directory with a server certificate of the tests' authority in it, which is then the authority of clients too: with keys of the
 * tests, certificates can be made that are no good.
 */
export function dataOfTests({ authority, server }: TestPki, lives: Lifetime): string {
  const directory = temporaryDirectory(lives);
  const certificates = join(directory, 'certificates');
  mkdirSync(certificates);
  const files = { 'ca.crt': authority.certificate, 'server.crt': server.certificate, 'server.key': server.privateKey };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(certificates, name), text, { mode: 0o600 });
  return directory;
}

/** Connects without TLS, writes `octets`, and resolves with what comes back until the connection is closed. */
export async function answerTo(port: number, localAddress: string, octets: Uint8Array): Promise<Buffer> {
  const socket = await connectTo(port, localAddress);
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  if (octets.length > 0) socket.write(octets);
  if (!socket.closed) await new Promise((resolve) => socket.on('close', resolve));
  return Buffer.concat(parts);
}
