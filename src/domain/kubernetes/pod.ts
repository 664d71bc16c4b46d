import type { StringTable } from '../flow/string-table.js';
import { viewOf } from '../flow/view.js';
import { POD_BLOCK } from './pod-fields.js';

/** A cursor over the row of a Pod: texts are made when they are read. Valid until the store is asked or told something else. */
export class Pod extends viewOf(POD_BLOCK) {
  readonly #strings: StringTable;

  constructor(strings: StringTable, words: Uint32Array, base: number) {
    super(words, base);
    this.#strings = strings;
  }

  override bytesOf(id: number): Uint8Array {
    return this.#strings.bytes(id);
  }

  override textOf(id: number): string {
    return id === 0 ? '' : this.#strings.text(id);
  }

  /** The id of a text field, in the metadata's dictionary. */
  id(field: 'name' | 'namespace' | 'uid' | 'labels' | 'nodeName'): number {
    return this.words[this.base + POD_BLOCK.slots[field].word]!;
  }
}
