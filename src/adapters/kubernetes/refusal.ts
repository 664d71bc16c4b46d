import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../application/ports/clock.js';
import { ApiError, type Trouble } from './api-error.js';
import type { ApiRequest } from './api-request.js';
import { fieldsOf, textOf } from './objects/json.js';
import { bodyText } from './reading/body.js';
import { within } from './wait.js';

/** Of an answer that says what is wrong, so much is read. */
const MAX_BYTES = 64 * 1024;

/** And for so long. */
const BODY_MS = 5_000;

/** And so much is told. */
const MAX_WORDS = 300;

/** No server may send Weir to sleep for longer. */
const LONGEST_RETRY_MS = 300_000;

/** What an answer other than 200 means. Its body is read, as far as it is of use. */
export async function refusal(
  response: IncomingMessage,
  request: ApiRequest,
  server: URL,
  clock: Clock,
): Promise<ApiError> {
  const status = response.statusCode ?? 0;
  const late = (): Error => new Error('the answer takes too long');
  const said = await within(bodyText(response, MAX_BYTES, clock), clock, BODY_MS, late).catch(() => '');
  response.destroy();
  const retryAfterMs = retryAfter(response.headers['retry-after'], clock);
  return statusError(status, messageOf(said), request, server, retryAfterMs);
}

/** The same for a `Status` that comes as an event of a watch, or in place of a list. */
export function statusError(
  status: number,
  said: string,
  request: ApiRequest,
  server: URL,
  retryAfterMs = 0,
): ApiError {
  const who = `the API server ${server.origin}`;
  const action = `${request.verb} ${request.resource}`;
  const quoted = said === '' ? '' : `: ${said}`;
  const error = (trouble: Trouble, message: string): ApiError => new ApiError(trouble, message, retryAfterMs);
  if (status === 401)
    return error(
      'unauthorized',
      `${who} does not accept Weir's credentials (401)${quoted}; are token or certificate expired?`,
    );
  if (status === 403)
    return error(
      'forbidden',
      `may not ${action}: ${who} refuses it (403)${quoted}; a ClusterRole must grant verb ${request.verb} on ${request.resource}`,
    );
  if (status === 404) return error('not_found', `${who} has no ${request.resource} (404)${quoted}`);
  if (status === 410) return error('expired', `${who} can't ${action} from where Weir was (410)${quoted}`);
  if (status === 429) return error('throttled', `${who} has too much to do to ${action} (429)${quoted}`);
  if (status >= 500) return error('server_error', `${who} can't ${action} (${status})${quoted}`);
  if (status >= 300 && status < 400)
    return error(
      'malformed',
      `${who} redirects (${status}), which API servers don't: is it the address of something else?`,
    );
  return error('malformed', `${who} answers ${action} with ${status}${quoted}`);
}

/** The message of a `Status`; what is none (a proxy's page, say) is not repeated. */
function messageOf(body: string): string {
  try {
    return textOf(fieldsOf(JSON.parse(body))['message']).slice(0, MAX_WORDS);
  } catch {
    return '';
  }
}

/** Milliseconds that a Retry-After asks for: seconds or a date (RFC 9110 §10.2.3). */
function retryAfter(header: string | undefined, clock: Clock): number {
  if (header === undefined) return 0;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - clock.unixMilliseconds();
  return ms > 0 ? Math.min(ms, LONGEST_RETRY_MS) : 0;
}
