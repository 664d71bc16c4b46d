import type { Clock } from '../../../application/ports/clock.js';
import { firstThatOpens, resolveHost, type Resolve } from './host-addresses.js';
import type { Session } from './session.js';
import { connectTcp } from './tcp-session.js';
import { connectTls } from './tls-session.js';
import { readTlsFiles, type ClientTlsOptions } from './tls-files.js';
import { openUdp } from './udp-session.js';

/** How a session's bytes travel. */
export type SessionProtocol = 'tcp' | 'tls' | 'udp';

/** Where a collector is and how it is spoken to. */
export interface CollectorTarget {
  /** Address or name of the collector; a name is looked up at each connection. */
  readonly host: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** TLS over TCP; plain if not given. */
  readonly tls?: ClientTlsOptions;
  /** How long one address may take to accept a connection, the TLS handshake included, in milliseconds. @default 10000 */
  readonly connectTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * How a target's bytes travel.
 *
 * @throws TypeError for TLS over UDP
 */
export function protocolOf({ protocol, tls }: CollectorTarget): SessionProtocol {
  if (!tls) return protocol;
  if (protocol === 'udp') throw new TypeError('TLS over UDP (DTLS) is not spoken');
  return 'tls';
}

/**
 * Opens a session with the first of a collector's addresses that this works with.
 *
 * @throws Error that names a file for TLS that can't be used, or says for each address why it does not work
 */
export async function openSession(
  target: CollectorTarget,
  clock: Clock,
  signal: AbortSignal,
  resolve: Resolve = resolveHost,
): Promise<Session> {
  const { host, port, protocol, tls, connectTimeoutMs: timeoutMs = CONNECT_TIMEOUT_MS } = target;
  const patience = { clock, timeoutMs, signal };
  const secureContext = tls && (await readTlsFiles(tls));
  return firstThatOpens<Session>(host, resolve, signal, (address) => {
    if (protocol === 'udp') return openUdp(address, port);
    if (!tls || !secureContext) return connectTcp(address, port, patience);
    return connectTls(host, address, port, { ...tls, secureContext }, patience);
  });
}
