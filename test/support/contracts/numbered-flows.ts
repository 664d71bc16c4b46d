import { FlowBatch } from '../../../src/domain/batch/flow-batch.js';
import { Flow } from '../../../src/domain/flow/flow.js';
import { FLOW_ROW } from '../../../src/domain/flow/layout.js';
import { aBatch, type FlowValues } from '../a-batch.js';

/** Fields that every output carries. */
export const COMMON_NAMES = [
  'flowStartSeconds',
  'flowEndSeconds',
  'sourceIP',
  'destinationIP',
  'sourceTransportPort',
  'destinationTransportPort',
  'protocolIdentifier',
  'sourcePodName',
  'sourcePodNamespace',
  'destinationPodName',
  'destinationServicePortName',
  'ingressNetworkPolicyName',
  'ingressNetworkPolicyRuleName',
  'ingressNetworkPolicyRuleAction',
] as const;

/** Counters, which not every output carries. */
export const COUNTER_NAMES = [
  'octetTotalCount',
  'packetDeltaCount',
  'reverseOctetTotalCount',
  'octetTotalCountFromSourceNode',
  'octetTotalCountFromDestinationNode',
] as const;

/** A field that a contract compares. */
export type ComparedName = (typeof COMMON_NAMES)[number] | (typeof COUNTER_NAMES)[number];

/** What a flow is told apart by: no two flows of a test have the same destination port. */
export const ID_NAME = 'destinationTransportPort';

/** A flow as text, by the names of its fields; 64-bit numbers have all their digits. */
export type FlowTexts = Readonly<Partial<Record<ComparedName, string>>>;

/** Octets of text that make few flows more than all that kernels hold of them on their way. */
const LARGE = 16_000;

const MANY: FlowValues = {
  sourcePodName: 'client-7d9f',
  sourcePodNamespace: 'shop',
  destinationPodName: 'server-0',
  flowStartSeconds: 1_700_000_000,
  flowEndSeconds: 1_700_000_060,
  octetTotalCountFromSourceNode: 1_234_567n,
  octetTotalCountFromDestinationNode: 1_234_000n,
};

const patterns = new Map<string, FlowBatch>();

function patternOf(rows: number, textOctets: number): FlowBatch {
  const key = `${rows} × ${textOctets}`;
  const known = patterns.get(key);
  if (known) return known;
  const flow = { ...MANY, ingressNetworkPolicyRuleName: 'x'.repeat(textOctets) };
  const one = aBatch([flow]);
  const words = new Uint32Array(rows * FLOW_ROW.words);
  for (let row = 0; row < rows; row++) words.set(one.rows, row * FLOW_ROW.words);
  const made = FlowBatch.of(rows, words, one.stringEnds.length, one.stringEnds, one.stringBytes);
  patterns.set(key, made);
  return made;
}

/** A batch of flows numbered from `first` on, each an object of its own though all look alike. */
export function numbered(first: number, rows: number, { large = false } = {}): FlowBatch {
  const pattern = patternOf(rows, large ? LARGE : 4);
  const words = pattern.rows.slice();
  const flow = new Flow(pattern, words, 0);
  for (let row = 0; row < rows; row++) {
    flow.base = row * FLOW_ROW.words;
    flow[ID_NAME] = first + row;
  }
  return FlowBatch.of(rows, words, pattern.stringEnds.length, pattern.stringEnds, pattern.stringBytes);
}

/** So many batches of so many flows, numbered through from `first` on. */
export function numberedGroup(batches: number, rows: number, { first = 0, large = false } = {}): FlowBatch[] {
  return Array.from({ length: batches }, (_, batch) => numbered(first + batch * rows, rows, { large }));
}

/** Flows of a group that takes long enough for something to happen to it. */
export interface LongGroup {
  readonly batches: FlowBatch[];
  /** How many flows they have. */
  readonly flows: number;
}

/**
 * Four batches, numbered through: if their destination can be held up, few but large flows, more than kernels hold on their way; else many,
 * which take their time.
 */
export function longGroup(canBeHeld: boolean): LongGroup {
  const rows = canBeHeld ? 250 : 1_000;
  return { batches: numberedGroup(4, rows, { large: canBeHeld }), flows: 4 * rows };
}

/** Whole numbers from `from` up to, but not including, `end`. */
export function upTo(end: number, from = 0): number[] {
  return Array.from({ length: end - from }, (_, index) => from + index);
}

const MOST = 2n ** 64n - 1n;

/** Flows whose values are hard to write: the largest numbers, none at all, both families, texts that formats have to quote. */
export function awkwardFlows(): FlowBatch {
  const flows: FlowValues[] = [
    { ...MANY, octetTotalCountFromSourceNode: MOST, packetDeltaCountFromSourceNode: MOST },
    {
      octetTotalCountFromDestinationNode: 2n ** 53n + 1n,
      reverseOctetTotalCountFromDestinationNode: 9_007_199_254_740_993n,
    },
    { flowStartSeconds: 0, flowEndSeconds: 2 ** 32 - 1, sourceTransportPort: 65_535, protocolIdentifier: 255 },
    { sourceIP: '2001:db8::1', destinationIP: 'fe80::2', protocolIdentifier: 58 },
    { sourcePodName: 'a,b;c|d\te', sourcePodNamespace: '"quoted"', destinationPodName: "it's" },
    { sourcePodName: 'line\nbreak\r\nand {"json": [1]}', destinationServicePortName: 'shop/web:http' },
    { sourcePodName: 'Zürich-北京-🌊', ingressNetworkPolicyName: '\\back\\slash', ingressNetworkPolicyRuleAction: 3 },
    { ingressNetworkPolicyRuleName: 'y'.repeat(300), sourcePodName: ' spaces around ' },
  ];
  return aBatch(flows.map((flow, index) => ({ ...flow, [ID_NAME]: index })));
}

/** What an output should say of each flow of a batch, as texts. */
export function textsOf(batch: FlowBatch, names: readonly ComparedName[]): FlowTexts[] {
  return [...batch].map((flow) => Object.fromEntries(names.map((name) => [name, String(flow[name])])));
}
