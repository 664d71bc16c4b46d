import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../application/ports/clock.js';
import type { RequestOptions } from './access/api-access.js';
import { ApiError } from './api-error.js';
import type { ApiRequest } from './api-request.js';
import { connectionError } from './connection-error.js';
import { fieldsOf, textOf, type JsonObject } from './objects/json.js';
import { chunksOf } from './reading/body.js';
import { statusError } from './refusal.js';

/** An answer that began with status 200; its body is still to be read. */
export class Answer {
  readonly #response: IncomingMessage;
  readonly #request: ApiRequest;
  readonly #options: RequestOptions;
  readonly #clock: Clock;

  constructor(response: IncomingMessage, request: ApiRequest, options: RequestOptions, clock: Clock) {
    this.#response = response;
    this.#request = request;
    this.#options = options;
    this.#clock = clock;
  }

  /** The body as it arrives; to be read once. @throws ApiError if it breaks off, or nothing comes for so long (a minute if not given) */
  async *chunks(silenceMs?: number): AsyncGenerator<Buffer> {
    try {
      yield* chunksOf(this.#response, this.#clock, silenceMs);
    } catch (error) {
      throw connectionError(error, this.#options);
    }
  }

  /** Reads JSON. @throws ApiError if it is none */
  parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      // Not the parser's words: they quote what it read.
      throw this.malformed('something that is cut or not JSON');
    }
  }

  /** Does something with bytes. @throws ApiError if they are too many */
  bounded(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (error instanceof RangeError) throw this.malformed(error.message);
      throw error;
    }
  }

  /** The error for something that should not be in such an answer. */
  malformed(what: string): ApiError {
    const { verb, resource } = this.#request;
    return new ApiError(
      'malformed',
      `the API server ${this.#options.server.origin} answers ${verb} ${resource} with ${what}`,
    );
  }

  /** The error that a `Status` in the body means. */
  failed(status: JsonObject): ApiError {
    const { code, message, reason, details } = status;
    const known = reason === 'Expired' || reason === 'Gone' ? 410 : typeof code === 'number' ? code : 500;
    const seconds = fieldsOf(details)['retryAfterSeconds'];
    const retryAfterMs = typeof seconds === 'number' && seconds > 0 ? Math.min(seconds, 300) * 1000 : 0;
    return statusError(known, textOf(message).slice(0, 300), this.#request, this.#options.server, retryAfterMs);
  }

  /** Gives up what was not read. */
  end(): void {
    this.#response.destroy();
  }
}
