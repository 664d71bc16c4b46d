import { formatAddress, parseAddress } from '../flow/address.js';
import type { KubernetesStrings } from './kubernetes-strings.js';
import type { NodeObject, ObjectStore } from './objects.js';

/** A Node, and the ids of its name and UID in the metadata's dictionary. */
export interface Node extends NodeObject {
  readonly nameId: number;
  readonly uidId: number;
}

/** The Nodes there are: a few thousand, so that plain objects will do. */
export class Nodes implements ObjectStore<NodeObject> {
  readonly #strings: KubernetesStrings;
  readonly #byUid = new Map<string, Node>();
  readonly #byName = new Map<number, Node>();
  readonly #byInternalIP = new Map<string, Node>();
  #unlisted = new Set<string>();

  constructor(strings: KubernetesStrings) {
    this.#strings = strings;
  }

  get size(): number {
    return this.#byUid.size;
  }

  put(object: NodeObject): void {
    this.delete(object.uid);
    const node = { ...object, nameId: this.#strings.hold(object.name), uidId: this.#strings.hold(object.uid) };
    this.#byUid.set(node.uid, node);
    this.#byName.set(node.nameId, node);
    for (const ip of addressTexts(node)) this.#byInternalIP.set(ip, node);
    this.#unlisted.delete(node.uid);
  }

  delete(uid: string): void {
    const node = this.#byUid.get(uid);
    if (node === undefined) return;
    this.#byUid.delete(uid);
    // A Node that was made anew under the same name or address has taken its place already.
    if (this.#byName.get(node.nameId) === node) this.#byName.delete(node.nameId);
    for (const ip of addressTexts(node)) if (this.#byInternalIP.get(ip) === node) this.#byInternalIP.delete(ip);
    this.#strings.drop(node.nameId);
    this.#strings.drop(node.uidId);
  }

  beginList(): void {
    this.#unlisted = new Set(this.#byUid.keys());
  }

  endList(): void {
    for (const uid of this.#unlisted) this.delete(uid);
    this.#unlisted.clear();
  }

  /** The Node of a name; undefined if there is none. */
  byName(name: string): Node | undefined {
    return this.byNameId(this.#strings.find(name));
  }

  /** The same by the name's id in the metadata's dictionary. */
  byNameId(name: number): Node | undefined {
    return this.#byName.get(name);
  }

  /** The Node that has an address as one of its InternalIPs; undefined if there is none. */
  byInternalIP(ip: string): Node | undefined {
    const bytes = parseAddress(ip);
    return bytes && this.#byInternalIP.get(formatAddress(bytes));
  }
}

/** The Node's addresses, each in its one form; what is none is left out. */
function addressTexts({ internalIPs }: NodeObject): string[] {
  return internalIPs.flatMap((ip) => {
    const bytes = parseAddress(ip);
    return bytes ? [formatAddress(bytes)] : [];
  });
}
