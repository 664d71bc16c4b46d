import type { NodeObject } from '../../../domain/kubernetes/objects.js';
import { elementsOf, fieldsOf, textOf, type JsonObject } from './json.js';
import { identityOf, labelsOf, metadataOf } from './metadata.js';

const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** What Weir keeps of a Node; undefined if it has no UID or no name. Parts that are missing or of another type are as if not given. */
export function nodeOf(object: JsonObject): NodeObject | undefined {
  const metadata = metadataOf(object);
  const identity = identityOf(metadata);
  if (identity === undefined) return undefined;
  const internalIPs = elementsOf(fieldsOf(object['status'])['addresses'])
    .map(fieldsOf)
    .filter(({ type }) => type === 'InternalIP')
    .map(({ address }) => textOf(address))
    .filter((address) => address !== '');
  return { uid: identity.uid, name: identity.name, zone: labelsOf(metadata)[ZONE_LABEL] ?? '', internalIPs };
}
