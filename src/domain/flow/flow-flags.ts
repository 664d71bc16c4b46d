/** What a flow remembers about itself, a bit each, in the flags word of its row. */
export const FlowFlag = {
  /** The row holds a flow. */
  Live: 1 << 0,
  /** The other half of the connection is awaited (flow-rules.md §4). */
  Waiting: 1 << 1,
  /** Something new since the last export (§5). */
  Updated: 1 << 2,
  /** The source Node's side has had a report. */
  SourceReported: 1 << 3,
  /** The destination Node's side has had a report. */
  DestinationReported: 1 << 4,
  /** A record came from the source Node (§3). */
  HeardFromSource: 1 << 5,
  /** A record came from the destination Node (§3). */
  HeardFromDestination: 1 << 6,
  /** The two halves were joined (§5). */
  Correlated: 1 << 7,
  /** The other half never came and was given up (§6). */
  Uncorrelated: 1 << 8,
  /** The key has proxySnat address and port in place of the source's (§2). */
  KeyedByProxySnat: 1 << 9,
  /** The first record came without a flowType (§5). */
  BegunWithoutType: 1 << 10,
  /** First of the two bits that count how often a waiting flow fell due (§6). */
  RetryShift: 11,
  RetryMask: 0b11,
  /** What Kubernetes knows of the flow has been added (§7), and nothing was joined to it since. */
  Enriched: 1 << 13,
} as const;
