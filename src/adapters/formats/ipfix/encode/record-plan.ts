import { isTotal, type CommonCounterName } from '../../../../domain/flow/common-counters.js';
import { FLOW_BLOCK, FLOW_ROW, SIDE_BLOCK, type Slot } from '../../../../domain/flow/layout.js';
import { VARIABLE_LENGTH, type InformationElement } from '../information-elements.js';
import type { Family } from './exported-elements.js';

/** What one step of a plan writes. Its word counts from the row's beginning, unless it says from a side's. */
export const Operation = {
  /** A u8, u16 or u32 of a word that may hold several. */
  U8: 0,
  U16: 1,
  U32: 2,
  /** A u64, low word first in the row. */
  U64: 3,
  /** A u64 of the side whose report is the later one; the word counts from the side's. */
  U64OfLaterSide: 4,
  /** The larger of the two sides' u64; the word counts from the side's. */
  LargerU64: 5,
  /** A text, with its length before it (RFC 7011 §7). */
  Text: 6,
  /** An address of 4 bytes; zeros if there is none of that family. */
  Address4: 7,
  /** An address of 16 bytes, likewise. */
  Address16: 8,
  /** An address as text, with its length before it. */
  AddressText: 9,
  /** A UUID's 16 bytes; zeros if there is none. */
  Uuid: 10,
  /** Bytes that are the same in each record. */
  Constant: 11,
} as const;

type OperationCode = (typeof Operation)[keyof typeof Operation];

/** How to write records of a template: a step for each element or part of one, in runs of steps of one operation. */
export interface RecordPlan {
  /** Operation of each run. */
  readonly operations: Uint8Array;
  /** Steps of each run. */
  readonly runs: Uint8Array;
  /** Word of each step. */
  readonly words: Uint16Array;
  /** Bits to shift a step's word to the right. */
  readonly shifts: Uint8Array;
  /** What `Operation.Constant` writes. */
  readonly constant: DataView;
  /** Bytes of a record without any text. */
  readonly leastBytes: number;
  /** Words of the row that refer to the texts a record contains. */
  readonly textWords: readonly number[];
}

/** One step: what it writes, of which word, and how far that is shifted to the right. */
export type Step = readonly [operation: OperationCode, word: number, shift?: number];

const flowSlots = new Map<string, Slot>(Object.entries(FLOW_BLOCK.slots));
const sideSlots = new Map<string, Slot>(Object.entries(SIDE_BLOCK.slots));

const SIDE_WORDS = new Map([
  ['FromSourceNode', FLOW_ROW.source],
  ['FromDestinationNode', FLOW_ROW.destination],
]);

/** Elements whose names differ from their fields' in more than the address family and the spelling of UID. */
const FIELD_OF_ELEMENT: Readonly<Record<string, string>> = {
  originalObservationDomainId: 'observationDomainId',
  originalExporterIPv4Address: 'exporterIP',
  originalExporterIPv6Address: 'exporterIP',
};

const CONSTANT_ELEMENT = 'clusterId';

/**
 * Compiles the elements of a template.
 *
 * @param clusterId what the element clusterId says, the same in each record
 * @throws RangeError if an element is not of a flow
 */
export function planRecords(elements: readonly InformationElement[], family: Family, clusterId: string): RecordPlan {
  const steps = elements.flatMap((element) => stepsOf(element, family));
  const constant = withLength(new TextEncoder().encode(clusterId));
  const fixed = elements.map(({ name, length }) => {
    if (name === CONSTANT_ELEMENT) return constant.length;
    return length === VARIABLE_LENGTH ? 1 : length;
  });
  const runs: { readonly operation: OperationCode; steps: number }[] = [];
  for (const [operation] of steps) {
    const last = runs.at(-1);
    if (last?.operation === operation && operation !== Operation.Constant) last.steps++;
    else runs.push({ operation, steps: 1 });
  }
  return {
    operations: Uint8Array.from(runs, ({ operation }) => operation),
    runs: Uint8Array.from(runs, (run) => run.steps),
    words: Uint16Array.from(steps, ([, word]) => word),
    shifts: Uint8Array.from(steps, ([, , shift]) => shift ?? 0),
    constant: new DataView(constant.buffer),
    leastBytes: fixed.reduce((sum, length) => sum + length, 0),
    textWords: steps.filter(([operation]) => operation === Operation.Text).map(([, word]) => word),
  };
}

/**
 * The steps that write an element: one, but for an address of the flow's key, whose words are written one by one.
 *
 * @throws RangeError if the element is not of a flow
 */
export function stepsOf({ name, length }: InformationElement, family: Family): Step[] {
  if (name === CONSTANT_ELEMENT) return [[Operation.Constant, 0]];
  const flowSlot = flowSlots.get(fieldOf(name));
  if (flowSlot) return flowSteps(flowSlot, name, length, family);
  const [, field, side] = /^(.+?)(From\w+Node)?$/.exec(name)!;
  const slot = sideSlots.get(field!);
  if (!slot) throw new RangeError(`a flow has nothing for the information element "${name}"`);
  if (side !== undefined) {
    return [[slot.kind === 'u64' ? Operation.U64 : Operation.U32, SIDE_WORDS.get(side)! + slot.word]];
  }
  const larger = isTotal(name as CommonCounterName);
  return [[larger ? Operation.LargerU64 : Operation.U64OfLaterSide, slot.word]];
}

function fieldOf(name: string): string {
  return FIELD_OF_ELEMENT[name] ?? name.replace(/IPv[46](Address)?$/, 'IP').replace(/UUID$/, 'UID');
}

function flowSteps({ kind, word, shift }: Slot, name: string, length: number, family: Family): Step[] {
  switch (kind) {
    case 'u8':
      return [[Operation.U8, word, shift]];
    case 'u16':
      return [[Operation.U16, word, shift]];
    case 'u32':
      return [[Operation.U32, word]];
    case 'u64':
      return [[Operation.U64, word]];
    case 'endpoint':
      // ::ffff:a.b.c.d ends with the IPv4 address.
      return (family === 'IPv4' ? [3] : [0, 1, 2, 3]).map((i) => [Operation.U32, word + i]);
    case 'address':
      if (length === VARIABLE_LENGTH) return [[Operation.AddressText, word]];
      return [[length === 4 ? Operation.Address4 : Operation.Address16, word]];
    case 'text':
      return [[name.endsWith('UUID') ? Operation.Uuid : Operation.Text, word]];
  }
}

/** Bytes after the length that tells a collector how many they are (RFC 7011 §7). */
function withLength(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = bytes;
  return Uint8Array.from(length < 255 ? [length, ...bytes] : [255, length >>> 8, length & 0xff, ...bytes]);
}
