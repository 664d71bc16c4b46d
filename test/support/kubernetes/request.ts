import { selectedName } from './selectors.js';

/** What RBAC calls what a request does. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** What a request for a resource is about; of another path only that and a verb. */
export interface RequestInfo {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly verb: Verb;
  /** '' for core. */
  readonly group: string;
  readonly version: string;
  /** Undefined for paths like /version. */
  readonly resource: string | undefined;
  readonly subresource: string | undefined;
  readonly namespace: string | undefined;
  /** Of a list or watch of one object by `fieldSelector` as well. */
  readonly name: string | undefined;
}

/** Takes a request apart as the API server does. */
export function requestInfo(method: string, url: string): RequestInfo {
  const { pathname: path, searchParams: query } = new URL(url, 'http://localhost');
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const isCore = parts[0] === 'api';
  const [group, version, rest] = isCore ? ['', parts[1], parts.slice(2)] : [parts[1] ?? '', parts[2], parts.slice(3)];
  if ((!isCore && parts[0] !== 'apis') || version === undefined || rest.length === 0) {
    return { path, query, verb: verbOf(method, true, false), group: '', version: '', ...NOTHING };
  }
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2;
  const namespace = inNamespace ? rest[1] : undefined;
  const [resource, name, subresource] = inNamespace ? rest.slice(2) : rest;
  const watches = ['1', 'true'].includes(query.get('watch') ?? '');
  const verb = verbOf(method, name !== undefined, watches);
  const selected = verb === 'list' || verb === 'watch' ? selectedName(query) : undefined;
  return { path, query, verb, group, version, resource, subresource, namespace, name: name ?? selected };
}

const NOTHING = { resource: undefined, subresource: undefined, namespace: undefined, name: undefined };

function verbOf(method: string, named: boolean, watches: boolean): Verb {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return named ? 'get' : watches ? 'watch' : 'list';
  }
}
