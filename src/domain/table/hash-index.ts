/** No entry. */
export const NONE = -1;

const SHARDS = 256;
const FIRST_CAPACITY = 16;

/** A shard with a larger share of its slots in use is doubled, one with a smaller share than the other is halved. */
const FULLEST = 0.75;
const EMPTIEST = 0.125;

/**
 * An open-addressing hash index from 32-bit hashes, as signed numbers, to numbers from 0. Whoever owns the numbers compares keys:
 *
 * ```ts
 * for (let value = index.first(hash); value !== NONE; value = index.next()) if (isTheOne(value)) return value;
 * ```
 *
 * The high byte of a hash chooses one of 256 shards, which grow and shrink one by one: at two million entries that moves 6,000 of them, so
 * no insertion takes longer than a fraction of a millisecond. Deleting leaves no tombstones: what follows moves up.
 */
export class HashIndex {
  /** Pairs of hash and value + 1; 0 is an empty slot. */
  readonly #shards: Int32Array[] = Array.from({ length: SHARDS }, () => new Int32Array(2 * FIRST_CAPACITY));
  readonly #counts = new Uint32Array(SHARDS);
  #size = 0;
  #words = SHARDS * 2 * FIRST_CAPACITY;
  // Where the walk of first() and next() is.
  #shard: Int32Array = this.#shards[0]!;
  #slot = 0;
  #hash = 0;

  /** Number of entries. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of memory the index takes. */
  get byteLength(): number {
    return this.#words * 4;
  }

  /** The first value under this hash, or NONE. */
  first(hash: number): number {
    const shard = this.#shards[hash >>> 24]!;
    this.#shard = shard;
    this.#hash = hash;
    return this.#walk((hash << 1) & (shard.length - 1));
  }

  /** The next value under the hash that `first` was asked for, or NONE. Nothing may have been inserted or deleted since. */
  next(): number {
    return this.#walk((this.#slot + 2) & (this.#shard.length - 1));
  }

  /** Adds a value under a hash. */
  insert(hash: number, value: number): void {
    const number = hash >>> 24;
    let shard = this.#shards[number]!;
    if ((this.#counts[number]! + 1) * 2 > shard.length * FULLEST) shard = this.#resize(number, 2 * shard.length);
    put(shard, hash, value + 1);
    this.#counts[number]!++;
    this.#size++;
  }

  /** Removes a value from under a hash; whether it was there. */
  delete(hash: number, value: number): boolean {
    let found = this.first(hash);
    while (found !== NONE && found !== value) found = this.next();
    if (found === NONE) return false;
    this.#close(this.#shard, this.#slot);
    const number = hash >>> 24;
    const left = --this.#counts[number]!;
    this.#size--;
    const { length } = this.#shard;
    if (length > 2 * FIRST_CAPACITY && 2 * left < length * EMPTIEST) this.#resize(number, length / 2);
    return true;
  }

  #walk(slot: number): number {
    const shard = this.#shard;
    const hash = this.#hash;
    const last = shard.length - 1;
    for (;;) {
      const value = shard[slot + 1]!;
      if (value === 0) return NONE;
      if (shard[slot] === hash) {
        this.#slot = slot;
        return value - 1;
      }
      slot = (slot + 2) & last;
    }
  }

  /** Empties a slot and moves up every entry behind it that its own first slot lies before. */
  #close(shard: Int32Array, hole: number): void {
    const last = shard.length - 1;
    for (let slot = (hole + 2) & last; shard[slot + 1] !== 0; slot = (slot + 2) & last) {
      const home = (shard[slot]! << 1) & last;
      if (((slot - home) & last) >= ((slot - hole) & last)) {
        shard[hole] = shard[slot]!;
        shard[hole + 1] = shard[slot + 1]!;
        hole = slot;
      }
    }
    shard[hole + 1] = 0;
  }

  #resize(number: number, length: number): Int32Array {
    const old = this.#shards[number]!;
    const resized = new Int32Array(length);
    for (let slot = 0; slot < old.length; slot += 2) {
      if (old[slot + 1] !== 0) put(resized, old[slot]!, old[slot + 1]!);
    }
    this.#shards[number] = resized;
    this.#words += length - old.length;
    return resized;
  }
}

function put(shard: Int32Array, hash: number, stored: number): void {
  const last = shard.length - 1;
  let slot = (hash << 1) & last;
  while (shard[slot + 1] !== 0) slot = (slot + 2) & last;
  shard[slot] = hash;
  shard[slot + 1] = stored;
}
