import type { StringStore } from '../flow/string-table.js';

/** A batch is closed beyond so many bytes of strings: a few long labels must not make a batch of a gigabyte. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Places for strings of messages that were lately met; a power of two. */
const RECENT_BITS = 12;
/** Spreads bits upwards: 2³² divided by the golden ratio, odd. */
const GOLDEN = 0x9e3779b1;

const NOTHING = new Uint8Array(0);

/** What a batch's strings are taken from: which of its ids have which id in the batch. */
export class StringOrigin {
  readonly store: StringStore;
  /** The batch's id of each of the store's ids, valid where `epochs` has the present one. */
  ids = new Uint32Array(1024);
  epochs = new Uint32Array(1024);
  epoch = 1;
  #generation: number;

  constructor(store: StringStore) {
    this.store = store;
    this.#generation = store.generation;
  }

  /** Forgets all ids if one of them may stand for another string by now. */
  follow(): void {
    if (this.store.generation === this.#generation) return;
    this.#generation = this.store.generation;
    this.epoch++;
  }
}

/**
 * The strings of a batch that is being built, by ids of its own in the order in which they are first met, so that the batch holds no
 * reference to where they came from.
 */
export class BatchStrings {
  readonly #origins: readonly StringOrigin[];
  #ends = new Uint32Array(1024);
  #count = 1;
  #bytes = new Uint8Array(0x10000);
  #view = new DataView(this.#bytes.buffer);
  #size = 0;
  /** Ids of strings out of messages, by their last bytes; 0 is none. */
  readonly #recent = new Uint32Array(1 << RECENT_BITS);
  /** The message that strings were last taken from. */
  #message: Uint8Array = NOTHING;
  #messageView: DataView = new DataView(NOTHING.buffer);

  /** @param origins the dictionaries that strings are taken from */
  constructor(origins: readonly StringOrigin[]) {
    this.#origins = origins;
  }

  /** Whether there are so many bytes that the batch should be taken. */
  get isFull(): boolean {
    return this.#size >= MAX_BYTES;
  }

  /** Number of strings, the empty one included. */
  get count(): number {
    return this.#count;
  }

  /** End of each string in `bytes`; valid until the next string. */
  get ends(): Uint32Array {
    return this.#ends;
  }

  /** The strings' bytes, one after another; valid until the next string. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The batch's id of a dictionary's string. */
  take(origin: StringOrigin, id: number): number {
    if (id === 0) return 0;
    origin.follow();
    return origin.epochs[id] === origin.epoch ? origin.ids[id]! : this.#copy(origin, id);
  }

  /**
   * The batch's id of bytes in a message. Those lately met are recognised, others are copied: a batch may have a string twice, which costs
   * less than to be sure.
   */
  add(bytes: Uint8Array, start: number, length: number): number {
    if (length === 0) return 0;
    if (bytes !== this.#message) this.#setMessage(bytes);
    const place = recentPlace(this.#messageView, start, length);
    const recent = this.#recent[place]!;
    if (recent !== 0 && this.#matches(recent, start, length)) return recent;
    this.#makeRoom(length);
    copy(this.#messageView, start, length, this.#view, this.#size);
    this.#recent[place] = this.#count;
    return this.#end(length);
  }

  /** Number of bytes of a string. */
  length(id: number): number {
    return id === 0 ? 0 : this.#ends[id]! - this.#ends[id - 1]!;
  }

  /** Copies a string to the beginning of `to`; how many bytes that were. */
  copy(id: number, to: Uint8Array): number {
    const length = this.length(id);
    const from = this.#ends[id]! - length;
    for (let i = 0; i < length; i++) to[i] = this.#bytes[from + i]!;
    return length;
  }

  /** Begins the strings of the next batch. */
  clear(): void {
    for (const origin of this.#origins) origin.epoch++;
    this.#recent.fill(0);
    this.#setMessage(NOTHING);
    this.#count = 1;
    this.#size = 0;
  }

  #setMessage(bytes: Uint8Array): void {
    this.#message = bytes;
    this.#messageView = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Whether an id stands for these bytes of the message; four at a time. */
  #matches(id: number, start: number, length: number): boolean {
    const from = this.#ends[id - 1]!;
    if (this.#ends[id]! - from !== length) return false;
    const own = this.#view;
    const message = this.#messageView;
    let i = 0;
    for (; i + 4 <= length; i += 4) if (own.getInt32(from + i) !== message.getInt32(start + i)) return false;
    for (; i < length; i++) if (own.getUint8(from + i) !== message.getUint8(start + i)) return false;
    return true;
  }

  #copy(origin: StringOrigin, id: number): number {
    const { store } = origin;
    const length = store.length(id);
    if (id >= origin.ids.length) {
      origin.ids = grown(origin.ids, id + 1);
      origin.epochs = grown(origin.epochs, id + 1);
    }
    this.#makeRoom(length);
    store.copy(id, this.#bytes, this.#size);
    origin.ids[id] = this.#count;
    origin.epochs[id] = origin.epoch;
    return this.#end(length);
  }

  #makeRoom(length: number): void {
    if (this.#count === this.#ends.length) this.#ends = grown(this.#ends, this.#count + 1);
    if (this.#size + length <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(2 * this.#bytes.length, this.#size + length));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }

  #end(length: number): number {
    this.#size += length;
    this.#ends[this.#count] = this.#size;
    return this.#count++;
  }
}

function recentPlace(message: DataView, start: number, length: number): number {
  let last = length;
  if (length >= 4) last ^= message.getInt32(start + length - 4);
  else for (let i = 0; i < length; i++) last = (last << 8) ^ message.getUint8(start + i);
  return Math.imul(last, GOLDEN) >>> (32 - RECENT_BITS);
}

function copy(from: DataView, start: number, length: number, to: DataView, at: number): void {
  let i = 0;
  for (; i + 4 <= length; i += 4) to.setInt32(at + i, from.getInt32(start + i));
  for (; i < length; i++) to.setUint8(at + i, from.getUint8(start + i));
}

function grown(old: Uint32Array, least: number): Uint32Array<ArrayBuffer> {
  const array = new Uint32Array(Math.max(2 * old.length, least));
  array.set(old);
  return array;
}
