import type { ServiceObject, ServicePort } from '../../../domain/kubernetes/objects.js';
import { elementsOf, fieldsOf, isObject, textOf, type JsonObject } from './json.js';
import { identityOf, metadataOf } from './metadata.js';

/** What Weir keeps of a Service; undefined if it has no UID or no name. Parts that are missing or of another type are as if not given. */
export function serviceOf(object: JsonObject): ServiceObject | undefined {
  const identity = identityOf(metadataOf(object));
  if (identity === undefined) return undefined;
  const ports = elementsOf(fieldsOf(object['spec'])['ports']).filter(isObject).map(portOf);
  return { ...identity, ports };
}

function portOf({ name, port, protocol }: JsonObject): ServicePort {
  // TCP is what Kubernetes takes a port without a protocol for.
  return { name: textOf(name), port: typeof port === 'number' ? port : 0, protocol: textOf(protocol) || 'TCP' };
}
