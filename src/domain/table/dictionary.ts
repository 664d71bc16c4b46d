import { FULL, type StringStore } from '../flow/string-table.js';
import { BytePages, PAGE_BYTES } from './byte-pages.js';
import { HashIndex, NONE } from './hash-index.js';
import type { KeyedHash } from './keyed-hash.js';
import { ADDRESS, CHUNK_BYTES, FREE, HASH, HOLDERS, LENGTH, StringEntries, UNUSED_SINCE } from './string-entries.js';

/** Seconds for which a string nobody holds is kept: the next record may bring it again. */
export const UNUSED_SECONDS = 60;

/** Share of the limit from which strings go as soon as nobody holds them. */
const CROWDED = 15 / 16;

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
  readonly #entries = new StringEntries();
  /**
   * Ids of strings that were lately asked for, by their last bytes: most flows have the Nodes, namespaces and policies of others that have
   * just begun, and comparing is a third of the work of hashing. An id here may have been forgotten since, or stand for another string by now;
   * the comparison finds out.
   */
  readonly #recent = new Uint32Array(1 << RECENT_BITS);
  #now = 0;
  #hand = 1;
  #isPressed = false;
  #generation = 0;

  /** @param maxBytes the most memory it may take (limits.maxStrings) */
  constructor(hash: KeyedHash, maxBytes: number) {
    this.#hash = hash;
    this.#maxBytes = maxBytes;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Number of strings, the empty one not counted. */
  get size(): number {
    return this.#index.size;
  }

  /** Bytes of memory it takes: the strings' pages, the entries and the index. */
  get byteLength(): number {
    return this.#pages.byteLength + this.#entries.byteLength + this.#index.byteLength;
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

  /** The id of a string if it is known, else NONE. */
  lookup(bytes: Uint8Array, start: number, length: number): number {
    return length === 0 ? 0 : this.#known(this.#hash.bytes(bytes, start, length), bytes, start, length);
  }

  matches(id: number, bytes: Uint8Array, start: number, length: number): boolean {
    if (id === 0) return length === 0;
    const at = StringEntries.at(id);
    const words = this.#entries.words(id);
    if (words[at + LENGTH] !== length) return false;
    const address = words[at + ADDRESS]!;
    const page = this.#pages.page(address);
    const offset = BytePages.offset(address);
    for (let i = 0; i < length; i++) if (page[offset + i] !== bytes[start + i]) return false;
    return true;
  }

  hold(id: number): void {
    if (id !== 0) this.#entries.words(id)[StringEntries.at(id) + HOLDERS]!++;
  }

  drop(id: number): void {
    if (id === 0) return;
    const words = this.#entries.words(id);
    const at = StringEntries.at(id);
    if (--words[at + HOLDERS]! > 0) return;
    if (this.#isCrowded) this.#forget(id);
    else words[at + UNUSED_SINCE] = this.#now;
  }

  /** How many rows hold the id. */
  holders(id: number): number {
    return this.#entries.words(id)[StringEntries.at(id) + HOLDERS]!;
  }

  length(id: number): number {
    return id === 0 ? 0 : this.#entries.words(id)[StringEntries.at(id) + LENGTH]!;
  }

  copy(id: number, to: Uint8Array, at: number): number {
    if (id === 0) return 0;
    const words = this.#entries.words(id);
    const entry = StringEntries.at(id);
    const address = words[entry + ADDRESS]!;
    const length = words[entry + LENGTH]!;
    const page = this.#pages.page(address);
    const offset = BytePages.offset(address);
    for (let i = 0; i < length; i++) to[at + i] = page[offset + i]!;
    return length;
  }

  bytes(id: number): Uint8Array {
    if (id === 0) return new Uint8Array(0);
    const words = this.#entries.words(id);
    const at = StringEntries.at(id);
    const address = words[at + ADDRESS]!;
    const offset = BytePages.offset(address);
    return this.#pages.page(address).subarray(offset, offset + words[at + LENGTH]!);
  }

  text(id: number): string {
    return id === 0 ? '' : decoder.decode(this.bytes(id));
  }

  /** Sets the time, in whole seconds that never go back. */
  advance(now: number): void {
    this.#now = now;
  }

  /** Looks at up to `entries` entries, going round, and forgets those that nobody held for a minute; under pressure all that nobody holds. */
  sweep(entries: number): void {
    for (let left = Math.min(entries, this.capacity); left > 0; left--) {
      let id = this.#entries.from(this.#hand);
      if (id === this.#entries.limit) id = this.#entries.from(1);
      if (id === this.#entries.limit) return;
      this.#hand = id + 1;
      const words = this.#entries.words(id);
      const at = StringEntries.at(id);
      if (words[at + LENGTH] === FREE || words[at + HOLDERS] !== 0) continue;
      if (this.#isCrowded || this.#now - words[at + UNUSED_SINCE]! >= UNUSED_SECONDS) this.#forget(id);
    }
  }

  /** Number of entries, free ones included: what a round of `sweep` takes. */
  get capacity(): number {
    return this.#entries.limit - 1;
  }

  /** While set, a string goes as soon as nobody holds it: memory is short elsewhere. */
  set isPressed(isPressed: boolean) {
    this.#isPressed = isPressed;
  }

  #find(bytes: Uint8Array, start: number, length: number): number {
    const hash = this.#hash.bytes(bytes, start, length);
    const id = this.#known(hash, bytes, start, length);
    return id === NONE ? this.#add(hash, bytes, start, length) : id;
  }

  #known(hash: number, bytes: Uint8Array, start: number, length: number): number {
    for (let id = this.#index.first(hash); id !== NONE; id = this.#index.next()) {
      if (this.matches(id, bytes, start, length)) return id;
    }
    return NONE;
  }

  get #isCrowded(): boolean {
    return this.#isPressed || this.byteLength > this.#maxBytes * CROWDED;
  }

  #add(hash: number, bytes: Uint8Array, start: number, length: number): number {
    let more = 0;
    if (!this.#pages.hasRoomFor(length)) more += PAGE_BYTES;
    if (!this.#entries.hasRoom) more += CHUNK_BYTES;
    if (more > 0 && this.byteLength + more > this.#maxBytes) return FULL;

    const id = this.#entries.allocate();
    const words = this.#entries.words(id);
    const at = StringEntries.at(id);
    const address = this.#pages.allocate(length);
    const page = this.#pages.page(address);
    const offset = BytePages.offset(address);
    for (let i = 0; i < length; i++) page[offset + i] = bytes[start + i]!;
    words[at + ADDRESS] = address;
    words[at + LENGTH] = length;
    words[at + HASH] = hash;
    words[at + HOLDERS] = 0;
    words[at + UNUSED_SINCE] = this.#now;
    this.#index.insert(hash, id);
    return id;
  }

  #forget(id: number): void {
    this.#generation++;
    const words = this.#entries.words(id);
    const at = StringEntries.at(id);
    this.#index.delete(words[at + HASH]! | 0, id);
    this.#pages.release(words[at + ADDRESS]!);
    if (this.#entries.release(id)) this.#recent.fill(0);
  }
}

function recentPlace(bytes: Uint8Array, end: number, length: number): number {
  const last = bytes[end - 4]! | (bytes[end - 3]! << 8) | (bytes[end - 2]! << 16) | (bytes[end - 1]! << 24);
  return Math.imul(last ^ length, GOLDEN) >>> (32 - RECENT_BITS);
}
