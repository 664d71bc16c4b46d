import { randomUUID } from 'node:crypto';
import type { Entry } from './entry.js';
import { fieldsOf, managedBy } from './managed-fields.js';
import type { KubernetesObject, Resource } from './object.js';
import type { RequestInfo } from './request.js';
import { alreadyExists, badRequest, conflict, invalid, notFound, StatusError } from './status.js';
import type { Store } from './store.js';

/** Creates an object. @throws StatusError 400, 409, 422 */
export function create(store: Store, resource: Resource, info: RequestInfo, body: unknown, manager: string): Entry {
  const object = objectOf(resource, info, body);
  const { generateName, resourceVersion } = object.metadata;
  if (resourceVersion !== undefined && resourceVersion !== '') {
    throw new StatusError({
      code: 500,
      reason: 'InternalError',
      message: 'resourceVersion should not be set on objects to be created',
    });
  }
  const name = object.metadata.name || (generateName === undefined ? '' : `${generateName}${randomUUID().slice(0, 5)}`);
  if (name === '')
    throw new StatusError(invalid(resource, '', 'metadata.name', 'Required value: name or generateName is required'));
  if (store.get(resource, object.metadata.namespace, name)) throw new StatusError(alreadyExists(resource, name));
  const { uid: _uid, ...metadata } = object.metadata;
  const creationTimestamp = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  return store.put(resource, {
    ...object,
    metadata: { ...metadata, name, creationTimestamp, managedFields: managed(object, manager, creationTimestamp) },
  });
}

/** Replaces an object. @throws StatusError 400, 404, 409, 422 */
export function update(store: Store, resource: Resource, info: RequestInfo, body: unknown, manager: string): Entry {
  const object = objectOf(resource, info, body);
  const { name, namespace, resourceVersion, uid } = object.metadata;
  if (name !== info.name)
    throw new StatusError(
      badRequest(`the name of the object (${name}) does not match the name on the URL (${info.name ?? ''})`),
    );
  const existing = store.get(resource, namespace, name);
  if (existing === undefined) throw new StatusError(notFound(resource, name));
  const before = existing.object;
  if (resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== String(existing.revision)) {
    throw new StatusError(conflict(resource, name));
  }
  if (uid !== undefined && uid !== before.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before.metadata.uid ?? ''}`;
    const key = `Key: /registry/${resource}/${existing.key}, ResourceVersion: 0`;
    const error = `StorageError: invalid object, Code: 4, ${key}, AdditionalErrorMsg: ${why}`;
    throw new StatusError(conflict(resource, name, error));
  }
  if (resource === 'secrets' && object.type !== before.type) {
    throw new StatusError(invalid(resource, name, 'type', `Invalid value: "${object.type ?? ''}": field is immutable`));
  }
  const { uid: kept, creationTimestamp } = before.metadata;
  const metadata = { ...object.metadata, ...(kept === undefined ? {} : { uid: kept }) };
  const after = {
    ...object,
    metadata: { ...metadata, ...(creationTimestamp === undefined ? {} : { creationTimestamp }) },
  };
  // An update that changes nothing makes no new revision.
  if (content(after) === content(before)) return existing;
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  return store.put(resource, {
    ...after,
    metadata: { ...after.metadata, managedFields: managed(object, manager, time) },
  });
}

/** Deletes an object. @throws StatusError 404 */
export function remove(store: Store, resource: Resource, { namespace, name = '' }: RequestInfo): Entry {
  const removed = store.remove(resource, namespace, name);
  if (removed === undefined) throw new StatusError(notFound(resource, name));
  return removed;
}

function content({ metadata, ...rest }: KubernetesObject): string {
  const { resourceVersion: _revision, managedFields: _managed, ...others } = metadata;
  return canonical({ ...rest, metadata: others });
}

/** JSON whose keys are in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function managed({ data, spec }: KubernetesObject, manager: string, time: string): Record<string, unknown>[] {
  return [
    managedBy(
      manager,
      time,
      fieldsOf({ ...(data === undefined ? {} : { data }), ...(spec === undefined ? {} : { spec }) }),
    ),
  ];
}

/** The object in the body of a request, as the API server completes and checks it. */
function objectOf(resource: Resource, info: RequestInfo, body: unknown): KubernetesObject {
  if (typeof body !== 'object' || body === null || !('metadata' in body)) {
    throw new StatusError(badRequest('the object provided is unrecognized'));
  }
  const { stringData, kind: _kind, apiVersion: _version, ...given } = body as KubernetesObject;
  const { namespace: claimed = info.namespace, ...metadata } = given.metadata;
  if (claimed !== info.namespace) {
    throw new StatusError(
      badRequest('the namespace of the provided object does not match the namespace sent on the request'),
    );
  }
  const object = { ...given, metadata: { ...metadata, ...(claimed === undefined ? {} : { namespace: claimed }) } };
  return resource === 'secrets' ? secret(object, stringData) : object;
}

function secret(object: KubernetesObject, stringData: Record<string, string> = {}): KubernetesObject {
  const encoded = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  const data = { ...object.data, ...(Object.fromEntries(encoded) as Record<string, string>) };
  const { type = 'Opaque', metadata } = object;
  if (type === 'kubernetes.io/tls') {
    const missing = ['tls.crt', 'tls.key'].find((key) => data[key] === undefined);
    if (missing !== undefined)
      throw new StatusError(invalid('secrets', metadata.name, `data[${missing}]`, 'Required value'));
  }
  return { ...object, data, type };
}
