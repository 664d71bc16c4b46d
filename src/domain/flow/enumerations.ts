/** The numbers that flow records use for things with names (flow-rules.md §9). */

/** Where the two ends of a flow are; 0 when the exporter did not say. */
export const FlowType = { Unknown: 0, IntraNode: 1, InterNode: 2, ToExternal: 3, FromExternal: 4 } as const;

/** What the rule of a network policy did with the connection. */
export const RuleAction = { None: 0, Allow: 1, Drop: 2, Reject: 3 } as const;

/** Kind of a network policy. */
export const PolicyType = {
  None: 0,
  K8sNetworkPolicy: 1,
  AntreaNetworkPolicy: 2,
  AntreaClusterNetworkPolicy: 3,
  K8sClusterNetworkPolicy: 4,
} as const;

/** IPFIX flowEndReason (RFC 5102 §5.11.3). */
export const FlowEndReason = {
  None: 0,
  IdleTimeout: 1,
  ActiveTimeout: 2,
  EndOfFlow: 3,
  ForcedEnd: 4,
  LackOfResources: 5,
} as const;

/** Which way the reporting Node saw a connection (RFC 5102 §5.11.1, and 255 where that can't be said). */
export const FlowDirection = { Ingress: 0, Egress: 1, Unknown: 255 } as const;
