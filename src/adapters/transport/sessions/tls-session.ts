import { isIP } from 'node:net';
import { join } from 'node:path';
import { checkServerIdentity, connect, type PeerCertificate, type SecureContext, type TLSSocket } from 'node:tls';
import type { Cancel } from '../../../application/ports/clock.js';
import { formatEndpoint } from '../endpoint.js';
import { connectSocket, untilEvent, type Patience } from './connecting.js';
import { ipVersionOf, type HostAddress } from './host-addresses.js';
import { StreamSession } from './stream-session.js';
import { closedWords, tlsFailure, type TlsFailureContext } from './tls-failure.js';
import { DEFAULT_SECTION, type ClientTlsOptions } from './tls-files.js';

/** How long a collector has to refuse Weir once it has shown that it is done with the handshake. */
const REFUSAL_MS = 100;

/** How long a collector that speaks TLS 1.3 has to send a session ticket, by which most servers say that they are done. */
const TICKET_MS = 1_000;

/** How a collector is spoken to over TLS, and what the files for that held. */
export interface TlsSessionOptions extends ClientTlsOptions {
  readonly secureContext: SecureContext;
}

/**
 * Connects to a collector over TLS.
 *
 * In TLS 1.3 the client's certificate is the last word of the handshake, so a collector can refuse it only when Weir is through with its
 * part (some servers do the same with TLS 1.2). What is written by then is thrown away, and often the alert that says why is too. Therefore
 * nothing may be sent before the collector had time to refuse: a ticket shows that it has looked at the certificate, and that it closes at
 * once after that would arrive a moment later. One that refuses still later is as one that dies: what the kernels hold is lost.
 *
 * @param host what the collector is called in the configuration
 * @throws Error that names the address and says in words what is wrong
 */
export async function connectTls(
  host: string,
  address: HostAddress,
  port: number,
  options: TlsSessionOptions,
  patience: Patience,
): Promise<StreamSession> {
  const { clock } = patience;
  const peer = formatEndpoint(address.address, port);
  const began = clock.monotonicMilliseconds();
  const plain = await connectSocket(address, port, patience);
  const connected = clock.monotonicMilliseconds();
  // A zone ("%eth0") is no part of what certificates say.
  const name = (options.serverName === '' ? host : options.serverName).split('%', 1)[0]!;
  const socket = connect({
    socket: plain,
    secureContext: options.secureContext,
    // Said, because NODE_TLS_REJECT_UNAUTHORIZED would decide otherwise.
    rejectUnauthorized: true,
    // RFC 6066 §3: addresses are no server names.
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_host, certificate) => identityError(name, certificate),
  });
  const context = failureContext(options);
  const ticket = { seen: false };
  socket.once('session', () => {
    ticket.seen = true;
  });
  try {
    const rest = { ...patience, timeoutMs: Math.max(0, patience.timeoutMs - (connected - began)) };
    const tooLate = `it did not finish the handshake within ${patience.timeoutMs} ms: perhaps it speaks no TLS`;
    await untilEvent(socket, 'secureConnect', rest, `the handshake`, tooLate);
    const handshakeMs = clock.monotonicMilliseconds() - connected;
    await untilAccepted(socket, ticket, handshakeMs, patience);
  } catch (error) {
    const words = isClosed(error) ? closedWords(context) : tlsFailure(error as Error, context);
    throw new Error(`no TLS session with ${peer}: ${words}`, { cause: error });
  }
  const explain = (error: Error): string => tlsFailure(error, context);
  return new StreamSession(socket, { peer, ipVersion: ipVersionOf(address), clock, explain });
}

/** The collector closed the connection, in order or not, and said nothing. */
class ClosedError extends Error {
  override readonly name = 'ClosedError';
}

function isClosed(error: unknown): boolean {
  return error instanceof ClosedError || (error as NodeJS.ErrnoException).code === 'ECONNRESET';
}

/** Resolves once the collector can be taken to have accepted Weir; destroys the socket and rejects if it did not. */
function untilAccepted(
  socket: TLSSocket,
  ticket: { readonly seen: boolean },
  handshakeMs: number,
  { clock, signal }: Patience,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let cancel: Cancel = () => undefined;
    const settle = (): void => {
      cancel();
      signal.removeEventListener('abort', aborted);
      socket.off('session', linger).off('error', fail).off('end', closed).off('close', closed);
    };
    const accepted = (): void => {
      settle();
      resolve();
    };
    const fail = (error: Error): void => {
      settle();
      socket.on('error', () => undefined).destroy();
      reject(error);
    };
    const aborted = (): void => fail(new Error('it was given up'));
    const closed = (): void => fail(new ClosedError('closed'));
    // A refusal takes a round trip, as the handshake did, and some work.
    const linger = (): void => {
      cancel();
      cancel = clock.after(Math.max(REFUSAL_MS, 2 * handshakeMs), accepted);
    };
    signal.addEventListener('abort', aborted, { once: true });
    socket.on('session', linger).on('error', fail).on('end', closed).on('close', closed).resume();
    if (signal.aborted) aborted();
    else if (ticket.seen || socket.getProtocol() !== 'TLSv1.3') linger();
    else cancel = clock.after(Math.max(TICKET_MS, 2 * handshakeMs), accepted);
  });
}

/** What Node says of a certificate that is for somebody else is long and not for people. */
function identityError(name: string, certificate: PeerCertificate): Error | undefined {
  const error = checkServerIdentity(name, certificate);
  if (!error) return undefined;
  const names = certificate.subjectaltname ?? '';
  const whose = names === '' ? 'has no names (subjectAltName)' : `is for ${names.replaceAll(/(DNS|IP Address):/g, '')}`;
  return new Error(`its certificate ${whose}, not for ${name}`, { cause: error });
}

function failureContext({
  directory,
  ownAuthority,
  clientCertificate,
  minVersion,
  section = DEFAULT_SECTION,
}: ClientTlsOptions): TlsFailureContext {
  return {
    clientCertificate,
    minVersion: minVersion.replace('v', ' '),
    authorities: ownAuthority ? join(directory, 'ca.crt') : "the system's root certificates",
    clientCertificateKey: `${section}.clientSecretName`,
  };
}
