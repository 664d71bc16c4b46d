import type { ServerResponse } from 'node:http';
import { BodyWriter, type Manner } from './body.js';
import type { Entry } from './entry.js';
import { KINDS, type Resource } from './object.js';
import type { RequestInfo } from './request.js';
import { selectorOf, type Selector } from './selectors.js';
import { statusObject, type StatusDetails } from './status.js';
import type { Change } from './store.js';

/** A watch that somebody has open. What tests do to it happens to this one only. */
export class WatchStream {
  readonly resource: Resource;
  readonly info: RequestInfo;
  readonly user: string;
  readonly #response: ServerResponse;
  readonly #writer: BodyWriter;
  readonly #selector: Selector | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  #silent = false;
  #events = 0;

  constructor(resource: Resource, info: RequestInfo, user: string, response: ServerResponse, manner: Manner) {
    this.resource = resource;
    this.info = info;
    this.user = user;
    this.#response = response;
    this.#writer = new BodyWriter(response, manner);
    this.#selector = selectorOf(info.query, info.namespace);
    response.on('close', () => this.#timers.forEach((timer) => clearInterval(timer)));
    response.writeHead(200, { 'Content-Type': 'application/json' });
    // So that who asked knows that it watches before anything happens.
    response.flushHeaders();
    const seconds = Number(info.query.get('timeoutSeconds') ?? 0);
    if (seconds > 0) this.#timers.push(setTimeout(() => this.end(), seconds * 1000).unref());
  }

  /** Neither end has closed it. */
  get isOpen(): boolean {
    return !this.#response.destroyed && !this.#response.writableEnded;
  }

  /** Whether it asked for bookmarks. */
  get wantsBookmarks(): boolean {
    return ['1', 'true'].includes(this.info.query.get('allowWatchBookmarks') ?? '');
  }

  /** Events that were written to it. */
  get events(): number {
    return this.#events;
  }

  /** Tells of a change, if it is one of what is watched. */
  change({ type, entry, previous }: Change): void {
    const selector = this.#selector;
    if (selector === undefined) {
      this.event(type, entry);
      return;
    }
    const isIn = type !== 'DELETED' && selector(entry);
    const wasIn = previous !== undefined && selector(previous);
    if (isIn) this.event(wasIn ? 'MODIFIED' : 'ADDED', entry);
    // What leaves the selection is deleted, as seen by who watches.
    else if (wasIn) this.event('DELETED', entry);
  }

  /** Tells of an object that there is. */
  initial(entry: Entry): void {
    if (this.#selector === undefined || this.#selector(entry)) this.event('ADDED', entry);
  }

  /** Writes an event with an object. */
  event(type: string, entry: Entry): void {
    this.line(`{"type":"${type}","object":${entry.whole}}\n`);
  }

  /** Writes a bookmark, if it asked for them. @param endsInitial whether it ends what there was at the beginning */
  bookmark(revision: number, endsInitial = false): void {
    if (!this.wantsBookmarks) return;
    const annotations = endsInitial ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
    const metadata = { resourceVersion: String(revision), ...annotations };
    const object = { kind: KINDS[this.resource].kind, apiVersion: 'v1', metadata };
    this.line(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  /** Writes an event of type ERROR and ends the stream, as the API server does. */
  error(status: StatusDetails): void {
    this.line(`${JSON.stringify({ type: 'ERROR', object: statusObject(status) })}\n`);
    this.end();
  }

  /** Writes whatever a test wants, also half a line. */
  line(text: string): void {
    if (this.#silent || !this.isOpen) return;
    this.#events++;
    this.#writer.write(text);
  }

  /** Bookmarks of the present revision, again and again. */
  bookmarkEvery(milliseconds: number, revision: () => number): void {
    this.#timers.push(setInterval(() => this.bookmark(revision()), milliseconds).unref());
  }

  /** Ends the stream cleanly, as when its time is over. */
  end(): void {
    if (!this.#silent) this.#writer.end();
  }

  /** From now on nothing is written, neither an end; the connection stays. What happens meanwhile is lost to it. */
  silence(): void {
    this.#silent = true;
  }

  /** Breaks the connection. @param half what is written before, for instance the beginning of a line */
  cut(half = ''): void {
    if (half === '') this.#response.destroy();
    else this.#response.write(half, () => this.#response.destroy());
  }
}
