import type { KubernetesStrings } from './kubernetes-strings.js';
import type { ObjectStore, ServiceObject } from './objects.js';

/** A Service, and the ids of "namespace/name" and UID in the metadata's dictionary. */
export interface Service extends ServiceObject {
  readonly keyId: number;
  readonly uidId: number;
}

/** The Services there are, found by namespace and name. */
export class Services implements ObjectStore<ServiceObject> {
  readonly #strings: KubernetesStrings;
  readonly #byUid = new Map<string, Service>();
  readonly #byKey = new Map<number, Service>();
  #unlisted = new Set<string>();

  constructor(strings: KubernetesStrings) {
    this.#strings = strings;
  }

  get size(): number {
    return this.#byUid.size;
  }

  put(object: ServiceObject): void {
    this.delete(object.uid);
    const keyId = this.#strings.hold(`${object.namespace}/${object.name}`);
    const service = { ...object, keyId, uidId: this.#strings.hold(object.uid) };
    this.#byUid.set(service.uid, service);
    this.#byKey.set(keyId, service);
    this.#unlisted.delete(service.uid);
  }

  delete(uid: string): void {
    const service = this.#byUid.get(uid);
    if (service === undefined) return;
    this.#byUid.delete(uid);
    // A Service that was made anew under the same name has taken its place already.
    if (this.#byKey.get(service.keyId) === service) this.#byKey.delete(service.keyId);
    this.#strings.drop(service.keyId);
    this.#strings.drop(service.uidId);
  }

  beginList(): void {
    this.#unlisted = new Set(this.#byUid.keys());
  }

  endList(): void {
    for (const uid of this.#unlisted) this.delete(uid);
    this.#unlisted.clear();
  }

  /** The Service of a name; undefined if there is none. */
  byName(namespace: string, name: string): Service | undefined {
    return this.byKeyId(this.#strings.find(`${namespace}/${name}`));
  }

  /** The same by the id of "namespace/name" in the metadata's dictionary. */
  byKeyId(key: number): Service | undefined {
    return this.#byKey.get(key);
  }
}
