import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { IpfixReader, type IpfixMessage } from '../../support/ipfix-reader.js';
import { eventually } from './eventually.js';
import { onFreePort } from './free-port.js';
import { requirePeer } from './peers.js';
import { Program, temporaryDirectory } from './program.js';

/** A version of TLS, as Node calls it. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

const VERSION_OPTIONS: Readonly<Record<TlsVersion, string>> = { 'TLSv1.2': '-tls1_2', 'TLSv1.3': '-tls1_3' };

/** Files of who speaks TLS. */
export interface TlsFiles {
  /** Authority that the other side has to be of. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const own = ({ certificate, key }: TlsFiles): string[] => ['-cert', certificate, '-key', key];

/** Files with these texts in a directory of their own, by name. */
export function filesOf(texts: Readonly<Record<string, string>>): (name: string) => string {
  const directory = temporaryDirectory();
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(directory, name), text);
  return (name) => join(directory, name);
}

/**
 * Sends octets over TLS to a port of 127.0.0.1 with `openssl s_client`, which then stays connected. Verifies the certificate of the
 * server and what it is for.
 *
 * @param keyLog file for the secrets of the session
 */
export function sendOverTls(
  port: number,
  version: TlsVersion,
  { ca, ...files }: TlsFiles,
  octets: Uint8Array,
  keyLog: string,
): Program {
  const input = join(temporaryDirectory(), 'input');
  writeFileSync(input, octets);
  const verifying = ['-CAfile', ca, '-verify_return_error', '-verify_ip', '127.0.0.1'];
  const target = ['-connect', `127.0.0.1:${port}`, VERSION_OPTIONS[version], '-quiet', '-keylogfile', keyLog];
  const command = [requirePeer('openssl'), 's_client', ...target, ...verifying, ...own({ ca, ...files })];
  return new Program('sh', ['-c', 'exec "$0" "$@" <"$INPUT"', ...command], { env: { INPUT: input } });
}

/** `openssl s_server` as a collector, which demands a client certificate and keeps what comes. */
export class OpensslCollector {
  readonly port: number;
  readonly #program: Program;
  readonly #output: string;

  private constructor(program: Program, output: string, port: number) {
    this.#program = program;
    this.#output = output;
    this.port = port;
  }

  /** Resolves once it collects. */
  static start(version: TlsVersion, { ca, ...files }: TlsFiles): Promise<OpensslCollector> {
    return onFreePort('tcp', async (port) => {
      const directory = temporaryDirectory();
      const [input, output] = [join(directory, 'input'), join(directory, 'output')];
      const verifying = ['-Verify', '1', '-CAfile', ca, '-verify_return_error'];
      const target = ['-accept', `127.0.0.1:${port}`, VERSION_OPTIONS[version], '-quiet'];
      const command = [requirePeer('openssl'), 's_server', ...target, ...verifying, ...own({ ca, ...files })];
      // It ends with its input: a pipe that it could write to itself never does.
      const script = 'mkfifo "$INPUT" && exec "$0" "$@" <>"$INPUT" >"$OUTPUT"';
      const program = new Program('sh', ['-c', script, ...command], { env: { INPUT: input, OUTPUT: output } });
      const ended = program.exited.then(() => {
        throw new Error(`openssl s_server did not start:\n${program.stderr}`);
      });
      await Promise.race([ended, eventually('openssl s_server listens', () => isListening(port))]);
      ended.catch(() => undefined);
      return new OpensslCollector(program, output, port);
    });
  }

  /** What was decrypted so far. */
  get octets(): Buffer {
    return readFileSync(this.#output);
  }

  /** The messages in it, if they are of one session. */
  get messages(): IpfixMessage[] {
    return new IpfixReader().stream(this.octets).messages;
  }

  /** What it says against its clients. */
  get complaints(): string {
    return this.#program.stderr;
  }
}

const LISTEN = '0A';

/** Whether a socket listens on a port of 127.0.0.1, by /proc/net/tcp: to connect would be to come as a client. */
function isListening(port: number): boolean {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const sockets = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  return sockets.some((line) => {
    const [, address, , state] = line.trim().split(/\s+/);
    return address === local && state === LISTEN;
  });
}
