import { formatAddress, wordsToAddress } from './address.js';
import type { FieldKind, FieldTable } from './field.js';
import type { Block, Slot } from './layout.js';

/** What an accessor of a kind of field returns. */
interface ValueOfKind {
  endpoint: string;
  u8: number;
  u16: number;
  u32: number;
  u64: bigint;
  text: string;
  address: string;
}

/** The kinds that are plain numbers: their accessors can be assigned to. */
type NumberKind = 'u8' | 'u16' | 'u32';

/** Accessors of a table's fields. */
export type ViewOf<F extends FieldTable> = {
  -readonly [N in keyof F as F[N]['kind'] extends NumberKind ? N : never]: number;
} & {
  readonly [N in keyof F as F[N]['kind'] extends NumberKind ? never : N]: ValueOfKind[F[N]['kind']];
};

/**
 * A cursor over a row of 32-bit words. Moving it costs two assignments; it owns nothing and allocates nothing.
 * Text and addresses are made when they are read.
 */
export abstract class RowView {
  /** The words that have the row. */
  words: Uint32Array;
  /** Where in `words` the row begins. */
  base: number;

  constructor(words: Uint32Array, base: number) {
    this.words = words;
    this.base = base;
  }

  /** The bytes a reference stands for; the empty array for 0. Valid as long as the row is. */
  abstract bytesOf(reference: number): Uint8Array;

  /** The text a reference stands for; "" for 0. */
  abstract textOf(reference: number): string;
}

/** Reads an exact 64-bit number from two words, low word first. For readers; rules use `Counters`. */
export function readU64(words: Uint32Array, at: number): bigint {
  return (BigInt(words[at + 1]!) << 32n) | BigInt(words[at]!);
}

/**
 * A class of cursors with one accessor for each field of a block that begins at the cursor's base.
 * Numbers can be read and assigned, everything else only read.
 */
export function viewOf<F extends FieldTable>(
  block: Block<F>,
): abstract new (words: Uint32Array, base: number) => RowView & ViewOf<F> {
  abstract class View extends RowView {}
  for (const [name, slot] of Object.entries<Slot>(block.slots)) {
    Object.defineProperty(View.prototype, name, {
      configurable: true,
      enumerable: true,
      ...accessors[slot.kind](slot),
    });
  }
  return View as unknown as abstract new (words: Uint32Array, base: number) => RowView & ViewOf<F>;
}

type Accessors = PropertyDescriptor & ThisType<RowView>;

const word = ({ word: at }: Slot): Accessors => ({
  get() {
    return this.words[this.base + at];
  },
  set(value: number) {
    this.words[this.base + at] = value;
  },
});

const packed = ({ word: at, shift, mask }: Slot): Accessors => ({
  get() {
    return (this.words[this.base + at]! >>> shift) & mask;
  },
  set(value: number) {
    const index = this.base + at;
    this.words[index] = (this.words[index]! & ~(mask << shift)) | ((value & mask) << shift);
  },
});

const accessors: Readonly<Record<FieldKind, (slot: Slot) => Accessors>> = {
  u8: packed,
  u16: packed,
  u32: word,
  u64: ({ word: at }) => ({
    get() {
      return readU64(this.words, this.base + at);
    },
  }),
  endpoint: ({ word: at }) => ({
    get() {
      return formatAddress(wordsToAddress(this.words, this.base + at));
    },
  }),
  text: ({ word: at }) => ({
    get() {
      return this.textOf(this.words[this.base + at]!);
    },
  }),
  address: ({ word: at }) => ({
    get() {
      return formatAddress(this.bytesOf(this.words[this.base + at]!));
    },
  }),
};
