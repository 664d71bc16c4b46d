import type { Family } from './address-plan.js';
import type { Node, Pod } from './cluster.js';
import type { FlowIdentity } from './flow-identity.js';

/** Where the two ends are, and the way between them. */
export type FlowKind = 'intraNode' | 'interNode' | 'toExternal' | 'fromExternal' | 'fromExternalByIngressNode';

/** What denied the flow, if anything did. */
export type Denial = 'none' | 'egressDrop' | 'egressReject' | 'ingressDrop' | 'ingressReject';

/** The sides of the flow that a record belongs to (flow-rules §3, §4): its own if its other half must be met, else both. */
export type ReportedSide = 'source' | 'destination' | 'both';

/** One Node's view of a flow: what its agent reports. */
export interface HalfPlan {
  readonly node: Node;
  readonly side: ReportedSide;
  /** What this Node knows. */
  readonly identity: FlowIdentity;
  /** Text of tcpState while the flow lives; empty where the agent has none. */
  readonly tcpState: string;
  /** Text of tcpState in the last record. */
  readonly finalTcpState: string;
}

/** How much a flow carries from report to report. */
export interface GrowthProfile {
  /** Mean packets between two reports, in the flow's direction. */
  readonly packets: number;
  readonly octetsPerPacket: number;
  /** The same against the flow's direction; 0: nothing comes back. */
  readonly reversePackets: number;
  readonly reverseOctetsPerPacket: number;
}

/** A flow before its first report: everything about it that does not change. */
export interface FlowPlan {
  readonly kind: FlowKind;
  readonly denial: Denial;
  readonly family: Family;
  /** What the joined flow shall say once all halves have arrived. */
  readonly identity: FlowIdentity;
  /** Two if two Nodes report the flow, else one. */
  readonly halves: readonly HalfPlan[];
  /** The Pods at its ends: it ends when one of them does. */
  readonly pods: readonly Pod[];
  readonly growth: GrowthProfile;
  /** flowEndReason of the last record. */
  readonly finalEndReason: number;
  /** How many reports each half makes, unless a Pod ends first. */
  readonly reports: number;
  /** Seeds the flow's own random numbers. */
  readonly seed: number;
}
