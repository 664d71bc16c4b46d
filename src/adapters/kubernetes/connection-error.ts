import { errorText } from '../../application/error-text.js';
import { tlsFailure } from '../transport/sessions/tls-failure.js';
import type { RequestOptions } from './access/api-access.js';
import { ApiError } from './api-error.js';

/** Codes of Node and OpenSSL for certificates and handshakes. */
const TLS_CODE =
  /^(EPROTO$|ERR_SSL_|ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH)/;

/** Codes of Node for what is no HTTP. */
const MALFORMED_CODE = 'HPE_';

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  ETIMEDOUT: 'connecting took too long',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'the name service does not answer',
};

/** Says what is wrong with a connection on which there was no answer, or only a part of one. */
export function connectionError(error: unknown, options: RequestOptions): ApiError {
  if (error instanceof ApiError) return error;
  const code = codeOf(error);
  const server = `the API server ${options.server.origin}`;
  if (code.startsWith(MALFORMED_CODE))
    return new ApiError('malformed', `${server} does not answer as a server does: ${errorText(error)}`);
  if (!TLS_CODE.test(code)) return new ApiError('unreachable', `${server} is unreachable: ${detail(error, code)}`);
  if (code === 'EPROTO') return new ApiError('tls', `${server} is not trusted: ${handshakeWords(errorText(error))}`);
  const context = {
    clientCertificate: options.hasClientCertificate,
    minVersion: 'TLS 1.2',
    authorities: options.authorities,
    clientCertificateKey: 'client-certificate in the kubeconfig',
  };
  return new ApiError('tls', `${server} is not trusted: ${tlsFailure(error as Error, context)}`);
}

/** What OpenSSL says in an error that Node tells as one of a socket: "write EPROTO 80…:error:…:SSL routines:…:wrong version number:…". */
function handshakeWords(message: string): string {
  const [, reason = 'the handshake failed'] = /SSL routines:[^:]*:([^:]+):/.exec(message) ?? [];
  return reason === 'wrong version number' ? 'it does not speak TLS' : reason;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}

function detail(error: unknown, code: string): string {
  const words = WORDS[code];
  return words === undefined ? errorText(error) : `${words} (${code})`;
}
