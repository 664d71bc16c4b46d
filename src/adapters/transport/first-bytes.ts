/** The record that every TLS connection begins with is a handshake (RFC 8446 §5.1). */
const TLS_HANDSHAKE = 0x16;

/** Level and description of alerts (RFC 8446 §6). */
const FATAL = 2;
const UNEXPECTED_MESSAGE = 10;

/** What says goodbye in TLS before anything was agreed upon: a fatal alert, "unexpected message", in a record of TLS 1.0 as all versions understand it. */
export const TLS_ALERT: Uint8Array = Uint8Array.of(0x15, 3, 1, 0, 2, FATAL, UNEXPECTED_MESSAGE);

/** By how peers begin that speak something else than what they were expected to, most telling first. */
const BEGINNINGS: readonly (readonly [protocol: string, begins: (bytes: Uint8Array, text: string) => boolean])[] = [
  ['TLS', (bytes) => beginsTls(bytes) && (bytes.length === 1 || bytes[1] === 3)],
  ['IPFIX', (bytes) => bytes[0] === 0 && bytes[1] === 10],
  ['NetFlow v9', (bytes) => bytes[0] === 0 && bytes[1] === 9],
  ['NetFlow v5', (bytes) => bytes[0] === 0 && bytes[1] === 5],
  ['gRPC (HTTP/2)', (_, text) => text.startsWith('PRI')],
  ['HTTP', (_, text) => /^(GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE)\b/.test(text)],
  ['SSH', (_, text) => text.startsWith('SSH-')],
];

/** The longest beginning that is looked at, in octets. */
const LOOKED_AT = 8;

/** Whether a connection begins as TLS does. One octet is enough to tell. */
export function beginsTls(bytes: Uint8Array): boolean {
  return bytes[0] === TLS_HANDSHAKE;
}

/** What a peer speaks, for people, by the first octets that it sent; undefined if they are like nothing that is known here, or too few. */
export function guessProtocol(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, LOOKED_AT));
  return BEGINNINGS.find(([, begins]) => begins(bytes, text))?.[0];
}
