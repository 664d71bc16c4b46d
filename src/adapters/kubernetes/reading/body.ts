import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../application/ports/clock.js';
import { ApiError } from '../api-error.js';
import { GatheredBytes } from './gathered-bytes.js';

/** How long an answer that is not a watch may stand still. */
const STANDSTILL_MS = 60_000;

/**
 * The chunks of an answer's body. One that stops coming for `silenceMs` is ended with an {@link ApiError}; one that is not read to its
 * end, because the reader stopped, is ended too.
 *
 * @throws Error of Node if the connection breaks
 */
export async function* chunksOf(
  response: IncomingMessage,
  clock: Clock,
  silenceMs = STANDSTILL_MS,
): AsyncGenerator<Buffer> {
  const silent = (): void => {
    response.destroy(new ApiError('silent', `the API server has said nothing for ${silenceMs / 1000} s`));
  };
  let cancel = clock.after(silenceMs, silent);
  try {
    for await (const chunk of response) {
      // The time that the reader takes is not the server's.
      cancel();
      yield chunk as Buffer;
      cancel = clock.after(silenceMs, silent);
    }
  } finally {
    cancel();
  }
}

/** The body of an answer, as text. @throws RangeError if it is longer than that; Error as {@link chunksOf} */
export async function bodyText(response: IncomingMessage, maxBytes: number, clock: Clock): Promise<string> {
  const body = new GatheredBytes('an answer', maxBytes);
  for await (const chunk of chunksOf(response, clock)) body.add(chunk);
  return body.take(Buffer.alloc(0));
}
