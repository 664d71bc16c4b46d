import type { CounterTotals } from './flow-counters.js';
import type { FlowIdentity } from './flow-identity.js';
import type { Denial, FlowKind, ReportedSide } from './flow-plan.js';
import type { FlowHalf, SimulatedFlow } from './simulated-flow.js';

/** The 5-tuple, addresses as text. */
export interface LedgerKey {
  readonly sourceIP: string;
  readonly destinationIP: string;
  readonly protocolIdentifier: number;
  readonly sourceTransportPort: number;
  readonly destinationTransportPort: number;
}

/** An identity with its addresses as text; an address that is not known is "". */
export type LedgerIdentity = {
  readonly [Name in keyof FlowIdentity]: FlowIdentity[Name] extends number ? number : string;
};

/** What one Node's agent sent of a flow. */
export interface LedgerHalf {
  readonly side: ReportedSide;
  readonly nodeName: string;
  readonly observationDomain: number;
  /** The 5-tuple in its records. */
  readonly key: LedgerKey;
  /** Records handed to the connection. */
  readonly records: number;
  /** Bytes of their messages; over gRPC of what they take in them. */
  readonly messageBytes: number;
  /** Totals in the last record; the sums of all its records' deltas are the same, since no traffic was before the first. */
  readonly totals: CounterTotals;
  readonly flowStartSeconds: number;
  /** The latest in any record. */
  readonly flowEndSeconds: number;
  /** In the last record. */
  readonly tcpState: string;
  /** Of the records whose write was confirmed: their number, the totals of the last, and the sums of their deltas. */
  readonly confirmed: { readonly records: number; readonly totals: CounterTotals; readonly deltas: CounterTotals };
}

/** The truth about one flow of a simulation. */
export interface LedgerEntry {
  /** Its number among the flows of the simulation, from 1. */
  readonly number: number;
  readonly kind: FlowKind;
  readonly denial: Denial;
  /** Whether an aggregator must join two halves. */
  readonly requiresCorrelation: boolean;
  /** The flow's key in the aggregator (flow-rules §2): after source NAT where there was one. */
  readonly key: LedgerKey;
  /** What the flow shall say once all its halves have arrived. */
  readonly identity: LedgerIdentity;
  /** Whether the flow made its last report. */
  readonly ended: boolean;
  /** flowEndReason in the last record. */
  readonly flowEndReason: number;
  /** One or two. */
  readonly halves: readonly LedgerHalf[];
}

/** Where a simulation writes what it sent: each flow once, when it has ended and its writes are settled, or at the end. */
export interface Ledger {
  write(entry: LedgerEntry): void;
  /** Resolves when the ledger can take more; at once if it can. */
  drained(): Promise<void>;
  /** Nothing is written after. Resolves when all is kept. */
  close(): Promise<void>;
}

/** A flow's entry, as things are now. */
export function ledgerEntry(flow: SimulatedFlow): LedgerEntry {
  const { plan } = flow;
  return {
    number: flow.number,
    kind: plan.kind,
    denial: plan.denial,
    requiresCorrelation: plan.halves.length === 2,
    key: aggregatorKey(plan.identity),
    identity: identityText(plan.identity),
    ended: flow.ended,
    flowEndReason: flow.endReason,
    halves: flow.halves.map((half) => ledgerHalf(flow, half)),
  };
}

function ledgerHalf(flow: SimulatedFlow, half: FlowHalf): LedgerHalf {
  const { plan } = half;
  return {
    side: plan.side,
    nodeName: plan.node.name,
    observationDomain: plan.node.index + 1,
    key: key(plan.identity),
    records: half.sent,
    messageBytes: half.bytes,
    totals: flow.counters.totals(),
    flowStartSeconds: half.startSeconds,
    flowEndSeconds: half.lastEndSeconds,
    tcpState: half.tcpState,
    confirmed: { records: half.confirmed, totals: half.confirmedTotals(), deltas: half.confirmedDeltas() },
  };
}

function key(identity: FlowIdentity): LedgerKey {
  return {
    sourceIP: identity.sourceIP.text,
    destinationIP: identity.destinationIP.text,
    protocolIdentifier: identity.protocolIdentifier,
    sourceTransportPort: identity.sourceTransportPort,
    destinationTransportPort: identity.destinationTransportPort,
  };
}

function aggregatorKey(identity: FlowIdentity): LedgerKey {
  if (identity.proxySnatIP.text === '') return key(identity);
  return { ...key(identity), sourceIP: identity.proxySnatIP.text, sourceTransportPort: identity.proxySnatPort };
}

function identityText(identity: FlowIdentity): LedgerIdentity {
  return {
    ...identity,
    sourceIP: identity.sourceIP.text,
    destinationIP: identity.destinationIP.text,
    destinationClusterIP: identity.destinationClusterIP.text,
    destinationServiceIP: identity.destinationServiceIP.text,
    proxySnatIP: identity.proxySnatIP.text,
  };
}
