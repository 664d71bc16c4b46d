import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { BodyWriter, type Manner } from './body.js';
import type { Fault } from './fault.js';
import { inconsistent, listBody, revisionOf } from './list.js';
import { isResource, type Resource } from './object.js';
import type { ApiServerOptions } from './options.js';
import { forbidden } from './rbac.js';
import type { RecordedRequest } from './recorded-request.js';
import { requestInfo, type RequestInfo } from './request.js';
import { review } from './review.js';
import { badRequest, continueExpired, noSuchResource, notFound, sendStatus, StatusError, tooOld } from './status.js';
import type { Store } from './store.js';
import type { User, Users } from './users.js';
import { WatchStream } from './watch.js';
import { create, remove, update } from './write.js';

/** What answers are made from. */
export interface Backend {
  readonly options: ApiServerOptions;
  readonly store: Store;
  readonly users: Users;
}

/** What happens while a request is answered. */
export interface Course {
  /** What is to go wrong with it. */
  readonly fault: (info: RequestInfo) => Fault | undefined;
  readonly begun: (record: RecordedRequest) => void;
  readonly opened: (watch: WatchStream) => void;
}

const compress = promisify(gzip);

/** What real ones don't bother to compress. */
const SMALL = 128 * 1024;

/** Answers a request as an API server does. @throws StatusError what it is to be answered with */
export async function handle(
  backend: Backend,
  request: IncomingMessage,
  response: ServerResponse,
  course: Course,
): Promise<void> {
  const info = requestInfo(request.method ?? 'GET', request.url ?? '/');
  const { method = 'GET', headers } = request;
  const record: RecordedRequest = {
    ...info,
    method,
    headers,
    user: undefined,
    get status() {
      return response.headersSent ? response.statusCode : 0;
    },
  };
  response.setHeader('Audit-Id', randomUUID());
  response.setHeader('Cache-Control', 'no-cache, private');
  course.begun(record);
  const fault = course.fault(info);
  if (fault !== undefined && isFinal(fault, info, response)) return;
  const user = backend.users.authenticate(request);
  record.user = user.name;
  if (isOpenToAll(info)) {
    open(info, response);
    return;
  }
  if (!backend.users.allows(user, info)) throw new StatusError(forbidden(user.name, info));
  const manner: Manner = { odd: backend.options.oddPieces ?? false, ...(fault?.kind === 'manner' ? fault.manner : {}) };
  if (info.group !== '') {
    json(response, 201, review(backend.users, backend.options.paths ?? [], info, await bodyOf(request)));
    return;
  }
  if (info.resource === undefined || !isResource(info.resource) || info.subresource !== undefined)
    throw new StatusError(noSuchResource());
  if (info.verb === 'watch') {
    const watch = openWatch(backend, info.resource, info, user, response, manner, fault);
    if (fault?.kind === 'silence') watch?.silence();
    if (watch !== undefined) course.opened(watch);
    return;
  }
  await answer(backend, info.resource, info, request, response, manner);
}

/** Has a fault happen that needs nothing else. @returns whether the request is over */
function isFinal(fault: Fault, info: RequestInfo, response: ServerResponse): boolean {
  switch (fault.kind) {
    case 'status':
      throw new StatusError(fault.status);
    case 'reset':
      response.destroy();
      return true;
    case 'hang':
      return true;
    case 'body':
      response.writeHead(fault.code, { ...fault.headers }).end(fault.body);
      return true;
    case 'expired': {
      if (info.verb === 'watch' && fault.asEvent) return false;
      const token = info.query.get('continue');
      throw new StatusError(
        token === null
          ? tooOld(Number(info.query.get('resourceVersion') ?? 0), 0)
          : continueExpired(inconsistent(token)),
      );
    }
    case 'errorEvent':
    case 'silence':
    case 'manner':
      return false;
  }
}

const isOpenToAll = ({ path }: RequestInfo): boolean => ['/healthz', '/livez', '/readyz', '/version'].includes(path);

function open({ path }: RequestInfo, response: ServerResponse): void {
  if (path === '/version')
    json(response, 200, { major: '1', minor: '37', gitVersion: 'v1.37.2', platform: 'linux/amd64' });
  else response.writeHead(200, { 'Content-Type': 'text/plain' }).end('ok');
}

function json(response: ServerResponse, code: number, body: Record<string, unknown>): void {
  response.writeHead(code, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  try {
    return JSON.parse(await text(request)) as unknown;
  } catch {
    throw new StatusError(badRequest('the body of the request was in an unknown format'));
  }
}

/** @returns undefined if it is over already */
function openWatch(
  { store, options }: Backend,
  resource: Resource,
  info: RequestInfo,
  user: User,
  response: ServerResponse,
  manner: Manner,
  fault: Fault | undefined,
): WatchStream | undefined {
  const revision = revisionOf(info.query) ?? 0;
  const initial = info.query.get('sendInitialEvents') === 'true';
  const changes = revision === 0 || initial ? [] : store.changesAfter(resource, revision);
  const gone = tooOld(revision, store.revision);
  if (changes === undefined && options.goneAs === 'status') throw new StatusError(gone);
  const watch = new WatchStream(resource, info, user.name, response, manner);
  if (changes === undefined || fault?.kind === 'expired' || fault?.kind === 'errorEvent') {
    watch.error(fault?.kind === 'errorEvent' ? fault.status : gone);
    return undefined;
  }
  if (revision === 0 || initial) {
    if (info.query.get('sendInitialEvents') !== 'false') {
      for (const entry of store.snapshot(resource)?.entries ?? []) watch.initial(entry);
    }
    if (initial) watch.bookmark(store.revision, true);
  }
  for (const change of changes) watch.change(change);
  const { bookmarkEveryMs = 0 } = options;
  if (bookmarkEveryMs > 0) watch.bookmarkEvery(bookmarkEveryMs, () => store.revision);
  return watch;
}

async function answer(
  { store, options }: Backend,
  resource: Resource,
  info: RequestInfo,
  request: IncomingMessage,
  response: ServerResponse,
  manner: Manner,
): Promise<void> {
  const manager = (request.headers['user-agent'] ?? 'unknown').split('/')[0]!;
  switch (info.verb) {
    case 'get': {
      const entry = store.get(resource, info.namespace, info.name ?? '');
      if (entry === undefined) throw new StatusError(notFound(resource, info.name ?? ''));
      return send(request, response, manner, Buffer.from(`${entry.whole}\n`), options);
    }
    case 'list': {
      const { ignoresLimitAtZero = true } = options;
      return send(request, response, manner, listBody(store, resource, info, { ignoresLimitAtZero }), options);
    }
    case 'create':
      response.statusCode = 201;
      return send(
        request,
        response,
        manner,
        Buffer.from(create(store, resource, info, await bodyOf(request), manager).whole),
        options,
      );
    case 'update':
      return send(
        request,
        response,
        manner,
        Buffer.from(update(store, resource, info, await bodyOf(request), manager).whole),
        options,
      );
    case 'delete':
      return send(request, response, manner, Buffer.from(remove(store, resource, info).whole), options);
    default: {
      const message = 'the server does not allow this method on the requested resource';
      sendStatus(response, { code: 405, reason: 'MethodNotAllowed', message });
    }
  }
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  manner: Manner,
  body: Buffer,
  { compresses = true }: ApiServerOptions,
): Promise<void> {
  response.setHeader('Content-Type', 'application/json');
  const accepts = (request.headers['accept-encoding'] ?? '').includes('gzip');
  const isCompressed = compresses && accepts && body.length > SMALL;
  if (isCompressed) response.setHeader('Content-Encoding', 'gzip');
  const writer = new BodyWriter(response, manner);
  writer.write(isCompressed ? await compress(body, { level: 1 }) : body);
  writer.end();
}
