import { isIPv6 } from 'node:net';
import { parseAddress } from '../../../domain/flow/address.js';

/** Codes with which a host that has no IPv6 answers "listen on ::". */
const NO_IPV6: ReadonlySet<string | undefined> = new Set([
  'EAFNOSUPPORT',
  'EADDRNOTAVAIL',
  'EINVAL',
  'EPROTONOSUPPORT',
]);

/** "address:port", IPv6 in brackets. */
export function formatEndpoint(address: string, port: number): string {
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

/** A peer's address as octets: 4, or 16; 4 for ::ffff:a.b.c.d (flow-rules.md §1). A zone ("%eth0") is of no interest to others. */
export function peerAddress(address: string): Uint8Array {
  return parseAddress(address.split('%', 1)[0]!) ?? new Uint8Array(0);
}

/** A peer for people: ::ffff:a.b.c.d is shown as the IPv4 address it is. */
export function formatPeer(address: string, port: number): string {
  return formatEndpoint(address.replace(/^::ffff:(?=\d+\.)/i, ''), port);
}

/**
 * Tries to listen on `host`, and for "::" on IPv4 alone if the host has no IPv6.
 *
 * @throws Error that names the transport and the address, with the system's error as its cause
 */
export async function listenOrFallBack(
  transport: string,
  host: string,
  port: number,
  listen: (host: string) => Promise<void>,
): Promise<void> {
  try {
    await listen(host);
  } catch (error) {
    if (host === '::' && NO_IPV6.has((error as NodeJS.ErrnoException).code)) {
      await listenOrFallBack(transport, '0.0.0.0', port, listen);
      return;
    }
    const { message } = error as Error;
    throw new Error(`can't listen for IPFIX over ${transport} on ${formatEndpoint(host, port)}: ${message}`, {
      cause: error,
    });
  }
}
