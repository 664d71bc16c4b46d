import { KINDS, type Resource } from './object.js';
import type { Entry } from './entry.js';
import type { RequestInfo } from './request.js';
import { selectorOf } from './selectors.js';
import { badRequest, continueExpired, StatusError, tooLarge } from './status.js';
import type { Snapshot, Store } from './store.js';

/** The content of a continue token: where it goes on in the keys of a snapshot, of the present one where `rv` is -1. */
interface Position {
  readonly v: 'meta.k8s.io/v1';
  readonly rv: number;
  readonly start: string;
}

const encode = (rv: number, start: string): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv, start } satisfies Position)).toString('base64url');

/** @throws StatusError 400 if it is none of ours */
function decode(token: string): Position {
  try {
    const position = JSON.parse(Buffer.from(token, 'base64url').toString()) as Partial<Position>;
    const { v, rv, start } = position;
    if (v === 'meta.k8s.io/v1' && typeof rv === 'number' && typeof start === 'string') return { v, rv, start };
  } catch {
    // Said below.
  }
  throw new StatusError(badRequest('invalid continue token: continue key is not valid: it is none of ours'));
}

/** How an API server lists. */
export interface ListOptions {
  /** Whether it gives all objects at once to who asks for resourceVersion=0, whatever the limit: as those do that answer from their cache. */
  readonly ignoresLimitAtZero: boolean;
}

/** A revision in a query, undefined if there is none. @throws StatusError 400 if it is no number */
export function revisionOf(query: URLSearchParams): number | undefined {
  const text = query.get('resourceVersion') ?? '';
  if (text === '') return undefined;
  if (!/^\d+$/.test(text))
    throw new StatusError(
      badRequest(
        `invalid resource version: resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
      ),
    );
  return Number(text);
}

/** The JSON of a list, or of a page of it. @throws StatusError 400, 410 or 504 */
export function listBody(store: Store, resource: Resource, info: RequestInfo, options: ListOptions): Buffer {
  const { query, namespace } = info;
  const limit = limitOf(query, options);
  const token = query.get('continue') ?? '';
  const position = token === '' ? undefined : decode(token);
  const { revision, entries } = snapshotOf(store, resource, query, position);
  const selector = selectorOf(query, namespace);
  const page: Entry[] = [];
  let at = position === undefined ? 0 : firstAt(entries, position.start);
  for (; at < entries.length && page.length < limit; at++) {
    const entry = entries[at]!;
    if (selector === undefined || selector(entry)) page.push(entry);
  }
  const rest = entries.length - at;
  const isSelected = query.has('fieldSelector') || query.has('labelSelector');
  // Of a namespace nothing is left once its keys are over.
  const remaining =
    namespace === undefined ? rest : entries.slice(at).filter((entry) => entry.namespace === namespace).length;
  const metadata = {
    resourceVersion: String(revision),
    ...(remaining === 0 ? {} : { continue: encode(revision, `${entries[at - 1]!.key}\0`) }),
    ...(remaining === 0 || isSelected ? {} : { remainingItemCount: remaining }),
  };
  const head = `{"kind":"${KINDS[resource].kind}List","apiVersion":"v1","metadata":${JSON.stringify(metadata)},"items":[`;
  const parts: Buffer[] = [Buffer.from(head)];
  page.forEach(({ json }, index) => parts.push(...(index === 0 ? [json] : [COMMA, json])));
  parts.push(TAIL);
  return Buffer.concat(parts);
}

const COMMA = Buffer.from(',');
const TAIL = Buffer.from(']}\n');

function limitOf(query: URLSearchParams, { ignoresLimitAtZero }: ListOptions): number {
  const limit = Number(query.get('limit') ?? 0);
  const isFromCache = query.get('resourceVersion') === '0' && !query.has('continue') && ignoresLimitAtZero;
  return !(limit > 0) || isFromCache ? Infinity : limit;
}

function snapshotOf(
  store: Store,
  resource: Resource,
  query: URLSearchParams,
  position: Position | undefined,
): Snapshot {
  const asked = revisionOf(query);
  if (position !== undefined) {
    if (asked !== undefined)
      throw new StatusError(badRequest('specifying resource version is not allowed when using continue'));
    const snapshot = store.snapshot(resource, position.rv === -1 ? undefined : position.rv);
    if (position.rv > store.revision || snapshot === undefined)
      throw new StatusError(continueExpired(encode(-1, position.start)));
    return snapshot;
  }
  if (asked !== undefined && asked > store.revision) throw new StatusError(tooLarge(asked, store.revision));
  const match = query.get('resourceVersionMatch') ?? (query.has('limit') ? 'Exact' : 'NotOlderThan');
  const isExact = asked !== undefined && asked !== 0 && match === 'Exact';
  const snapshot = store.snapshot(resource, isExact ? asked : undefined);
  if (snapshot === undefined) {
    throw new StatusError({
      code: 410,
      reason: 'Expired',
      message: `The resourceVersion for the provided list is too old.`,
    });
  }
  return snapshot;
}

/** The first of the entries whose key is not before. */
function firstAt(entries: readonly Entry[], key: string): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A new token for a list that is to go on where the old one says, with what is there now. */
export function inconsistent(token: string): string {
  return encode(-1, decode(token).start);
}
