import { FlowBatch } from '../../src/domain/batch/flow-batch.js';
import { SIDE_FIELDS, type FLOW_FIELDS, type SideFieldName } from '../../src/domain/flow/fields.js';
import type { Flow, NodeFieldName } from '../../src/domain/flow/flow.js';
import { FlowFlag } from '../../src/domain/flow/flow-flags.js';
import { FLOW_BLOCK, FLOW_ROW, SIDE_BLOCK, type Slot } from '../../src/domain/flow/layout.js';
import { fillField, type FieldValue } from './fill-row.js';

/** Fields of a flow by name, each side's with the Node in their names; what is not given is at its default. */
export type FlowValues = Partial<Record<keyof typeof FLOW_FIELDS | NodeFieldName, FieldValue>>;

/** What a flow of a test has unless it says otherwise. */
const DEFAULTS: FlowValues = {
  sourceIP: '10.0.0.1',
  destinationIP: '10.0.0.2',
  sourceTransportPort: 40_000,
  destinationTransportPort: 80,
  protocolIdentifier: 6,
};

const SLOTS = new Map<string, { slot: Slot; block: number; reported?: number }>([
  ...Object.entries<Slot>(FLOW_BLOCK.slots).map(([name, slot]) => [name, { slot, block: 0 }] as const),
  ...(Object.keys(SIDE_FIELDS) as SideFieldName[]).flatMap((name) => {
    const slot = SIDE_BLOCK.slots[name];
    return [
      [`${name}FromSourceNode`, { slot, block: FLOW_ROW.source, reported: FlowFlag.SourceReported }],
      [`${name}FromDestinationNode`, { slot, block: FLOW_ROW.destination, reported: FlowFlag.DestinationReported }],
    ] as const;
  }),
]);

/** A batch of flows with these fields. A side that any field names has reported. */
export function aBatch(flows: readonly FlowValues[]): FlowBatch {
  const rows = new Uint32Array(flows.length * FLOW_ROW.words);
  const ids = new Map<string, number>();
  const bytes: number[] = [];
  const ends = [0];
  const keep = (text: Uint8Array): number => {
    if (text.length === 0) return 0;
    const known = ids.get(text.join());
    if (known !== undefined) return known;
    bytes.push(...text);
    ids.set(text.join(), ends.length);
    return ends.push(bytes.length) - 1;
  };
  for (const [index, flow] of flows.entries()) {
    const base = index * FLOW_ROW.words;
    rows[base + FLOW_ROW.flags]! |= FlowFlag.Live;
    for (const [name, value] of Object.entries({ ...DEFAULTS, ...flow })) {
      const place = SLOTS.get(name);
      if (!place) throw new Error(`a flow has no field ${name}`);
      fillField(rows, base + place.block, place.slot, value, keep);
      rows[base + FLOW_ROW.flags]! |= place.reported ?? 0;
    }
  }
  return FlowBatch.of(flows.length, rows, ends.length, Uint32Array.from(ends), Uint8Array.from(bytes));
}

/** One flow with these fields: a batch of one row. */
export function aFlow(flow: FlowValues = {}): Flow {
  return aBatch([flow]).at(0);
}
