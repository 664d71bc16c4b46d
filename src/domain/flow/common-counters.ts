import { compareU64 } from './counters.js';
import type { SideFieldName } from './fields.js';
import { FlowFlag } from './flow-flags.js';
import { FLOW_ROW, SIDE_BLOCK } from './layout.js';

/** A counter, throughput or reverse throughput that is derived for the flow as a whole. */
export type CommonCounterName = Exclude<SideFieldName, 'flowEndSeconds'>;

const END = SIDE_BLOCK.slots.flowEndSeconds.word;

/**
 * Word of the side whose report is the later one, of the row at `base`: the destination's if both ends are equal and it has reported
 * (flow-rules.md §5, the common counters).
 */
export function laterSideAt(words: Uint32Array, base: number): number {
  const source = base + FLOW_ROW.source;
  const destination = base + FLOW_ROW.destination;
  const difference = words[source + END]! - words[destination + END]!;
  if (difference !== 0) return difference > 0 ? source : destination;
  return words[base + FLOW_ROW.flags]! & FlowFlag.DestinationReported ? destination : source;
}

/**
 * Word of a common counter of the row at `base`, low word first: a total's larger one of the two sides, anything else's of the later side.
 * Encoders read from there; nothing is copied.
 */
export function commonCounterAt(words: Uint32Array, base: number, name: CommonCounterName): number {
  const { word } = SIDE_BLOCK.slots[name];
  if (!isTotal(name)) return laterSideAt(words, base) + word;
  return largerTotalAt(words, base, word);
}

/** Word of the larger of the two sides' totals; `word` is the total's place in a side. */
export function largerTotalAt(words: Uint32Array, base: number, word: number): number {
  const source = base + FLOW_ROW.source + word;
  const destination = base + FLOW_ROW.destination + word;
  return compareU64(words, source, words, destination) >= 0 ? source : destination;
}

/** Whether a common counter is a total, which takes the larger of the two sides'. */
export function isTotal(name: CommonCounterName): boolean {
  return name.endsWith('TotalCount');
}
