import { isIPv6 } from 'node:net';
import { parseAddress } from '../../domain/flow/address.js';

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
