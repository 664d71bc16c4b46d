import { guessProtocol } from './first-bytes.js';

/**
 * Why a TLS handshake came to nothing:
 * - `no_client_certificate`, `unknown_authority`, `certificate_expired` (or not valid yet): what is wrong with the client's certificate;
 * - `server_not_trusted`: the client says that Weir's certificate is not one it trusts;
 * - `protocol_version`: it speaks no TLS 1.2 or newer; `not_tls`: it speaks no TLS at all;
 * - `handshake_timeout`: it took too long;
 * - `too_many`: no more connections are allowed; `too_many_handshakes`: no more at a time;
 * - `other`: anything else, in OpenSSL's words.
 */
export const TLS_REFUSAL_REASONS = [
  'no_client_certificate',
  'unknown_authority',
  'certificate_expired',
  'server_not_trusted',
  'protocol_version',
  'not_tls',
  'handshake_timeout',
  'too_many',
  'too_many_handshakes',
  'other',
] as const;

/** One of {@link TLS_REFUSAL_REASONS}. */
export type TlsRefusalReason = (typeof TLS_REFUSAL_REASONS)[number];

/** Why a peer was refused, for programs and for people. */
export interface TlsRefusal {
  readonly reason: TlsRefusalReason;
  /** What is wrong and what to do about it; goes after "a client of … was refused: ". */
  readonly text: string;
  /** OpenSSL's or Node's own words or code, where they say more. */
  readonly detail?: string;
}

const ANOTHER_CA =
  'its certificate was signed by another CA than the one Weir uses now; give it the present CA, client certificate and key';
const NO_VERSION = 'it speaks no TLS 1.2 or newer; update it';
const UNTRUSTED =
  "it does not trust Weir's certificate; give it Weir's present CA, and the name or address it connects to";

/** What OpenSSL's verification says about a client's certificate, by the code that Node gives it. */
const VERIFICATION: Readonly<Record<string, readonly [TlsRefusalReason, string]>> = {
  UNABLE_TO_GET_ISSUER_CERT: ['unknown_authority', ANOTHER_CA],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['unknown_authority', ANOTHER_CA],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['unknown_authority', ANOTHER_CA],
  // A CA of the same name but another key: the one from before it was made anew.
  CERT_SIGNATURE_FAILURE: ['unknown_authority', ANOTHER_CA],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['unknown_authority', ANOTHER_CA],
  SELF_SIGNED_CERT_IN_CHAIN: ['unknown_authority', ANOTHER_CA],
  CERT_HAS_EXPIRED: ['certificate_expired', 'its certificate, or the CA of it, has expired; give it a new one'],
  CERT_NOT_YET_VALID: [
    'certificate_expired',
    'its certificate, or the CA of it, is not valid yet; compare the clocks of both machines',
  ],
  INVALID_PURPOSE: ['other', 'its certificate is not one for clients; give it one with extended key usage clientAuth'],
};

/** What OpenSSL says of a handshake that failed, by its name for the error. Versions of it name alerts "sslv3", "tlsv1" or "ssl/tls". */
const FAILURES: readonly (readonly [RegExp, TlsRefusalReason, string])[] = [
  [
    /^peer did not return a certificate$/,
    'no_client_certificate',
    "it showed no client certificate; give it a certificate and key of Weir's present CA (some programs keep one of another CA to themselves)",
  ],
  [/^(unsupported protocol|version too low|wrong version number|wrong ssl version)$/, 'protocol_version', NO_VERSION],
  [/ alert protocol version$/, 'protocol_version', 'it speaks none of the TLS versions that Weir does; update it'],
  [/ alert (unknown ca|bad certificate|certificate (unknown|expired|revoked))$/, 'server_not_trusted', UNTRUSTED],
  [/^no shared cipher$/, 'other', 'it has no cipher suite in common with Weir; let it use those of TLS 1.3'],
  [
    /^no application protocol$/,
    'other',
    'it wants to speak another protocol over TLS (ALPN); see which port it should use',
  ],
];

/** What Node adds to an error of OpenSSL's. */
interface TlsError extends Error {
  readonly code?: string;
  /** OpenSSL's name of the error, in small letters. */
  readonly reason?: string;
}

/**
 * Why a handshake failed.
 *
 * @param error what Node said
 * @param verification the code under which Node keeps that the client's certificate is no good, if it got so far
 */
export function refusalOf(error: TlsError, verification: string | undefined): TlsRefusal {
  if (verification !== undefined) {
    const [reason, text] = VERIFICATION[verification] ?? ['other', 'its certificate is not valid'];
    return { reason, text, detail: verification };
  }
  const { code, reason: name, message } = error;
  if (name === undefined) {
    if (code === 'ECONNRESET') return { reason: 'other', text: 'it went away in the middle of its handshake' };
    return { reason: 'other', text: 'the handshake failed', detail: code ?? message };
  }
  const known = FAILURES.find(([pattern]) => pattern.test(name));
  if (known === undefined) return { reason: 'other', text: 'the handshake failed', detail: name };
  return { reason: known[1], text: known[2], detail: name };
}

/** Of a peer that began in a way in which TLS does not. */
export function notTls(bytes: Uint8Array): TlsRefusal {
  const protocol = guessProtocol(bytes);
  const looks = protocol === undefined ? '' : ` (this looks like plain ${protocol})`;
  return { reason: 'not_tls', text: `it speaks no TLS${looks}; make it use TLS, or another port` };
}

/** Of a peer that did not finish its handshake in time. */
export function tookTooLong(milliseconds: number): TlsRefusal {
  return {
    reason: 'handshake_timeout',
    text: `it did not finish its handshake within ${milliseconds / 1000} s; see whether it speaks TLS, and what the network loses`,
  };
}

/** Of a peer that comes when `maximum` connections are open. */
export function tooMany(maximum: number): TlsRefusal {
  return { reason: 'too_many', text: `${maximum} are connected, as limits.maxSessions allows` };
}

/** Of a peer that comes when `maximum` others are busy with their handshakes. */
export function tooManyHandshakes(maximum: number): TlsRefusal {
  return {
    reason: 'too_many_handshakes',
    text: `${maximum} others have not finished their handshakes; it may come again`,
  };
}
