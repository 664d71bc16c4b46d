import { FLOW_FIELDS, SIDE_FIELDS, type FlowFieldName, type SideFieldName } from '../../src/domain/flow/fields.js';
import type { Flow, FlowFieldNames } from '../../src/domain/flow/flow.js';

/** A value of a field: text and addresses as strings, small integers as numbers, counters as exact integers. */
export type Value = string | number | bigint;

/** Fields of a flow by name: the stored ones, each side's, and those derived from both. */
export type Values = Readonly<Record<FlowFieldNames, Value>>;

/** Names of all that can be read of a flow. */
export const FLOW_VALUE_NAMES: readonly FlowFieldNames[] = [
  ...(Object.keys(FLOW_FIELDS) as FlowFieldName[]),
  ...(Object.keys(SIDE_FIELDS) as SideFieldName[]).flatMap((name): FlowFieldNames[] => [
    `${name}FromSourceNode`,
    `${name}FromDestinationNode`,
    ...(name === 'flowEndSeconds' ? [] : [name]),
  ]),
];

/** Everything that can be read of a flow, as it is now. */
export function valuesOf(flow: Pick<Flow, FlowFieldNames>): Values {
  return Object.fromEntries(FLOW_VALUE_NAMES.map((name) => [name, flow[name]])) as Values;
}
