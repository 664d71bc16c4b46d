import { LONGEST_ADDRESS } from '../text/addresses.js';
import { LONGEST_U64, OVERHANG } from '../text/digits.js';
import { exportedElements, type ElementChoice, type Family } from '../ipfix/encode/exported-elements.js';
import { Operation, stepsOf } from '../ipfix/encode/record-plan.js';
import type { InformationElement } from '../ipfix/information-elements.js';

/** What one step writes after its key. Its word counts from the row's beginning, unless it says from a side's. */
export const ValueKind = {
  U8: 0,
  U16: 1,
  U32: 2,
  U64: 3,
  /** A u64 of the side whose report is the later one; the word counts from the side's. */
  U64OfLaterSide: 4,
  /** The larger of the two sides' u64; the word counts from the side's. */
  LargerU64: 5,
  Text: 6,
  /** The last word of an IPv4 address of the flow's key. */
  KeyAddress4: 7,
  /** The first of the four words of an address of the flow's key. */
  KeyAddress16: 8,
  /** An IPv4 address that is referred to; "0.0.0.0" if there is none of that family. */
  Address4: 9,
  /** An IPv6 address, likewise; else "::". */
  Address16: 10,
  /** An address of any family; "" if there is none. */
  AddressOrNothing: 11,
} as const;

type Kind = (typeof ValueKind)[keyof typeof ValueKind];

/** How to write flows of a family as lines: a step for each element, its value after its key. */
export interface LinePlan {
  readonly kinds: Uint8Array;
  /** Word of each step. */
  readonly words: Uint16Array;
  /** Bits to shift a step's word to the right. */
  readonly shifts: Uint8Array;
  /** What stands before each value: the end of the one before, and the key. One after another, each from a multiple of KEY_STRIDE on. */
  readonly keys: DataView;
  /** Where each key begins and how long it is. */
  readonly keyStarts: Uint16Array;
  readonly keyLengths: Uint16Array;
  /** What stands after the last value, up to the time. */
  readonly end: Uint8Array;
  /** Bytes that a line takes at most without its texts and the time, and what may be overwritten behind it. */
  readonly leastBytes: number;
  /** Words of the row that refer to the texts of a line. */
  readonly textWords: readonly number[];
}

const KINDS = new Map<number, Kind>([
  [Operation.U8, ValueKind.U8],
  [Operation.U16, ValueKind.U16],
  [Operation.U32, ValueKind.U32],
  [Operation.U64, ValueKind.U64],
  [Operation.U64OfLaterSide, ValueKind.U64OfLaterSide],
  [Operation.LargerU64, ValueKind.LargerU64],
  [Operation.Text, ValueKind.Text],
  [Operation.Address4, ValueKind.Address4],
  [Operation.Address16, ValueKind.Address16],
  [Operation.AddressText, ValueKind.AddressOrNothing],
  // As a text a UID need not be a UUID: that of a static Pod has no dashes.
  [Operation.Uuid, ValueKind.Text],
]);

const encoder = new TextEncoder();

/** Keys are copied so many bytes at a time, as numbers with 64 bits: a quarter of a line's time less than with 32. */
export const KEY_STRIDE = 8;

/** Bytes that may be overwritten behind a line, by the last key that is copied or by digits. */
const ROOM_BEHIND = Math.max(KEY_STRIDE, OVERHANG);

/** DEL, the one ASCII character that could make a key's bytes a NaN, of which copying keeps no bits. */
const DEL = /\x7f/g;

/**
 * Compiles the elements that the IPFIX exporter sends, as the members of an object.
 *
 * @param clusterId what the element clusterId says, the same in each line
 */
export function planLines(family: Family, choice: ElementChoice, clusterId: string): LinePlan {
  const kinds: Kind[] = [];
  const words: number[] = [];
  const shifts: number[] = [];
  const keys: Uint8Array[] = [];
  let before = '{"ipfix":{';
  for (const element of exportedElements(family, choice)) {
    const [operation, word, shift = 0] = stepsOf(element, family)[0]!;
    const key = `${before}"${element.name}":`;
    if (operation === Operation.Constant) {
      before = `${key}${constantText(clusterId)},`;
      continue;
    }
    const kind = kindOf(element, operation);
    const quote = kind >= ValueKind.Text ? '"' : '';
    kinds.push(kind);
    words.push(word);
    shifts.push(shift);
    keys.push(encoder.encode(key + quote));
    before = `${quote},`;
  }
  return {
    kinds: Uint8Array.from(kinds),
    words: Uint16Array.from(words),
    shifts: Uint8Array.from(shifts),
    ...concatenated(keys),
    end: encoder.encode(`${before.replace(/,$/, '')}},"@timestamp":"`),
    leastBytes: keys.reduce((sum, { length }) => sum + length + Math.max(LONGEST_U64, LONGEST_ADDRESS), ROOM_BEHIND),
    textWords: words.filter((_, step) => kinds[step] === ValueKind.Text),
  };
}

function kindOf({ type }: InformationElement, operation: number): Kind {
  // Addresses of the key are numbers for IPFIX.
  if (operation === Operation.U32 && type === 'ipv4Address') return ValueKind.KeyAddress4;
  if (operation === Operation.U32 && type === 'ipv6Address') return ValueKind.KeyAddress16;
  return KINDS.get(operation)!;
}

/** A text as JSON, of which a part may become a key's. */
function constantText(text: string): string {
  return JSON.stringify(text).replace(DEL, String.raw`\u007f`);
}

function concatenated(keys: readonly Uint8Array[]): Pick<LinePlan, 'keys' | 'keyStarts' | 'keyLengths'> {
  const starts: number[] = [];
  let end = 0;
  for (const { length } of keys) {
    starts.push(end);
    end += KEY_STRIDE * Math.ceil(length / KEY_STRIDE);
  }
  const bytes = new Uint8Array(end);
  for (const [i, key] of keys.entries()) bytes.set(key, starts[i]);
  return {
    keys: new DataView(bytes.buffer),
    keyStarts: Uint16Array.from(starts),
    keyLengths: Uint16Array.from(keys, ({ length }) => length),
  };
}
