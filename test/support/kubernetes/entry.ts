import { KINDS, keyOf, type KubernetesObject, type Resource } from './object.js';

/** An object as a store keeps it: as JSON, which is written as it is to whoever asks for it. */
export class Entry {
  readonly resource: Resource;
  readonly key: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly revision: number;
  /** Without kind and apiVersion, as the API server has it in lists. */
  readonly json: Buffer;

  constructor(
    resource: Resource,
    { kind: _kind, apiVersion: _version, ...object }: KubernetesObject,
    revision: number,
  ) {
    const { name, namespace, generateName, uid, resourceVersion: _revision, ...others } = object.metadata;
    this.resource = resource;
    this.key = keyOf(namespace, name);
    this.name = name;
    this.namespace = namespace;
    this.revision = revision;
    // In the order in which real ones write it.
    const resourceVersion = String(revision);
    const metadata = { name, generateName, namespace, uid, resourceVersion, ...others };
    this.json = Buffer.from(JSON.stringify({ ...object, metadata }));
  }

  /** A copy of the object, without kind and apiVersion. */
  get object(): KubernetesObject {
    return JSON.parse(this.json.toString()) as KubernetesObject;
  }

  /** The JSON of the object alone, with kind and apiVersion. */
  get whole(): string {
    return `{"kind":"${KINDS[this.resource].kind}","apiVersion":"v1",${this.json.toString('utf8', 1)}`;
  }
}
