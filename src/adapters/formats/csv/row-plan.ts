import { isTotal, type CommonCounterName } from '../../../domain/flow/common-counters.js';
import type { FlowFieldNames } from '../../../domain/flow/flow.js';
import { FLOW_BLOCK, FLOW_ROW, SIDE_BLOCK, type Slot } from '../../../domain/flow/layout.js';
import { LONGEST_ADDRESS } from '../text/addresses.js';
import { LONGEST_U64, OVERHANG } from '../text/digits.js';
import { namesOfField } from './names.js';
import { AROUND_TEXT, fieldBytes } from './texts.js';

/**
 * A column: a field of a flow by its name, such a text between two characters (inside of the quotes that it may need), or a text that is
 * the same in each row.
 */
export type CsvColumn =
  FlowFieldNames | { readonly field: FlowFieldNames; readonly between: string } | { readonly constant: string };

/** What one step of a plan writes. Its word counts from the row's beginning, unless it says from a side's. */
export const Operation = {
  /** A number in a part of a word: shifted, masked. */
  Small: 0,
  U32: 1,
  U64: 2,
  /** A u64 of the side whose report is the later one; the word counts from the side's. */
  U64OfLaterSide: 3,
  /** The larger of the two sides' u64; the word counts from the side's. */
  LargerU64: 4,
  Text: 5,
  /** An address of four words. */
  Endpoint: 6,
  /** An address that is referred to; none is empty. */
  Address: 7,
  /** The name of a number in a part of a word. */
  Name: 8,
  /** The only name of its table. */
  Constant: 9,
} as const;

type OperationCode = (typeof Operation)[keyof typeof Operation];

/** Texts of a table, one after another; the first ends where the second begins. */
export interface NameTable {
  readonly view: DataView;
  readonly starts: Uint16Array;
}

/** How to write rows: a step for each column. */
export interface RowPlan {
  readonly operations: Uint8Array;
  /** Word of each step. */
  readonly words: Uint16Array;
  /** Bits to shift a step's word to the right. */
  readonly shifts: Uint8Array;
  /** Mask after the shift. */
  readonly masks: Uint32Array;
  /** Code of the character around each step's text; 0 for none. */
  readonly between: Uint8Array;
  /** Table of each step that has one. */
  readonly tables: readonly (NameTable | undefined)[];
  /** Bytes of the longest row without its texts, and what may be overwritten behind it. */
  readonly mostBytes: number;
}

/** How numbers with names are written. */
export interface RowOptions {
  /** Whether protocols, actions and kinds of policies are written as names. */
  readonly prettyPrint: boolean;
}

interface Step {
  readonly operation: OperationCode;
  readonly word: number;
  readonly shift?: number;
  readonly mask?: number;
  readonly between?: number;
  readonly table?: NameTable;
  readonly mostBytes: number;
}

/**
 * Compiles a list of columns.
 *
 * @throws RangeError if a field that is no text is to be between two characters
 */
export function planRows(columns: readonly CsvColumn[], options: RowOptions): RowPlan {
  const steps = columns.map((column) => stepOf(column, options));
  return {
    operations: Uint8Array.from(steps, ({ operation }) => operation),
    words: Uint16Array.from(steps, ({ word }) => word),
    shifts: Uint8Array.from(steps, ({ shift }) => shift ?? 0),
    masks: Uint32Array.from(steps, ({ mask }) => mask ?? 0),
    between: Uint8Array.from(steps, ({ between }) => between ?? 0),
    tables: steps.map(({ table }) => table),
    mostBytes: steps.reduce((sum, { mostBytes }) => sum + mostBytes + 1, OVERHANG),
  };
}

function stepOf(column: CsvColumn, { prettyPrint }: RowOptions): Step {
  if (typeof column === 'string') return stepOfField(column, prettyPrint);
  if ('constant' in column) return tableStep(Operation.Constant, [column.constant], { word: 0, shift: 0, mask: 0 });
  const step = stepOfField(column.field, prettyPrint);
  if (step.operation !== Operation.Text) throw new RangeError(`${column.field} is no text`);
  return { ...step, between: column.between.charCodeAt(0) };
}

const flowSlots = new Map<string, Slot>(Object.entries(FLOW_BLOCK.slots));
const sideSlots = new Map<string, Slot>(Object.entries(SIDE_BLOCK.slots));

const SIDES = new Map([
  ['FromSourceNode', FLOW_ROW.source],
  ['FromDestinationNode', FLOW_ROW.destination],
]);

function stepOfField(name: FlowFieldNames, prettyPrint: boolean): Step {
  const slot = flowSlots.get(name);
  if (slot) {
    const names = prettyPrint ? namesOfField(name) : undefined;
    return names ? tableStep(Operation.Name, names, slot) : stepOfSlot(slot, 0);
  }
  const [, field, side] = /^(.+?)(From\w+Node)?$/.exec(name)!;
  const sideSlot = sideSlots.get(field!)!;
  if (side !== undefined) return stepOfSlot(sideSlot, SIDES.get(side)!);
  const operation = isTotal(name as CommonCounterName) ? Operation.LargerU64 : Operation.U64OfLaterSide;
  return { operation, word: sideSlot.word, mostBytes: LONGEST_U64 };
}

function stepOfSlot({ kind, word, shift, mask }: Slot, block: number): Step {
  const at = block + word;
  switch (kind) {
    case 'u8':
    case 'u16':
      return { operation: Operation.Small, word: at, shift, mask, mostBytes: LONGEST_U64 };
    case 'u32':
      return { operation: Operation.U32, word: at, mostBytes: LONGEST_U64 };
    case 'u64':
      return { operation: Operation.U64, word: at, mostBytes: LONGEST_U64 };
    case 'endpoint':
      return { operation: Operation.Endpoint, word: at, mostBytes: LONGEST_ADDRESS };
    case 'address':
      return { operation: Operation.Address, word: at, mostBytes: LONGEST_ADDRESS };
    case 'text':
      return { operation: Operation.Text, word: at, mostBytes: AROUND_TEXT };
  }
}

function tableStep(
  operation: OperationCode,
  names: readonly string[],
  { word, shift, mask }: Pick<Slot, 'word' | 'shift' | 'mask'>,
): Step {
  const fields = names.map(fieldBytes);
  const table = { view: new DataView(new ArrayBuffer(sum(fields))), starts: new Uint16Array(names.length + 1) };
  const bytes = new Uint8Array(table.view.buffer);
  for (const [index, field] of fields.entries()) {
    bytes.set(field, table.starts[index]);
    table.starts[index + 1] = table.starts[index]! + field.length;
  }
  return { operation, word, shift, mask, table, mostBytes: Math.max(...fields.map(({ length }) => length)) };
}

function sum(fields: readonly Uint8Array[]): number {
  return fields.reduce((total, { length }) => total + length, 0);
}
