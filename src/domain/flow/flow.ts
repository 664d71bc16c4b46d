import { commonCounterAt, type CommonCounterName } from './common-counters.js';
import { SIDE_FIELDS, type SideFieldName } from './fields.js';
import { FLOW_BLOCK, FLOW_ROW, SIDE_BLOCK } from './layout.js';
import type { StringTable } from './string-table.js';
import { readU64, viewOf } from './view.js';

type NodeSuffix = 'FromSourceNode' | 'FromDestinationNode';

/** A field of one side, by the Node that reported it: `octetTotalCountFromSourceNode`. */
export type NodeFieldName = `${SideFieldName}${NodeSuffix}`;

/** Accessors of both sides' fields, and of the common ones that follow from them. */
export type SideAccessors = {
  readonly [N in NodeFieldName | CommonCounterName]: N extends `flowEndSeconds${NodeSuffix}` ? number : bigint;
};

/** Everything that can be read of a flow by name. */
export type FlowFieldNames = keyof typeof FLOW_BLOCK.slots | NodeFieldName | CommonCounterName;

class FlowView extends viewOf(FLOW_BLOCK) {
  /** What the row's text and address words refer to. */
  strings: StringTable;

  constructor(strings: StringTable, words: Uint32Array, base: number) {
    super(words, base);
    this.strings = strings;
  }

  override bytesOf(reference: number): Uint8Array {
    return this.strings.bytes(reference);
  }

  override textOf(reference: number): string {
    return reference === 0 ? '' : this.strings.text(reference);
  }
}

/** Word of a side in a flow's row, by the suffix of its fields' names. */
const SIDES: Readonly<Record<NodeSuffix, number>> = {
  FromSourceNode: FLOW_ROW.source,
  FromDestinationNode: FLOW_ROW.destination,
};

for (const name of Object.keys(SIDE_FIELDS) as SideFieldName[]) {
  const { kind, word } = SIDE_BLOCK.slots[name];
  for (const [suffix, side] of Object.entries(SIDES)) {
    Object.defineProperty(FlowView.prototype, name + suffix, {
      get(this: FlowView) {
        const at = this.base + side + word;
        return kind === 'u64' ? readU64(this.words, at) : this.words[at];
      },
    });
  }
  if (name === 'flowEndSeconds') continue;
  Object.defineProperty(FlowView.prototype, name, {
    get(this: FlowView) {
      return readU64(this.words, commonCounterAt(this.words, this.base, name));
    },
  });
}

/**
 * A cursor over a flow's row, in a table or a batch, for readers.
 *
 * `flow.octetTotalCountFromSourceNode` is what the source Node reported; `flow.octetTotalCount`, without a Node in its name, is derived
 * from both sides (flow-rules.md §5, the common counters).
 */
export type Flow = FlowView & SideAccessors;

/** Makes cursors: `new Flow(strings, words, base)`. */
export const Flow = FlowView as new (strings: StringTable, words: Uint32Array, base: number) => Flow;
