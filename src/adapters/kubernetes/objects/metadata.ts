import { fieldsOf, textOf, type JsonObject } from './json.js';

/** What names an object of Kubernetes. */
export interface Identity {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
}

/** Its `metadata`. */
export function metadataOf(object: JsonObject): JsonObject {
  return fieldsOf(object['metadata']);
}

/** Names an object by its metadata; undefined if that has no UID or no name, without which it can't be kept or found. */
export function identityOf(metadata: JsonObject): Identity | undefined {
  const uid = textOf(metadata['uid']);
  const name = textOf(metadata['name']);
  return uid === '' || name === '' ? undefined : { uid, name, namespace: textOf(metadata['namespace']) };
}

/** Labels whose values are texts, as Kubernetes' all are. */
export function labelsOf(metadata: JsonObject): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(fieldsOf(metadata['labels'])))
    if (typeof value === 'string' && key !== '__proto__') labels[key] = value;
  return labels;
}
