import type { StringTable } from './string-table.js';

/** A flow's row that can be completed by what is known from elsewhere, whatever its strings are kept in. */
export interface EnrichableRow {
  /** The words that have the row, and where it begins. */
  readonly words: Uint32Array;
  readonly base: number;
  flowType: number;
  flowDirection: number;
  readonly flowStartSeconds: number;
  /** Copies the text or address that a word refers to; how many bytes that were, 64 KiB at most. */
  copyText(word: number, to: Uint8Array): number;
  /** Has a word refer to a string of another table from now on. Where that does not fit, the word stays as it is. */
  putText(word: number, from: StringTable, id: number): void;
}
