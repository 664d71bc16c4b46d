import type { TestAuthority } from '../pki.js';
import type { RbacRule } from './rbac.js';
import type { PathGrants } from './review.js';
import type { StoreOptions } from './store.js';

/** How an API server of a test is. */
export interface ApiServerOptions extends StoreOptions {
  /** Plain HTTP if false. @default true */
  readonly tls?: boolean;
  /** Signs its certificate and knows clients by theirs; one of its own if not given. */
  readonly authority?: TestAuthority;
  /** Who `token` is. @default the user of Antrea's chart */
  readonly user?: string;
  /** What that user may do. @default what Antrea's chart grants */
  readonly rules?: readonly RbacRule[];
  /** Bookmarks come so often to who asks for them; only on demand if 0. @default 0 */
  readonly bookmarkEveryMs?: number;
  /** How a watch whose revision is forgotten is told so: real ones answer 200 and an event of type ERROR. @default 'event' */
  readonly goneAs?: 'event' | 'status';
  /** Lists with resourceVersion=0 come whole, whatever their limit, as from the cache of real ones. @default true */
  readonly ignoresLimitAtZero?: boolean;
  /** Bodies come in pieces of odd sizes. @default false */
  readonly oddPieces?: boolean;
  /** Large bodies are compressed for who accepts that, as real ones do. @default true */
  readonly compresses?: boolean;
  /** Who may go to which path, as a SubjectAccessReview tells. @default [] */
  readonly paths?: PathGrants;
}
