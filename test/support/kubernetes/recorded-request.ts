import type { IncomingHttpHeaders } from 'node:http';
import type { RequestInfo } from './request.js';

/** A request that came. */
export interface RecordedRequest extends RequestInfo {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** Undefined if it was not known. */
  user: string | undefined;
  /** 0 while there is no answer. */
  readonly status: number;
}
