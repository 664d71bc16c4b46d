import type { EnrichableRow } from '../flow/enrichable-row.js';
import { FLOW_BLOCK } from '../flow/layout.js';

const { slots } = FLOW_BLOCK;

/** Where a flow's row has what belongs to one end of the connection. */
export interface SideWords {
  /** Tells the ends apart in a set. */
  readonly bit: number;
  /** The first of the address's four words. */
  readonly address: number;
  readonly podName: number;
  readonly podNamespace: number;
  readonly podUID: number;
  readonly podLabels: number;
  readonly nodeName: number;
  readonly nodeUID: number;
}

/** The end that opened the connection. */
export const SOURCE: SideWords = {
  bit: 1,
  address: slots.sourceIP.word,
  podName: slots.sourcePodName.word,
  podNamespace: slots.sourcePodNamespace.word,
  podUID: slots.sourcePodUID.word,
  podLabels: slots.sourcePodLabels.word,
  nodeName: slots.sourceNodeName.word,
  nodeUID: slots.sourceNodeUID.word,
};

/** The end that accepted it. */
export const DESTINATION: SideWords = {
  bit: 2,
  address: slots.destinationIP.word,
  podName: slots.destinationPodName.word,
  podNamespace: slots.destinationPodNamespace.word,
  podUID: slots.destinationPodUID.word,
  podLabels: slots.destinationPodLabels.word,
  nodeName: slots.destinationNodeName.word,
  nodeUID: slots.destinationNodeUID.word,
};

/** Whether the row says which Pod is at an end. */
export function isNamed(row: EnrichableRow, { podName }: SideWords): boolean {
  return row.words[row.base + podName] !== 0;
}
