import { RuleAction } from '../../domain/flow/enumerations.js';
import { FLOW_BLOCK, type Slot } from '../../domain/flow/layout.js';
import type { RowFilter } from '../formats/csv/csv-encoder.js';
import type { ActionName, FlowLogFilter } from './options.js';

const { ingressNetworkPolicyRuleAction: INGRESS, egressNetworkPolicyRuleAction: EGRESS } = FLOW_BLOCK.slots;

/** Actions that have a name, and one number more that stands for all others: these are in no list but the empty one. */
const ACTIONS = Object.keys(RuleAction).length + 1;
const OTHER = ACTIONS - 1;

/**
 * What decides which rows are logged: one look at a table of all pairs of actions, whatever the number of filters. Undefined if every row
 * is.
 */
export function rowFilter(filters: readonly FlowLogFilter[]): RowFilter | undefined {
  if (filters.length === 0) return undefined;
  const matching = new Uint8Array(ACTIONS * ACTIONS);
  for (const { ingressNetworkPolicyRuleActions, egressNetworkPolicyRuleActions } of filters)
    for (const ingress of numbersOf(ingressNetworkPolicyRuleActions))
      for (const egress of numbersOf(egressNetworkPolicyRuleActions)) matching[ingress * ACTIONS + egress] = 1;
  return (rows, base) => matching[actionAt(rows, base, INGRESS) * ACTIONS + actionAt(rows, base, EGRESS)] === 1;
}

function numbersOf(names: readonly ActionName[]): number[] {
  if (names.length > 0) return names.map((name) => RuleAction[name]);
  return Array.from({ length: ACTIONS }, (_, number) => number);
}

function actionAt(rows: Uint32Array, base: number, { word, shift, mask }: Slot): number {
  return Math.min((rows[base + word]! >>> shift) & mask, OTHER);
}
