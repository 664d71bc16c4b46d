import { request as requestPlain, type IncomingMessage } from 'node:http';
import { request as requestTls } from 'node:https';
import { errorText } from '../../application/error-text.js';
import type { Clock } from '../../application/ports/clock.js';
import type { ApiAccess, RequestOptions } from './access/api-access.js';
import { Answer } from './answer.js';
import { ApiError } from './api-error.js';
import type { ApiRequest } from './api-request.js';
import { connectionError } from './connection-error.js';
import { refusal } from './refusal.js';
import { within } from './wait.js';

/** How long the server has to begin an answer: it gives up itself after 60 s. */
const ANSWER_MS = 70_000;

/** How long a plugin has to give credentials. */
const CREDENTIALS_MS = 60_000;

/** Sends requests to the API server, and turns whatever is not an answer to them into an {@link ApiError}. Never tries again later. */
export class ApiClient {
  readonly #access: ApiAccess;
  readonly #clock: Clock;

  constructor(access: ApiAccess, clock: Clock) {
    this.#access = access;
    this.#clock = clock;
  }

  /**
   * Resolves with the answer once it begins, if its status is 200. Credentials that were refused are read again and tried once more.
   *
   * @param signal ends the request, the body included
   * @throws ApiError
   */
  async open(request: ApiRequest, signal: AbortSignal): Promise<Answer> {
    let { response, options } = await this.#attempt(request, signal);
    if (response.statusCode === 401) {
      response.destroy();
      this.#access.renew();
      ({ response, options } = await this.#attempt(request, signal));
    }
    if (response.statusCode === 200) return new Answer(response, request, options, this.#clock);
    throw await refusal(response, request, options.server, this.#clock);
  }

  /** Closes connections that nothing uses. */
  close(): void {
    this.#access.close();
  }

  async #attempt(
    request: ApiRequest,
    signal: AbortSignal,
  ): Promise<{ response: IncomingMessage; options: RequestOptions }> {
    const options = await this.#options();
    try {
      return { response: await this.#send(request, options, signal, true), options };
    } catch (error) {
      if (error instanceof ApiError) throw error;
      const failure = connectionError(error, options);
      // A certificate that is not trusted may be one of an authority that is new on disk.
      if (failure.trouble === 'tls') this.#access.renew();
      throw failure;
    }
  }

  async #options(): Promise<RequestOptions> {
    try {
      const late = (): Error =>
        new Error(`no credentials within ${CREDENTIALS_MS / 1000} s: the plugin of the kubeconfig hangs`);
      return await within(this.#access.requestOptions(), this.#clock, CREDENTIALS_MS, late);
    } catch (error) {
      this.#access.renew();
      throw new ApiError('credentials', `there is no access to Kubernetes: ${errorText(error)}`);
    }
  }

  #send(asked: ApiRequest, options: RequestOptions, signal: AbortSignal, isFirst: boolean): Promise<IncomingMessage> {
    const { server, headers, auth, agent } = options;
    const query = new URLSearchParams(asked.query).toString();
    return new Promise((resolve, reject) => {
      const send = server.protocol === 'http:' ? requestPlain : requestTls;
      const request = send({
        protocol: server.protocol,
        hostname: server.hostname.replace(/^\[|\]$/g, ''),
        port: server.port,
        path: `${server.pathname.replace(/\/$/, '')}${asked.path}${query === '' ? '' : `?${query}`}`,
        headers: { accept: 'application/json', 'user-agent': 'weir', ...headers },
        ...(auth !== undefined && { auth }),
        agent,
        signal,
      });
      const cancel = this.#clock.after(ANSWER_MS, () => {
        request.destroy(
          new ApiError('silent', `the API server ${server.origin} did not answer within ${ANSWER_MS / 1000} s`),
        );
      });
      request.once('response', (response) => {
        cancel();
        resolve(response);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        cancel();
        // The server closed a connection that was kept, just when it was to be used again.
        if (isFirst && request.reusedSocket && error.code === 'ECONNRESET' && !signal.aborted)
          resolve(this.#send(asked, options, signal, false));
        else reject(error);
      });
      request.end();
    });
  }
}
