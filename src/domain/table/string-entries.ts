const CHUNK_BITS = 14;
const CHUNK_ENTRIES = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_ENTRIES - 1;

// The words of an entry.
/** Where the bytes are; in a free entry the place of the chunk's next free one. */
export const ADDRESS = 0;
/** How many bytes; FREE if the entry is. */
export const LENGTH = 1;
/** Hash of the bytes. */
export const HASH = 2;
/** How often a row holds the string. */
export const HOLDERS = 3;
/** Since when no row does, whole seconds. */
export const UNUSED_SINCE = 4;
const ENTRY_WORDS = 5;

/** Length of an entry that is free. */
export const FREE = 0xffffffff;

/** Bytes of a chunk of entries. */
export const CHUNK_BYTES = CHUNK_ENTRIES * ENTRY_WORDS * 4;

const NO_PLACE = 0xffffffff;

/** A chunk that was given back has no words. */
const ABSENT = new Uint32Array(0);

interface Chunk {
  words: Uint32Array;
  live: number;
  /** Entries that were ever in use. */
  fresh: number;
  /** First of the free ones among them. */
  free: number;
}

/**
 * What a dictionary knows of its strings, by id: five words each, in chunks of 16,384 that are given back when none of their entries is in
 * use. Ids are taken from the lowest chunk with room, so that what a flood of strings left behind empties.
 *
 * Id 0 stands for the empty string and is never given out.
 */
export class StringEntries {
  readonly #chunks: Chunk[] = [];
  /** The chunk that ids are taken from. */
  #open = 0;
  #held = 0;
  /** Ids in use, and id 0. */
  #used = 1;

  /** Bytes of all chunks held. */
  get byteLength(): number {
    return this.#held * CHUNK_BYTES;
  }

  /** Whether there is an id without another chunk. */
  get hasRoom(): boolean {
    return this.#used < this.#held * CHUNK_ENTRIES;
  }

  /** Ids are below this number. */
  get limit(): number {
    const last = this.#chunks.length - 1;
    return last < 0 ? 1 : (last << CHUNK_BITS) + this.#chunks[last]!.fresh;
  }

  /** The words that have an entry. */
  words(id: number): Uint32Array {
    return this.#chunks[id >>> CHUNK_BITS]!.words;
  }

  /** Where in its words an entry begins. */
  static at(id: number): number {
    return (id & CHUNK_MASK) * ENTRY_WORDS;
  }

  /** The first id from `id` on whose entry is or was in use in a chunk that is held; `limit` if there is none. */
  from(id: number): number {
    for (let number = id >>> CHUNK_BITS; number < this.#chunks.length; number++) {
      const first = number << CHUNK_BITS;
      const next = Math.max(id, first, 1);
      if (next < first + this.#chunks[number]!.fresh) return next;
    }
    return this.limit;
  }

  /** An id for a string. */
  allocate(): number {
    let chunk = this.#chunks[this.#open];
    if (chunk === undefined || chunk.live === CHUNK_ENTRIES || chunk.words === ABSENT) chunk = this.#openLowest();
    chunk.live++;
    this.#used++;
    let place = chunk.free;
    if (place === NO_PLACE) place = chunk.fresh++;
    else chunk.free = chunk.words[place * ENTRY_WORDS + ADDRESS]!;
    return (this.#open << CHUNK_BITS) | place;
  }

  /** Gives an id back; whether its chunk went with it. */
  release(id: number): boolean {
    const chunk = this.#chunks[id >>> CHUNK_BITS]!;
    const at = StringEntries.at(id);
    chunk.words[at + ADDRESS] = chunk.free;
    chunk.words[at + LENGTH] = FREE;
    chunk.free = id & CHUNK_MASK;
    this.#used--;
    if (--chunk.live > 0) return false;
    Object.assign(chunk, { words: ABSENT, fresh: 0, free: NO_PLACE });
    this.#held--;
    return true;
  }

  #openLowest(): Chunk {
    const number = this.#chunks.findIndex(({ live }) => live < CHUNK_ENTRIES);
    this.#open = number < 0 ? this.#chunks.length : number;
    const chunk = (this.#chunks[this.#open] ??= { words: ABSENT, live: 0, fresh: 0, free: NO_PLACE });
    if (chunk.words === ABSENT) {
      chunk.words = new Uint32Array(CHUNK_ENTRIES * ENTRY_WORDS);
      this.#held++;
      // Id 0 is in use for good, and so its chunk.
      if (this.#open === 0) chunk.live = chunk.fresh = 1;
    }
    return chunk;
  }
}
