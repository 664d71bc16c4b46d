import type { ObjectStore } from '../../src/domain/kubernetes/objects.js';

/** Keeps objects in a map, as the interface says and no cleverer. */
export class MemoryStore<T extends { readonly uid: string }> implements ObjectStore<T> {
  readonly #objects = new Map<string, T>();
  #unlisted: Set<string> | undefined;
  /** Lists that were begun, and those that were completed. */
  begun = 0;
  ended = 0;
  /** Objects that were put, the same one each time. */
  puts = 0;

  get size(): number {
    return this.#objects.size;
  }

  /** By UID. */
  get objects(): ReadonlyMap<string, T> {
    return this.#objects;
  }

  put(object: T): void {
    this.puts++;
    this.#objects.set(object.uid, object);
    this.#unlisted?.delete(object.uid);
  }

  delete(uid: string): void {
    this.#objects.delete(uid);
  }

  beginList(): void {
    this.begun++;
    this.#unlisted = new Set(this.#objects.keys());
  }

  endList(): void {
    this.ended++;
    for (const uid of this.#unlisted ?? []) this.#objects.delete(uid);
    this.#unlisted = undefined;
  }
}
