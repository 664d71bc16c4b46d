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
  /** Bytes at the beginning of the next chunk that are escaped: 1 or none. */
  #escaped = 0;
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
    // All of it is looked at byte by byte, and fields of the object would cost more than the bytes.
    let place = this.#place;
    let depth = this.#depth;
    let isInText = this.#isInText;
    let index = this.#escaped;
    for (; index < chunk.length; index++) {
      const byte = chunk[index]!;
      if (isInText) {
        if (byte === BACKSLASH) index++;
        else if (byte === QUOTE) isInText = false;
        continue;
      }
      if (place === Place.BetweenItems) {
        if (byte <= SPACE || byte === COMMA) continue;
        start = index;
        place = byte === CLOSE_LIST ? Place.Envelope : Place.Item;
      }
      if (byte === QUOTE) isInText = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        depth++;
        if (depth !== 2 || byte !== OPEN_LIST || place !== Place.Envelope) continue;
        if (!this.#isItemsKey(chunk.subarray(start, index))) continue;
        this.#envelope.add(chunk.subarray(start, index + 1));
        place = Place.BetweenItems;
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        if (place === Place.Item && depth === 2) {
          // The list's end, right after a number or the like.
          this.#endItem(chunk.subarray(start, index));
          place = Place.Envelope;
          start = index;
        }
        depth--;
        if (place !== Place.Item || depth !== 2) continue;
        this.#endItem(chunk.subarray(start, index + 1));
        place = Place.BetweenItems;
      } else if (byte === COMMA && depth === 2 && place === Place.Item) {
        this.#endItem(chunk.subarray(start, index));
        place = Place.BetweenItems;
      }
    }
    // Beyond the chunk if its last byte is a backslash.
    this.#escaped = index - chunk.length;
    this.#place = place;
    this.#depth = depth;
    this.#isInText = isInText;
    if (place !== Place.BetweenItems) (place === Place.Item ? this.#item : this.#envelope).add(chunk.subarray(start));
  }

  /** The list without its items, as JSON, once all bytes were written. */
  envelope(): string {
    return this.#envelope.take(Buffer.alloc(0));
  }

  #isItemsKey(rest: Buffer): boolean {
    const tail = rest.subarray(-TAIL_BYTES).toString('latin1');
    return ITEMS_KEY.test(this.#envelope.tail(TAIL_BYTES) + tail);
  }

  #endItem(bytes: Buffer): void {
    this.#onItem(this.#item.take(bytes));
  }
}
