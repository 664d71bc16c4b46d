import { connect, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { ClientCertificates } from './client-certificates.js';
import type { SimulationOptions } from './options.js';

/** Begins to connect; `opened` is called once when there is a connection, never before the function has returned. */
export type Dial = (opened: () => void) => Socket;

/** How to connect over TCP. */
export function dialTcp(target: SimulationOptions['target']): Dial {
  return (opened) => connect({ ...target, noDelay: true }).once('connect', opened);
}

/** How to connect over TLS. The collector may refuse the client's certificate after that only (RFC 8446 §4.4.2.4). */
export function dialTls(
  target: SimulationOptions['target'],
  certificates: ClientCertificates,
  serverName: string,
): Dial {
  return (opened) => {
    const socket = connectTls({ ...target, ...tlsOptions(certificates, serverName) });
    socket.setNoDelay();
    return socket.once('secureConnect', opened);
  };
}

/** What an agent shows, and what it demands of the collector: a certificate of the CA for this name, TLS 1.2 or newer. */
export function tlsOptions(
  { authorities, certificate, privateKey }: ClientCertificates,
  serverName: string,
): ConnectionOptions {
  return {
    ca: authorities,
    cert: certificate,
    key: privateKey,
    // An address is compared, but not sent as a name (RFC 6066 §3).
    ...(isIP(serverName) === 0 && { servername: serverName }),
    checkServerIdentity: (_host, shown) => checkServerIdentity(serverName, shown),
    minVersion: 'TLSv1.2',
  };
}
