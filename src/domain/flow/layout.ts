import type { Field, FieldKind, FieldTable } from './field.js';
import { COUNTER_FIELDS, FLOW_FIELDS, RECORD_FIELDS, SIDE_FIELDS } from './fields.js';

/** Where a field is in its block: the first word, and for packed integers the bits of that word. */
export interface Slot {
  readonly kind: FieldKind;
  /** Word relative to the start of the block that has the field. */
  readonly word: number;
  /** Bits to shift right after reading the word; 0 for what fills whole words. */
  readonly shift: number;
  /** Mask after the shift; 0xffffffff for what fills whole words. */
  readonly mask: number;
}

/** A slot for every field of a table. */
export type Slots<F extends FieldTable> = { readonly [N in keyof F]: Slot };

/** A block of a row: the slots of its fields and its length in words. */
export interface Block<F extends FieldTable> {
  readonly slots: Slots<F>;
  readonly words: number;
}

const WORDS: Readonly<Record<FieldKind, number>> = {
  endpoint: 4,
  u64: 2,
  u32: 1,
  text: 1,
  address: 1,
  u16: 0.5,
  u8: 0.25,
};
const BITS: Readonly<Record<FieldKind, number>> = {
  endpoint: 32,
  u64: 32,
  u32: 32,
  text: 32,
  address: 32,
  u16: 16,
  u8: 8,
};

/** The order of kinds in a block: what every record reads or changes comes first and shares a cache line. */
const KINDS: readonly (readonly FieldKind[])[] = [['endpoint'], ['u64'], ['u16'], ['u8'], ['u32'], ['text', 'address']];

/**
 * Lays out a table of fields as a block of 32-bit words: fields of one kind together in the table's order, small integers packed,
 * the first of them in the low bits.
 */
export function layOut<F extends FieldTable>(fields: F): Block<F> {
  const slots: Record<string, Slot> = {};
  const entries: [string, Field][] = Object.entries(fields);
  let next = 0;
  for (const kinds of KINDS) {
    next = Math.ceil(next);
    for (const [name, { kind }] of entries) {
      if (!kinds.includes(kind)) continue;
      const word = Math.floor(next);
      slots[name] = { kind, word, shift: (next - word) * 32, mask: 2 ** BITS[kind] - 1 };
      next += WORDS[kind];
    }
  }
  return { slots: slots as Slots<F>, words: Math.ceil(next) };
}

/** The block that records, flows and batches have in common, at the start of their rows. */
export const FLOW_BLOCK = layOut(FLOW_FIELDS);

/** Eight counters, two words each. */
export const COUNTER_BLOCK = layOut(COUNTER_FIELDS);

/** One side of a flow; the counters come first, so that a side begins with a counter block. */
export const SIDE_BLOCK = layOut(SIDE_FIELDS);

/** What only a record has. */
export const RECORD_BLOCK = layOut(RECORD_FIELDS);

/** Rows of records: the common block, a counter block, the record's own block. */
export const RECORD_ROW = {
  counters: FLOW_BLOCK.words,
  own: FLOW_BLOCK.words + COUNTER_BLOCK.words,
  words: FLOW_BLOCK.words + COUNTER_BLOCK.words + RECORD_BLOCK.words,
} as const;

/** Rows of flows, in a table or a batch: the common block, the source Node's side, the destination Node's side, a word of flags. */
export const FLOW_ROW = {
  source: FLOW_BLOCK.words,
  destination: FLOW_BLOCK.words + SIDE_BLOCK.words,
  flags: FLOW_BLOCK.words + 2 * SIDE_BLOCK.words,
  words: FLOW_BLOCK.words + 2 * SIDE_BLOCK.words + 1,
} as const;

/** Words of the common block that refer to byte strings (text and addresses), in ascending order. */
export const REFERENCE_WORDS: readonly number[] = Object.values<Slot>(FLOW_BLOCK.slots)
  .filter(({ kind }) => kind === 'text' || kind === 'address')
  .map(({ word }) => word)
  .sort((a, b) => a - b);
