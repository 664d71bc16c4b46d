import type { Manner } from './body.js';
import type { RequestInfo, Verb } from './request.js';
import type { StatusDetails } from './status.js';

/** What goes wrong with a request. */
export type Fault =
  /** Answered with a Status. */
  | { readonly kind: 'status'; readonly status: StatusDetails }
  /** 410 as the API server says it for such a request; a watch is answered with 200 and an event of type ERROR if `asEvent`. */
  | { readonly kind: 'expired'; readonly asEvent: boolean }
  /** A watch is answered, with an event of type ERROR and nothing else. */
  | { readonly kind: 'errorEvent'; readonly status: StatusDetails }
  /** The connection breaks before an answer. */
  | { readonly kind: 'reset' }
  /** There is no answer, and the connection stays. */
  | { readonly kind: 'hang' }
  /** A watch is answered, but nothing ever comes. */
  | { readonly kind: 'silence' }
  /** The answer is right, but comes oddly. */
  | { readonly kind: 'manner'; readonly manner: Manner }
  /** The answer is something else. */
  | {
      readonly kind: 'body';
      readonly code: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    };

/** The requests that something happens to; all if it is empty. */
export interface Match {
  readonly resource?: string;
  readonly verb?: Verb;
  readonly name?: string;
  readonly namespace?: string;
  /** Only pages after the first, or only first ones. */
  readonly continuing?: boolean;
}

/** A fault that was asked for. */
export class FaultRule {
  readonly match: Match;
  readonly fault: Fault;
  #left: number;
  #hits = 0;

  constructor(match: Match, fault: Fault, times: number) {
    this.match = match;
    this.fault = fault;
    this.#left = times;
  }

  /** Requests that it happened to. */
  get hits(): number {
    return this.#hits;
  }

  /** From now on it happens to none. */
  stop(): void {
    this.#left = 0;
  }

  /** Its fault, if it happens to this request. */
  take(info: RequestInfo): Fault | undefined {
    if (this.#left === 0 || !matches(this.match, info)) return undefined;
    this.#left--;
    this.#hits++;
    return this.fault;
  }
}

/** Whether a request is among those. */
export function matches(match: Match, info: RequestInfo): boolean {
  const { continuing, ...properties } = match;
  const names = Object.keys(properties) as (keyof typeof properties)[];
  return (
    names.every((name) => properties[name] === undefined || properties[name] === info[name]) &&
    (continuing === undefined || continuing === info.query.has('continue'))
  );
}

/** 429: so many seconds are to pass before the next try. */
export const tooManyRequests = (retryAfterSeconds = 1): Fault => ({
  kind: 'status',
  status: {
    code: 429,
    reason: 'TooManyRequests',
    message: 'The request is rate limited; please try again later.',
    retryAfterSeconds,
  },
});

/** 500. */
export const internalError = (): Fault => ({
  kind: 'status',
  status: { code: 500, reason: 'InternalError', message: 'Internal error occurred: etcdserver: request timed out' },
});

/** 503, as from an API server that is starting or stopping. */
export const unavailable = (): Fault => ({
  kind: 'status',
  status: { code: 503, reason: 'ServiceUnavailable', message: 'apiserver is shutting down' },
});

/** 410; for a watch as an event unless `asEvent` is false. */
export const expired = (asEvent = true): Fault => ({ kind: 'expired', asEvent });

/** A watch that asks for initial events gets an error in place of them, as from API servers whose etcd is older than 3.4.25. */
export const watchListUnsupported = (): Fault => ({
  kind: 'errorEvent',
  status: {
    code: 500,
    reason: 'InternalError',
    message:
      'a watch stream was requested by the client but the required storage feature RequestWatchProgress is disabled',
  },
});

/** The connection breaks after so many octets of the body: in the middle of a page, or of an event's line. */
export const cutAfter = (octets: number): Fault => ({ kind: 'manner', manner: { cut: octets } });

/** The body comes in pieces of that size. */
export const slowDrip = (octets: number, everyMs: number): Fault => ({
  kind: 'manner',
  manner: { drip: { octets, everyMs } },
});

/** 200, and a body that is no JSON. */
export const garbage = (body = '{"kind":"PodList","items":[{"metadata":{"name":\n'): Fault => ({
  kind: 'body',
  code: 200,
  headers: { 'Content-Type': 'application/json' },
  body,
});

/** A page for people, as a proxy in between gives it. */
export const html = (code = 502): Fault => ({
  kind: 'body',
  code,
  headers: { 'Content-Type': 'text/html' },
  body: '<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n',
});

/** To somewhere else. */
export const redirect = (location: string): Fault => ({
  kind: 'body',
  code: 307,
  headers: { Location: location },
  body: '',
});
