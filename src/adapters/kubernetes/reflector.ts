import { errorText } from '../../application/error-text.js';
import { Backoff } from '../../application/backoff.js';
import type { Clock } from '../../application/ports/clock.js';
import type { Logger } from '../../application/ports/logger.js';
import type { Metrics } from '../../application/ports/metrics.js';
import type { ObjectStore } from '../../domain/kubernetes/objects.js';
import type { ApiClient } from './api-client.js';
import { ApiError } from './api-error.js';
import type { ApiRequest } from './api-request.js';
import { KindMetrics, watchEndOf } from './kubernetes-metrics.js';
import { isObject, textOf } from './objects/json.js';
import { metadataOf } from './objects/metadata.js';
import { readEvents, type WatchEvent } from './reading/events.js';
import { readPage, type PageEnd } from './reading/page.js';
import { isEarlier } from './resource-version.js';
import type { Resource } from './resources.js';
import type { Troubles } from './troubles.js';
import { wait } from './wait.js';

/** Objects in a page of a list. */
const PAGE_OBJECTS = 500;

/** How often a page is asked for again before the list is begun anew. */
const PAGE_ATTEMPTS = 4;

/** A server is asked to end a watch after 5 to 10 minutes, so that watches spread over servers again. */
const WATCH_SECONDS = 300;

/** A watch that ends sooner than that, and told nothing, was not one. */
const SHORTEST_WATCH_MS = 1_000;

/** One that lasts so long works. */
const PROVEN_WATCH_MS = 10_000;

/** What reflectors share. */
export interface ReflectorContext {
  readonly client: ApiClient;
  readonly troubles: Troubles;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Numbers from 0 up to 1, evenly spread. */
  readonly random: () => number;
}

/**
 * Keeps a store equal to what Kubernetes has of a kind: lists all objects page by page, then watches from there. A watch that ends goes on
 * where it was; only if the server does not know that place any more, or has another history, everything is listed again.
 */
export class Reflector<T extends { readonly uid: string }> {
  readonly #resource: Resource<T>;
  readonly #store: ObjectStore<T>;
  readonly #context: ReflectorContext;
  readonly #counts: KindMetrics;
  /** After failures; and after lists that were of no use, since no watch could go on from them. */
  readonly #failures: Backoff;
  readonly #expirations: Backoff;
  /** Where to watch from; undefined if that is to be found out by a list. */
  #version: string | undefined;
  /** The server may be another one than before, with another history. */
  #isDoubtful = false;
  #hasExpired = false;
  #isListed = false;
  #isSettled = false;
  #settle: () => void = () => undefined;

  /** Resolves once all objects were listed, or listing them was refused for want of permission, which holds nobody up. */
  readonly settled: Promise<void>;

  constructor(resource: Resource<T>, store: ObjectStore<T>, context: ReflectorContext) {
    this.#resource = resource;
    this.#store = store;
    this.#context = context;
    this.#failures = new Backoff(context.random);
    this.#expirations = new Backoff(context.random);
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#counts = new KindMetrics(
      context.metrics,
      resource.kind,
      () => store.size,
      () => this.#isListed,
    );
  }

  /** Whether {@link settled} has resolved. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Lists and watches until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      try {
        if (this.#version === undefined) await this.#list(signal);
        else await this.#resume(this.#version, signal);
      } catch (error) {
        if (!isOver()) await this.#recover(apiError(error), signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    this.#store.beginList();
    let version = '';
    let token = '';
    do {
      const page = await this.#page(token, signal);
      version ||= page.resourceVersion;
      if (token !== '' && page.continueToken === token)
        throw new ApiError('malformed', 'a page of a list is followed by itself');
      token = page.continueToken;
    } while (token !== '');
    this.#store.endList();
    this.#counts.lists.add();
    this.#version = version;
    this.#isDoubtful = false;
    this.#isListed = true;
    this.#settled();
    this.#failures.reset();
    this.#context.troubles.over(this.#resource.kind);
  }

  /** Reads a page. A server that is busy is asked again for that page, not for the whole list, which would give it more to do. */
  async #page(token: string, signal: AbortSignal): Promise<PageEnd> {
    const { client, clock } = this.#context;
    const query = { limit: String(PAGE_OBJECTS), ...(token !== '' && { continue: token }) };
    for (let attempt = 1; ; attempt++) {
      try {
        return await readPage(await client.open(this.#request('list', query), signal), clock, (item) =>
          this.#put(item),
        );
      } catch (error) {
        const failure = apiError(error);
        const isBusy = failure.trouble === 'throttled' || failure.trouble === 'server_error';
        if (signal.aborted || token === '' || !isBusy || attempt === PAGE_ATTEMPTS) throw failure;
        await this.#pause(failure, this.#failures, signal);
      }
    }
  }

  async #resume(version: string, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#context;
    if (this.#isDoubtful) {
      const query = { limit: '1' };
      const { resourceVersion } = await readPage(
        await client.open(this.#request('list', query), signal),
        clock,
        () => undefined,
      );
      if (isEarlier(resourceVersion, version)) throw anotherHistory(resourceVersion, version);
      this.#isDoubtful = false;
    }
    await this.#watch(version, signal);
  }

  async #watch(version: string, signal: AbortSignal): Promise<void> {
    const { client, clock, random, troubles } = this.#context;
    const seconds = Math.floor(WATCH_SECONDS * (1 + random()));
    const answer = await client.open(
      this.#request('watch', {
        watch: '1',
        allowWatchBookmarks: 'true',
        resourceVersion: version,
        timeoutSeconds: String(seconds),
      }),
      signal,
    );
    troubles.over(this.#resource.kind);
    const began = clock.monotonicMilliseconds();
    const lasted = (): number => clock.monotonicMilliseconds() - began;
    let events = 0;
    try {
      await readEvents(answer, clock, (event) => {
        if (events++ === 0) this.#proven();
        this.#take(event);
      });
    } finally {
      if (lasted() >= PROVEN_WATCH_MS) this.#proven();
    }
    if (events === 0 && lasted() < SHORTEST_WATCH_MS)
      throw new ApiError('server_error', `the API server ends watches of ${this.#resource.kind} as soon as they begin`);
    this.#counts.restarted('ended');
    // Servers that go down end their watches; who answers next need not be the same.
    if (lasted() < (seconds - 1) * 1000) this.#isDoubtful = true;
  }

  #take({ type, object }: WatchEvent): void {
    const metadata = metadataOf(object);
    const version = textOf(metadata['resourceVersion']);
    if (version !== '' && isEarlier(version, this.#version!)) throw anotherHistory(version, this.#version!);
    if (type === 'ADDED' || type === 'MODIFIED') this.#put(object);
    else if (type === 'DELETED') this.#store.delete(textOf(metadata['uid']));
    else if (type !== 'BOOKMARK') this.#skip(`an event of type ${JSON.stringify(type.slice(0, 30))}`);
    if (version !== '') this.#version = version;
  }

  #put(item: unknown): void {
    const object = isObject(item) ? this.#resource.convert(item) : undefined;
    if (object === undefined) this.#skip('something without UID or name');
    else this.#store.put(object);
  }

  #skip(what: string): void {
    const { kind } = this.#resource;
    this.#counts.skipped.add();
    this.#context.logger.repeated(
      `kubernetes skipped ${kind}`,
      `among the ${kind} from Kubernetes is ${what}: it is left out`,
    );
  }

  /** The watch works: what is wrong next is a first time again. */
  #proven(): void {
    this.#failures.reset();
    this.#expirations.reset();
    this.#hasExpired = false;
  }

  async #recover(failure: ApiError, signal: AbortSignal): Promise<void> {
    const isWatching = this.#version !== undefined;
    if (isWatching) this.#counts.restarted(watchEndOf(failure.trouble));
    if (failure.trouble !== 'expired') {
      this.#isDoubtful = isWatching;
      if (failure.trouble === 'forbidden') this.#settled();
      await this.#pause(failure, this.#failures, signal);
      return;
    }
    this.#version = undefined;
    // Once is nothing to be told of: servers forget what was long ago.
    const isFirst = isWatching && !this.#hasExpired;
    this.#hasExpired = true;
    await this.#pause(failure, this.#expirations, signal, isFirst);
  }

  async #pause(failure: ApiError, backoff: Backoff, signal: AbortSignal, isUsual = false): Promise<void> {
    const { clock, logger, troubles } = this.#context;
    const { kind } = this.#resource;
    this.#counts.failed(failure.trouble);
    if (isUsual) logger.debug(`all ${kind} are listed again`, { reason: failure.message });
    else troubles.report(kind, failure);
    await wait(clock, Math.max(backoff.next(), failure.retryAfterMs), signal);
  }

  #settled(): void {
    this.#isSettled = true;
    this.#settle();
  }

  #request(verb: 'list' | 'watch', query: Readonly<Record<string, string>>): ApiRequest {
    return { verb, resource: this.#resource.kind, path: this.#resource.path, query };
  }
}

function apiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError('internal', `an error of Weir itself: ${errorText(error)}`);
}

function anotherHistory(version: string, than: string): ApiError {
  return new ApiError(
    'expired',
    `Kubernetes is at resource version ${version}, before ${than}, where Weir was: its history is another one`,
  );
}
