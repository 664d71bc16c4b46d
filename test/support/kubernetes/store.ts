import { randomUUID } from 'node:crypto';
import { Entry } from './entry.js';
import { KINDS, keyOf, type KubernetesObject, type Resource } from './object.js';

/** A change of an object, in the order of revisions. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly revision: number;
  /** After the change; of a deleted object its last content, with the revision of the deletion. */
  readonly entry: Entry;
  /** Before the change. */
  readonly previous?: Entry;
}

/** All objects of a resource at a revision, in the order of their keys. */
export interface Snapshot {
  readonly revision: number;
  readonly entries: readonly Entry[];
}

/** How a store begins, and how much it remembers. */
export interface StoreOptions {
  /** The revision of the empty store. @default 1000 */
  readonly revision?: number;
  /** Changes of each resource that are remembered for watches. @default 10000 */
  readonly history?: number;
}

interface Collection {
  readonly entries: Map<string, Entry>;
  readonly changes: Change[];
  /** Changes up to this revision are forgotten. */
  forgotten: number;
  /** By revision; the last ones that somebody asked for. */
  readonly snapshots: Map<number, Snapshot>;
}

/** Lists in pages that go on at the same time. */
const SNAPSHOTS = 8;

/** What etcd is to an API server: objects, one count of revisions for all of them, and a bounded history. */
export class Store {
  readonly #history: number;
  readonly #collections: Readonly<Record<Resource, Collection>>;
  readonly #listeners = new Set<(change: Change) => void>();
  #revision: number;

  constructor({ revision = 1000, history = 10_000 }: StoreOptions = {}) {
    this.#revision = revision;
    this.#history = history;
    const empty = (): Collection => ({ entries: new Map(), changes: [], forgotten: revision, snapshots: new Map() });
    const names = Object.keys(KINDS) as Resource[];
    this.#collections = Object.fromEntries(names.map((name) => [name, empty()])) as Record<Resource, Collection>;
  }

  /** Of the last change of any object. */
  get revision(): number {
    return this.#revision;
  }

  /** Calls `listener` on every change, until the function that it returns is called. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Undefined if there is none of that name. */
  get(resource: Resource, namespace: string | undefined, name: string): Entry | undefined {
    return this.#collections[resource].entries.get(keyOf(namespace, name));
  }

  /** Objects of a resource. */
  count(resource: Resource): number {
    return this.#collections[resource].entries.size;
  }

  /** Writes an object, whether or not it was there before; gives it a UID and a time of creation if it lacks them. */
  put(resource: Resource, object: KubernetesObject): Entry {
    const { entries } = this.#collections[resource];
    const previous = entries.get(keyOf(object.metadata.namespace, object.metadata.name));
    const { uid = randomUUID(), creationTimestamp = '2026-11-20T08:00:00Z' } = object.metadata;
    const metadata = { ...object.metadata, uid, creationTimestamp };
    const entry = new Entry(resource, { ...object, metadata }, ++this.#revision);
    entries.set(entry.key, entry);
    const change = { revision: entry.revision, entry };
    this.#changed(
      resource,
      previous === undefined ? { type: 'ADDED', ...change } : { type: 'MODIFIED', ...change, previous },
    );
    return entry;
  }

  /** Removes an object. @returns what it was, undefined if there was none */
  remove(resource: Resource, namespace: string | undefined, name: string): Entry | undefined {
    const { entries } = this.#collections[resource];
    const previous = entries.get(keyOf(namespace, name));
    if (previous === undefined) return undefined;
    entries.delete(previous.key);
    const entry = new Entry(resource, previous.object, ++this.#revision);
    this.#changed(resource, { type: 'DELETED', revision: entry.revision, entry, previous });
    return previous;
  }

  /** What the resource was at a revision, undefined if that is forgotten. @param revision not after the present one */
  snapshot(resource: Resource, revision = this.#revision): Snapshot | undefined {
    const collection = this.#collections[resource];
    // A revision at which only other resources changed is the same as the one before it.
    const at = Math.min(revision, collection.changes.at(-1)?.revision ?? revision);
    const known = collection.snapshots.get(at) ?? this.#past(collection, at);
    if (known === undefined) return undefined;
    collection.snapshots.delete(at);
    collection.snapshots.set(at, known);
    for (const oldest of collection.snapshots.keys()) {
      if (collection.snapshots.size <= SNAPSHOTS) break;
      collection.snapshots.delete(oldest);
    }
    return { revision, entries: known.entries };
  }

  /** All changes of a resource after a revision, undefined if some of them are forgotten. */
  changesAfter(resource: Resource, revision: number): readonly Change[] | undefined {
    const { changes, forgotten } = this.#collections[resource];
    if (revision < forgotten) return undefined;
    const first = changes.findIndex((change) => change.revision > revision);
    return first === -1 ? [] : changes.slice(first);
  }

  /** Forgets all that was before the present: watches and lists of older revisions get 410 from now on. */
  compact(): void {
    for (const collection of Object.values(this.#collections)) {
      collection.changes.length = 0;
      collection.forgotten = this.#revision;
      collection.snapshots.clear();
    }
  }

  /** Takes changes back, the last first. */
  #past({ entries, changes, forgotten }: Collection, revision: number): Snapshot | undefined {
    if (revision < forgotten) return undefined;
    const past = new Map(entries);
    for (let index = changes.length - 1; index >= 0 && changes[index]!.revision > revision; index--) {
      const { entry, previous } = changes[index]!;
      if (previous === undefined) past.delete(entry.key);
      else past.set(entry.key, previous);
    }
    return { revision, entries: [...past.values()].sort((a, b) => (a.key < b.key ? -1 : 1)) };
  }

  #changed(resource: Resource, change: Change): void {
    const { changes } = this.#collections[resource];
    changes.push(change);
    if (changes.length > 2 * this.#history) {
      const dropped = changes.splice(0, changes.length - this.#history);
      this.#collections[resource].forgotten = dropped.at(-1)!.revision;
    }
    for (const listener of this.#listeners) listener(change);
  }
}
