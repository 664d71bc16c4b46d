import { FULL, type StringStore } from '../flow/string-table.js';
import { BytePages, PAGE_BYTES } from './byte-pages.js';
import { HashIndex, NONE } from './hash-index.js';
import type { KeyedHash } from './keyed-hash.js';

/** Seconds for which a string nobody holds is kept: the next record may bring it again. */
export const UNUSED_SECONDS = 60;

/** Share of the limit from which strings go as soon as nobody holds them. */
const CROWDED = 15 / 16;

// An entry: where the bytes are, how many, their hash, how often a row holds it, since when nobody does.
const ADDRESS = 0;
const LENGTH = 1;
const HASH = 2;
const HOLDERS = 3;
const UNUSED_SINCE = 4;
const ENTRY_WORDS = 5;

/** Length of an entry that is free; its address is the next free one. */
const FREE = 0xffffffff;

const CHUNK_BITS = 14;
const CHUNK_ENTRIES = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_ENTRIES - 1;
const CHUNK_BYTES = CHUNK_ENTRIES * ENTRY_WORDS * 4;

/** Places for strings that were lately asked for; a power of two. */
const RECENT_BITS = 12;
/** Shorter strings are not looked for there. */
const RECENT_LENGTH = 4;
/** Spreads bits upwards: 2³² divided by the golden ratio, odd. */
const GOLDEN = 0x9e3779b1;

const decoder = new TextDecoder();

/**
 * Byte strings by number: each distinct string is kept once, hashed and compared as bytes, and becomes a JavaScript string only when
 * someone reads it. Rows count as holders of the ids they have; a string that nobody holds for a minute is forgotten.
 *
 * Id 0 is the empty string; it is never counted.
 */
export class Dictionary implements StringStore {
  readonly #hash: KeyedHash;
  readonly #maxBytes: number;
  readonly #pages = new BytePages();
  readonly #index = new HashIndex();
  readonly #chunks: Uint32Array[] = [];
  /**
   * Ids of strings that were lately asked for, by their last bytes: most flows have the Nodes, namespaces and policies of others that have
   * just begun, and comparing is a third of the work of hashing. An id here may have been forgotten since, or stand for another string by now;
   * the comparison finds out.
   */
  readonly #recent = new Uint32Array(1 << RECENT_BITS);
  #ids = 1;
  #freeId = 0;
  #now = 0;
  #hand = 1;

  /** @param maxBytes the most memory it may take (limits.maxStrings) */
  constructor(hash: KeyedHash, maxBytes: number) {
    this.#hash = hash;
    this.#maxBytes = maxBytes;
  }

  /** Number of strings, the empty one not counted. */
  get size(): number {
    return this.#index.size;
  }

  /** Bytes of memory it takes: the strings' pages, the entries and the index. */
  get byteLength(): number {
    return this.#pages.byteLength + this.#chunks.length * CHUNK_BYTES + this.#index.byteLength;
  }

  intern(bytes: Uint8Array, start: number, length: number): number {
    if (length < RECENT_LENGTH) return length === 0 ? 0 : this.#find(bytes, start, length);
    const place = recentPlace(bytes, start + length, length);
    const recent = this.#recent[place]!;
    if (recent !== 0 && this.matches(recent, bytes, start, length)) return recent;
    const id = this.#find(bytes, start, length);
    if (id !== FULL) this.#recent[place] = id;
    return id;
  }

  matches(id: number, bytes: Uint8Array, start: number, length: number): boolean {
    if (id === 0) return length === 0;
    const entry = this.#entry(id);
    const chunk = this.#chunk(id);
    if (chunk[entry + LENGTH] !== length) return false;
    const address = chunk[entry + ADDRESS]!;
    const page = this.#pages.page(address);
    const offset = BytePages.offset(address);
    for (let i = 0; i < length; i++) if (page[offset + i] !== bytes[start + i]) return false;
    return true;
  }

  hold(id: number): void {
    if (id !== 0) this.#chunk(id)[this.#entry(id) + HOLDERS]!++;
  }

  drop(id: number): void {
    if (id === 0) return;
    const chunk = this.#chunk(id);
    const entry = this.#entry(id);
    if (--chunk[entry + HOLDERS]! > 0) return;
    if (this.#isCrowded) this.#forget(id);
    else chunk[entry + UNUSED_SINCE] = this.#now;
  }

  /** How many rows hold the id. */
  holders(id: number): number {
    return this.#chunk(id)[this.#entry(id) + HOLDERS]!;
  }

  length(id: number): number {
    return id === 0 ? 0 : this.#chunk(id)[this.#entry(id) + LENGTH]!;
  }

  copy(id: number, to: Uint8Array, at: number): number {
    if (id === 0) return 0;
    const chunk = this.#chunk(id);
    const entry = this.#entry(id);
    const address = chunk[entry + ADDRESS]!;
    const length = chunk[entry + LENGTH]!;
    const page = this.#pages.page(address);
    const offset = BytePages.offset(address);
    for (let i = 0; i < length; i++) to[at + i] = page[offset + i]!;
    return length;
  }

  bytes(id: number): Uint8Array {
    if (id === 0) return new Uint8Array(0);
    const chunk = this.#chunk(id);
    const entry = this.#entry(id);
    const address = chunk[entry + ADDRESS]!;
    const offset = BytePages.offset(address);
    return this.#pages.page(address).subarray(offset, offset + chunk[entry + LENGTH]!);
  }

  text(id: number): string {
    return id === 0 ? '' : decoder.decode(this.bytes(id));
  }

  /** Sets the time, in whole seconds that never go back. */
  advance(now: number): void {
    this.#now = now;
  }

  /** Looks at up to `entries` entries, going round, and forgets those that nobody held for a minute. */
  sweep(entries: number): void {
    for (let left = Math.min(entries, this.#ids - 1); left > 0; left--) {
      const id = this.#hand;
      this.#hand = id + 1 < this.#ids ? id + 1 : 1;
      const chunk = this.#chunk(id);
      const entry = this.#entry(id);
      if (chunk[entry + LENGTH] === FREE || chunk[entry + HOLDERS] !== 0) continue;
      if (this.#isCrowded || this.#now - chunk[entry + UNUSED_SINCE]! >= UNUSED_SECONDS) this.#forget(id);
    }
  }

  /** Number of entries, free ones included: what a round of `sweep` takes. */
  get capacity(): number {
    return this.#ids - 1;
  }

  #find(bytes: Uint8Array, start: number, length: number): number {
    const hash = this.#hash.bytes(bytes, start, length);
    for (let id = this.#index.first(hash); id !== NONE; id = this.#index.next()) {
      if (this.matches(id, bytes, start, length)) return id;
    }
    return this.#add(hash, bytes, start, length);
  }

  get #isCrowded(): boolean {
    return this.byteLength > this.#maxBytes * CROWDED;
  }

  #add(hash: number, bytes: Uint8Array, start: number, length: number): number {
    let more = 0;
    if (!this.#pages.hasRoomFor(length)) more += PAGE_BYTES;
    if (this.#freeId === 0 && this.#ids >> CHUNK_BITS === this.#chunks.length) more += CHUNK_BYTES;
    if (more > 0 && this.byteLength + more > this.#maxBytes) return FULL;

    const id = this.#takeId();
    const chunk = this.#chunk(id);
    const entry = this.#entry(id);
    const address = this.#pages.allocate(length);
    const page = this.#pages.page(address);
    const offset = BytePages.offset(address);
    for (let i = 0; i < length; i++) page[offset + i] = bytes[start + i]!;
    chunk[entry + ADDRESS] = address;
    chunk[entry + LENGTH] = length;
    chunk[entry + HASH] = hash;
    chunk[entry + HOLDERS] = 0;
    chunk[entry + UNUSED_SINCE] = this.#now;
    this.#index.insert(hash, id);
    return id;
  }

  #takeId(): number {
    const id = this.#freeId;
    if (id !== 0) {
      this.#freeId = this.#chunk(id)[this.#entry(id) + ADDRESS]!;
      return id;
    }
    if (this.#ids >> CHUNK_BITS === this.#chunks.length) this.#chunks.push(new Uint32Array(CHUNK_BYTES / 4));
    return this.#ids++;
  }

  #forget(id: number): void {
    const chunk = this.#chunk(id);
    const entry = this.#entry(id);
    this.#index.delete(chunk[entry + HASH]! | 0, id);
    this.#pages.release(chunk[entry + ADDRESS]!);
    chunk[entry + ADDRESS] = this.#freeId;
    chunk[entry + LENGTH] = FREE;
    this.#freeId = id;
  }

  #chunk(id: number): Uint32Array {
    return this.#chunks[id >>> CHUNK_BITS]!;
  }

  #entry(id: number): number {
    return (id & CHUNK_MASK) * ENTRY_WORDS;
  }
}

function recentPlace(bytes: Uint8Array, end: number, length: number): number {
  const last = bytes[end - 4]! | (bytes[end - 3]! << 8) | (bytes[end - 2]! << 16) | (bytes[end - 1]! << 24);
  return Math.imul(last ^ length, GOLDEN) >>> (32 - RECENT_BITS);
}
