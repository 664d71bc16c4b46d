import { errorText } from '../../../application/error-text.js';

/** What is known of a session that fails, for the words about it. */
export interface TlsFailureContext {
  /** Whether Weir has a certificate to show. */
  readonly clientCertificate: boolean;
  readonly minVersion: string;
  /** Where the authorities come from that Weir trusts: a file, or "the system's root certificates". */
  readonly authorities: string;
  /** Configuration key that gives Weir a certificate. */
  readonly clientCertificateKey: string;
}

type Words = (context: TlsFailureContext) => string;

const untrusted: Words = ({ authorities }) => `its certificate was not issued by an authority in ${authorities}`;
const noTls: Words = () => 'it does not speak TLS';
const noVersion: Words = ({ minVersion }) => `it does not speak ${minVersion} or a later version`;

/** What Node says of a collector's certificate that it does not accept, and of what is no handshake. */
const OURS: Readonly<Record<string, Words>> = {
  CERT_HAS_EXPIRED: () =>
    "its certificate, or one of an authority that issued it, has expired (by this machine's clock)",
  CERT_NOT_YET_VALID: () =>
    "its certificate, or one of an authority that issued it, is not yet valid (by this machine's clock)",
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  CERT_UNTRUSTED: untrusted,
  CERT_SIGNATURE_FAILURE: untrusted,
  INVALID_CA: ({ authorities }) =>
    `a certificate in ${authorities} that issued the collector's is not one of an authority`,
  INVALID_PURPOSE: () => 'its certificate is not one for servers',
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  ERR_SSL_HTTP_REQUEST: noTls,
  ERR_SSL_UNSUPPORTED_PROTOCOL: noVersion,
};

const refused: Words = ({ clientCertificate, clientCertificateKey }) =>
  clientCertificate
    ? "it does not accept Weir's certificate"
    : `it wants a client certificate, which ${clientCertificateKey} would give Weir`;

/** What a collector can say against Weir: the last part of OpenSSL's name for each alert (RFC 8446 §6.2). */
const ALERTS: readonly (readonly [RegExp, Words])[] = [
  [/CERTIFICATE_REQUIRED$/, refused],
  [/CERTIFICATE_EXPIRED$/, () => "it says that Weir's certificate has expired"],
  [/CERTIFICATE_REVOKED$/, () => "it says that Weir's certificate was revoked"],
  [/UNKNOWN_CA$/, () => "it does not know the authority that issued Weir's certificate"],
  [/(BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED|DECRYPT_ERROR)$/, refused],
  [/PROTOCOL_VERSION$/, noVersion],
  [/UNRECOGNIZED_NAME$/, () => 'it does not know the name it was asked for'],
  [
    /HANDSHAKE_FAILURE$/,
    ({ clientCertificate, clientCertificateKey }) =>
      `it found no cipher in common${clientCertificate ? '' : `, or wants a client certificate, which ${clientCertificateKey} would give Weir`}`,
  ],
];

/** Says in words why a TLS session did not come to be, or why it broke: for the person who has to put it right. */
export function tlsFailure(error: Error, context: TlsFailureContext): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const words = OURS[code] ?? (code.includes('ALERT') ? ALERTS.find(([name]) => name.test(code))?.[1] : undefined);
  return words ? `${words(context)} (${code})` : errorText(error);
}

/** What a connection may mean that is closed where a handshake, or the first word after it, should be. */
export function closedWords({ clientCertificate, clientCertificateKey }: TlsFailureContext): string {
  const refusal = clientCertificate
    ? "does not accept Weir's certificate"
    : `wants a client certificate, which ${clientCertificateKey} would give Weir`;
  return `it closed the connection: perhaps it speaks no TLS, or ${refusal}`;
}
