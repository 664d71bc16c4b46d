import { request as requestTls, type RequestOptions } from 'node:https';
import { request as requestPlain, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Access } from './access.js';
import type { KubernetesObject } from './object.js';

/** An answer, whole. */
export interface Answer {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A list, or a page of one. */
export interface ListAnswer {
  readonly kind: string;
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
  readonly items: KubernetesObject[];
}

/** A line of a watch. */
export interface WatchEvent {
  readonly type: string;
  readonly object: KubernetesObject & { readonly code?: number; readonly reason?: string; readonly message?: string };
}

/** An open watch. */
export interface OpenWatch {
  /** The next event, undefined at the end of the stream. @throws Error if the connection breaks */
  readonly next: () => Promise<WatchEvent | undefined>;
  /** Ends of pieces as they came, by their length. */
  readonly pieces: readonly number[];
  readonly close: () => void;
}

/** A client of an API server that knows nothing but HTTP: tests see by it what is on the wire. */
export class PlainClient {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** Sends a request and reads the whole answer. @throws Error if the connection breaks */
  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const response = await this.#open(method, path, body, headers);
    return { code: response.statusCode ?? 0, headers: response.headers, text: await text(response) };
  }

  /** GETs JSON. @throws Error if the answer is not 200 */
  async get<T>(path: string): Promise<T> {
    const { code, text: body } = await this.send('GET', path);
    if (code !== 200) throw new Error(`${code}: ${body}`);
    return JSON.parse(body) as T;
  }

  /** A list, or a page of one. @throws Error if the answer is not 200 */
  list(path: string): Promise<ListAnswer> {
    return this.get<ListAnswer>(path);
  }

  /** Opens a watch. @param path with its query. @throws Error if the answer is not 200 */
  async watch(path: string): Promise<OpenWatch> {
    const response = await this.#open('GET', path, undefined, {});
    if (response.statusCode !== 200) throw new Error(`${response.statusCode ?? 0}: ${await text(response)}`);
    const pieces: number[] = [];
    const lines = linesOf(response, pieces);
    return {
      next: async () => {
        const { value } = await lines.next();
        return value === undefined ? undefined : (JSON.parse(value) as WatchEvent);
      },
      pieces,
      close: () => response.destroy(),
    };
  }

  #open(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<IncomingMessage> {
    const { url, ca, token, certificate } = this.#access;
    const options: RequestOptions = {
      method,
      // A connection for each: what a test sees does not depend on what it did before.
      agent: false,
      headers: {
        'User-Agent': 'plain-client/1.0',
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === undefined ? {} : { cert: certificate.certificate, key: certificate.privateKey }),
    };
    const send = url.startsWith('https:') ? requestTls : requestPlain;
    return new Promise((resolve, reject) => {
      const request = send(new URL(path, url), options, resolve).on('error', reject);
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

async function* linesOf(response: IncomingMessage, pieces: number[]): AsyncGenerator<string, undefined> {
  let rest = Buffer.alloc(0);
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece.length);
    rest = Buffer.concat([rest, piece]);
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      yield rest.toString('utf8', 0, end);
      rest = rest.subarray(end + 1);
    }
  }
  return undefined;
}
