import { KeyedHash } from '../../../domain/table/keyed-hash.js';
import { LABELS, LABELS_ENTRY, tagOf, WireType } from './flow-messages.js';
import { ProtobufError } from './protobuf-error.js';
import { isText } from './utf8.js';
import { Wire } from './wire.js';

/** Sets of labels that are remembered: a power of two, more than a large cluster has in use. */
const SLOTS = 16_384;

/** Octets of labels and their text that are worth remembering: with all slots full, 32 MiB. */
const WORTH_KEEPING = 2048;

const ENTRY_TAG = tagOf(LABELS.labels, WireType.Bytes);
const KEY_TAG = tagOf(LABELS_ENTRY.key, WireType.Bytes);
const VALUE_TAG = tagOf(LABELS_ENTRY.value, WireType.Bytes);

/** A byte order mark at a text's beginning is a part of it. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

const encoder = new TextEncoder();

/** Labels as they came, and what was made of them. */
interface Known {
  readonly octets: Uint8Array;
  readonly json: Uint8Array;
}

/**
 * Turns messages Labels into the JSON text of flow-rules.md §7: keys sorted, no spaces.
 *
 * What was turned lately is remembered by its octets, since the same Pods' labels come again with every record.
 */
export class LabelsText {
  readonly #hash: KeyedHash;
  /** Each set of labels has one place; a new one takes it from what was there. */
  readonly #known: (Known | undefined)[] = new Array<Known | undefined>(SLOTS).fill(undefined);
  readonly #wire = new Wire();

  /** @param seed two words that nobody outside the process can know: who knew them could make labels take each other's places */
  constructor(seed: readonly [number, number]) {
    this.#hash = new KeyedHash(seed);
  }

  /**
   * The text of the labels between `start` and `end`, in UTF-8; not to be changed.
   *
   * @throws ProtobufError if they are no message Labels
   */
  json(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const slot = this.#hash.bytes(bytes, start, end - start) & (SLOTS - 1);
    const known = this.#known[slot];
    if (known !== undefined && isSame(known.octets, bytes, start, end)) return known.json;
    // Both in memory of their own: a Buffer's slice, or one made of Buffer's pool, would keep alive all that it is cut from.
    const json = encoder.encode(toJson(this.#read(bytes, start, end)));
    const length = end - start;
    if (json.length + length > WORTH_KEEPING) return json;
    const octets = new Uint8Array(length);
    octets.set(bytes.subarray(start, end));
    this.#known[slot] = { octets, json };
    return json;
  }

  #read(bytes: Uint8Array, start: number, end: number): Map<string, string> {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const labels = new Map<string, string>();
    const wire = this.#wire;
    for (let at = start; at < end;) {
      const from = at;
      at = wire.tag(bytes, at, end);
      const tag = wire.low;
      if (tag !== ENTRY_TAG) {
        if (tag >>> 3 === LABELS.labels) throw wrongType('labels', tag, from);
        at = wire.skip(bytes, tag, at, end);
        continue;
      }
      at = wire.length(bytes, at, end);
      const stop = at + wire.low;
      this.#readEntry(bytes, view, at, stop, labels);
      at = stop;
    }
    return labels;
  }

  /** What an entry lacks is empty; of a key that comes again the last value stays. */
  #readEntry(bytes: Uint8Array, view: DataView, start: number, end: number, labels: Map<string, string>): void {
    const wire = this.#wire;
    let key = '';
    let value = '';
    for (let at = start; at < end;) {
      const from = at;
      at = wire.tag(bytes, at, end);
      const tag = wire.low;
      if (tag !== KEY_TAG && tag !== VALUE_TAG) {
        if (tag >>> 3 === LABELS_ENTRY.key || tag >>> 3 === LABELS_ENTRY.value)
          throw wrongType('a key or value of labels', tag, from);
        at = wire.skip(bytes, tag, at, end);
        continue;
      }
      at = wire.length(bytes, at, end);
      const stop = at + wire.low;
      if (!isText(bytes, view, at, stop)) throw new ProtobufError('utf8', at, 'a key or value of labels is not UTF-8');
      const text = decoder.decode(bytes.subarray(at, stop));
      if (tag === KEY_TAG) key = text;
      else value = text;
      at = stop;
    }
    labels.set(key, value);
  }
}

/** In the order of the keys' octets, which is the one in which Go writes maps. */
function toJson(labels: ReadonlyMap<string, string>): string {
  const members = Array.from(labels, ([key, value]) => ({
    octets: encoder.encode(key),
    text: `${JSON.stringify(key)}:${JSON.stringify(value)}`,
  }));
  members.sort((a, b) => Buffer.compare(a.octets, b.octets));
  return `{${members.map(({ text }) => text).join(',')}}`;
}

function isSame(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = known;
  if (length !== end - start) return false;
  for (let i = 0; i < length; i++) if (known[i] !== bytes[start + i]) return false;
  return true;
}

function wrongType(what: string, tag: number, offset: number): ProtobufError {
  return new ProtobufError('wire_type', offset, `${what} has the wire type ${tag & 7}, not ${WireType.Bytes}`);
}
