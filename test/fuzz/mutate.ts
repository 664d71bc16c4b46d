/** Numbers that look like chance and are the same for the same seed. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 to `limit` − 1. */
  below(limit: number): number {
    // Mulberry32.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  /** One of some. */
  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

/** Lengths and ids that sit on a border of some rule. */
const BORDERS = [0, 1, 2, 3, 4, 5, 15, 16, 20, 254, 255, 256, 257, 999, 1024, 0x7fff, 0x8000, 0xfffe, 0xffff];

type Mutation = (bytes: Uint8Array, chance: Chance, others: readonly (readonly Uint8Array[])[]) => Uint8Array;

const flipBits: Mutation = (bytes, chance) => {
  const flipped = bytes.slice();
  for (let flips = 1 + chance.below(8); flips > 0; flips--)
    flipped[chance.below(bytes.length)]! ^= 1 << chance.below(8);
  return flipped;
};

const truncate: Mutation = (bytes, chance) => bytes.slice(0, chance.below(bytes.length));

/** Shorter or longer than it says, with a header that agrees: what lies beneath is wrong then. */
const resize: Mutation = (bytes, chance) => {
  const resized = new Uint8Array(Math.max(16, bytes.length + chance.below(40) - 20));
  resized.set(bytes.subarray(0, resized.length));
  resized[2] = resized.length >>> 8;
  resized[3] = resized.length & 0xff;
  return resized;
};

const editLength: Mutation = (bytes, chance) => {
  const edited = bytes.slice();
  const value = chance.below(4) === 0 ? chance.below(0x1_0000) : chance.of(BORDERS);
  // Even places most of the time: that is where headers have their lengths.
  const at = chance.below(Math.max(1, bytes.length - 1)) & (chance.below(4) === 0 ? ~0 : ~1);
  edited[at] = value >>> 8;
  edited[at + 1] = value & 0xff;
  return edited;
};

const splice: Mutation = (bytes, chance, others) => {
  const other = chance.of(chance.of(others));
  const from = chance.below(other.length);
  const piece = other.subarray(from, from + 1 + chance.below(64));
  const at = chance.below(bytes.length);
  const isOverwriting = chance.below(2) === 0;
  const after = bytes.subarray(isOverwriting ? Math.min(bytes.length, at + piece.length) : at);
  return Uint8Array.from(Buffer.concat([bytes.subarray(0, at), piece, after]));
};

const erase: Mutation = (bytes, chance) => {
  const at = chance.below(bytes.length);
  return Uint8Array.from(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + chance.below(16))]));
};

const MUTATIONS: readonly Mutation[] = [flipBits, truncate, resize, editLength, editLength, splice, erase];

/** A stream with one to three things wrong somewhere in its messages. */
export function mutate(
  stream: readonly Uint8Array[],
  chance: Chance,
  others: readonly (readonly Uint8Array[])[],
): Uint8Array[] {
  const messages = [...stream];
  for (let count = 1 + chance.below(3); count > 0; count--) {
    const at = chance.below(messages.length);
    const bytes = messages[at]!;
    if (bytes.length > 0) messages[at] = chance.of(MUTATIONS)(bytes, chance, others);
  }
  if (chance.below(8) === 0) messages.push(chance.of(chance.of(others)));
  if (chance.below(8) === 0) messages.sort(() => chance.below(3) - 1);
  return messages;
}
