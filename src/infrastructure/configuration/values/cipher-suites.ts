/** How a suite authenticates the server, and whether it makes keys of its own for each connection. */
const KEY_EXCHANGES = ['ECDHE_ECDSA', 'ECDHE_RSA', 'RSA'] as const;

const CIPHERS = [
  'AES_128_CBC_SHA',
  'AES_128_CBC_SHA256',
  'AES_128_GCM_SHA256',
  'AES_256_CBC_SHA',
  'AES_256_GCM_SHA384',
  'RC4_128_SHA',
] as const;

/** The suites that Go's TLS knows, the insecure ones included, by their IANA names; those of TLS 1.3 are taken, too, as Antrea does. */
const SUITES: ReadonlySet<string> = new Set([
  ...KEY_EXCHANGES.flatMap((exchange) => CIPHERS.map((cipher) => `TLS_${exchange}_WITH_${cipher}`)),
  ...['ECDHE_RSA', 'RSA'].map((exchange) => `TLS_${exchange}_WITH_3DES_EDE_CBC_SHA`),
  ...['ECDHE_ECDSA', 'ECDHE_RSA'].map((exchange) => `TLS_${exchange}_WITH_CHACHA20_POLY1305_SHA256`),
  // Kubernetes takes these under their older names as well.
  ...['ECDHE_ECDSA', 'ECDHE_RSA'].map((exchange) => `TLS_${exchange}_WITH_CHACHA20_POLY1305`),
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
]);

/** The names of a comma-separated list that are no cipher suite's. Spaces are of no meaning; "" is an empty list. */
export function unknownCipherSuites(list: string): string[] {
  const names = list.replaceAll(' ', '');
  return names === '' ? [] : names.split(',').filter((name) => !SUITES.has(name));
}
