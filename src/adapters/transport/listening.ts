import { formatEndpoint } from './endpoint.js';

/** Codes with which a host that has no IPv6 answers "listen on ::". */
const NO_IPV6: ReadonlySet<string | undefined> = new Set([
  'EAFNOSUPPORT',
  'EADDRNOTAVAIL',
  'EINVAL',
  'EPROTONOSUPPORT',
]);

/**
 * Tries to listen on `host`, and for "::" on IPv4 alone if the host has no IPv6.
 *
 * @param what what is to be listened for, "IPFIX over TCP"
 * @throws Error that names it and the address, with the system's error as its cause
 */
export async function listenOrFallBack(
  what: string,
  host: string,
  port: number,
  listen: (host: string) => Promise<void>,
): Promise<void> {
  try {
    await listen(host);
  } catch (error) {
    if (host === '::' && NO_IPV6.has((error as NodeJS.ErrnoException).code)) {
      await listenOrFallBack(what, '0.0.0.0', port, listen);
      return;
    }
    const { message } = error as Error;
    throw new Error(`can't listen for ${what} on ${formatEndpoint(host, port)}: ${message}`, {
      cause: error,
    });
  }
}
