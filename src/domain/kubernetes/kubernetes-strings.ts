import { FULL } from '../flow/string-table.js';
import { Dictionary } from '../table/dictionary.js';
import { NONE } from '../table/hash-index.js';
import type { KeyedHash } from '../table/keyed-hash.js';

/** Names, UIDs and labels of 100,000 Pods take about 30 MB; what no cluster has is no longer taken. */
const MAX_BYTES = 2 ** 30;

/** Longest text that flows can have (a field's length has 16 bits in every output); longer ones are left out. */
const LONGEST = 0xffff;

/** A UTF-16 unit takes at most three octets in UTF-8. */
const OCTETS_A_UNIT = 3;

const encoder = new TextEncoder();

/** The texts of Kubernetes' objects, each once: what objects hold are ids. */
export class KubernetesStrings {
  readonly dictionary: Dictionary;
  #scratch = new Uint8Array(4096);

  constructor(hash: KeyedHash) {
    this.dictionary = new Dictionary(hash, MAX_BYTES);
  }

  /** The id of a text, held for the caller; 0 for one that is empty, too long, or for which there is no room. */
  hold(text: string): number {
    const length = this.#encode(text);
    if (length > LONGEST) return 0;
    const id = this.dictionary.intern(this.#scratch, 0, length);
    if (id === FULL) return 0;
    this.dictionary.hold(id);
    return id;
  }

  /** Ends one `hold`. */
  drop(id: number): void {
    this.dictionary.drop(id);
  }

  /** The id of a text if anything has it, else NONE. */
  find(text: string): number {
    const length = this.#encode(text);
    return this.dictionary.lookup(this.#scratch, 0, length);
  }

  /** The text of an id; "" for NONE. */
  text(id: number): string {
    return id === NONE ? '' : this.dictionary.text(id);
  }

  #encode(text: string): number {
    if (text.length * OCTETS_A_UNIT > this.#scratch.length) this.#scratch = new Uint8Array(text.length * OCTETS_A_UNIT);
    return encoder.encodeInto(text, this.#scratch).written;
  }
}
