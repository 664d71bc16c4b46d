import type { EnrichableRow } from '../flow/enrichable-row.js';
import { FlowDirection, FlowType } from '../flow/enumerations.js';
import { DESTINATION, isNamed, SOURCE } from './side-words.js';

/** Which way the Node that reported a record saw the connection, by the Pods that it names (flow-rules.md §8). */
export function directionOf(row: EnrichableRow): number {
  const source = isNamed(row, SOURCE);
  const destination = isNamed(row, DESTINATION);
  switch (row.flowType) {
    case FlowType.InterNode:
      if (source === destination) return FlowDirection.Unknown;
      return source ? FlowDirection.Egress : FlowDirection.Ingress;
    case FlowType.ToExternal:
      return source ? FlowDirection.Egress : FlowDirection.Unknown;
    case FlowType.FromExternal:
      return destination ? FlowDirection.Ingress : FlowDirection.Unknown;
    default:
      return FlowDirection.Unknown;
  }
}
