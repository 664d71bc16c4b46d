import { GatheredBytes } from './gathered-bytes.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const SPACE = 0x20;

/** Bytes of an item: more than etcd would ever keep. */
const MAX_ITEM_BYTES = 16 * 1024 * 1024;

/** Bytes of all that is not items. */
const MAX_ENVELOPE_BYTES = 1024 * 1024;

/** Where `items` begins: its key is the last thing before the bracket. A text that is a value is followed by no colon. */
const ITEMS_KEY = /"items"\s*:\s*$/;
const TAIL_BYTES = 64;

const enum Place {
  Envelope,
  BetweenItems,
  Item,
}

/**
 * Takes a list of Kubernetes (`{"kind": …, "metadata": {…}, "items": […]}`) apart as its bytes arrive, so that no more of it than one
 * item is ever held and no parsing takes longer than that of one. It finds where items begin and end; whether they are JSON is found out
 * by whoever parses them.
 */
export class ListScanner {
  readonly #onItem: (item: string) => void;
  #place = Place.Envelope;
  #depth = 0;
  #isInText = false;
  #isEscaped = false;
  /** What came of the item in hand in chunks before. */
  readonly #item = new GatheredBytes('an object', MAX_ITEM_BYTES);
  readonly #envelope = new GatheredBytes('what is beside the items of a list', MAX_ENVELOPE_BYTES);

  /** @param onItem is given each item's JSON, in order */
  constructor(onItem: (item: string) => void) {
    this.#onItem = onItem;
  }

  /** Takes more bytes. @throws RangeError if something of the list is too long to be one, and whatever `onItem` throws */
  write(chunk: Buffer): void {
    /** Where what is not taken yet begins: of an item, or of what is around items. */
    let start = 0;
    let depth = this.#depth;
    let isInText = this.#isInText;
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index]!;
      if (isInText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === BACKSLASH) this.#isEscaped = true;
        else if (byte === QUOTE) isInText = false;
        continue;
      }
      if (this.#place === Place.BetweenItems) {
        if (byte <= SPACE || byte === COMMA) continue;
        start = index;
        this.#place = byte === CLOSE_LIST ? Place.Envelope : Place.Item;
      }
      if (byte === QUOTE) isInText = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        depth++;
        if (depth !== 2 || byte !== OPEN_LIST || !this.#isItemsKey(chunk.subarray(start, index))) continue;
        this.#take(chunk.subarray(start, index + 1));
        this.#place = Place.BetweenItems;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        if (this.#place === Place.Item && depth === 2) {
          // The list's end, right after a number or the like.
          this.#endItem(chunk.subarray(start, index));
          this.#place = Place.Envelope;
          start = index;
        }
        depth--;
        if (this.#place !== Place.Item || depth !== 2) continue;
        this.#endItem(chunk.subarray(start, index + 1));
        this.#place = Place.BetweenItems;
      } else if (byte === COMMA && depth === 2 && this.#place === Place.Item) {
        this.#endItem(chunk.subarray(start, index));
        this.#place = Place.BetweenItems;
      }
    }
    this.#depth = depth;
    this.#isInText = isInText;
    if (this.#place !== Place.BetweenItems) this.#take(chunk.subarray(start));
  }

  /** The list without its items, as JSON, once all bytes were written. */
  envelope(): string {
    return this.#envelope.take(Buffer.alloc(0));
  }

  #isItemsKey(rest: Buffer): boolean {
    if (this.#place !== Place.Envelope) return false;
    const tail = rest.subarray(-TAIL_BYTES).toString('latin1');
    return ITEMS_KEY.test(this.#envelope.tail(TAIL_BYTES) + tail);
  }

  /** Keeps bytes of what goes on in the next chunk. */
  #take(bytes: Buffer): void {
    (this.#place === Place.Item ? this.#item : this.#envelope).add(bytes);
  }

  #endItem(bytes: Buffer): void {
    this.#onItem(this.#item.take(bytes));
  }
}
