import { FlowType } from '../../domain/flow/enumerations.js';
import { NO_ADDRESS, type Family } from './address-plan.js';
import type { Node } from './cluster.js';
import type { FlowIdentity, IdentityDraft } from './flow-identity.js';
import type { Denial, FlowKind, HalfPlan, ReportedSide } from './flow-plan.js';
import { PROTOCOL } from './protocol.js';

/** What a source Node knows: neither the other Pod nor the policy that guards it. */
function knownAtSource(identity: FlowIdentity): FlowIdentity {
  const known: IdentityDraft = { ...identity };
  known.destinationPodName = '';
  known.destinationPodNamespace = '';
  known.destinationNodeName = '';
  known.ingressNetworkPolicyName = '';
  known.ingressNetworkPolicyNamespace = '';
  known.ingressNetworkPolicyType = 0;
  known.ingressNetworkPolicyRuleName = '';
  known.ingressNetworkPolicyRuleAction = 0;
  return known;
}

/** What a destination Node knows: it sees the connection after the Service's address was replaced by a Pod's. */
function knownAtDestination(family: Family, identity: FlowIdentity): IdentityDraft {
  const known: IdentityDraft = { ...identity };
  known.sourcePodName = '';
  known.sourcePodNamespace = '';
  known.sourceNodeName = '';
  known.destinationClusterIP = NO_ADDRESS[family];
  known.destinationServiceIP = NO_ADDRESS[family];
  known.destinationServicePort = 0;
  known.destinationServicePortName = '';
  known.egressNetworkPolicyName = '';
  known.egressNetworkPolicyNamespace = '';
  known.egressNetworkPolicyType = 0;
  known.egressNetworkPolicyRuleName = '';
  known.egressNetworkPolicyRuleAction = 0;
  return known;
}

/** The same of a flow that came through an ingress Node: to the destination Node it comes from that Node. */
function knownAfterSourceNat(family: Family, identity: FlowIdentity): FlowIdentity {
  const known = knownAtDestination(family, identity);
  known.sourceIP = identity.proxySnatIP;
  known.sourceTransportPort = identity.proxySnatPort;
  known.proxySnatIP = NO_ADDRESS[family];
  known.proxySnatPort = 0;
  known.flowType = FlowType.InterNode;
  return known;
}

/** The Nodes at the ends of a flow; null for an end outside. An ingress Node, where a flow enters, stands at the source. */
export interface EndNodes {
  readonly source: Node | null;
  readonly destination: Node | null;
}

/**
 * Who reports what of a flow (flow-rules §1–§3): for a flow between Nodes each its half, of which it knows its own Pod and policy, and
 * the source Node the Service; for any other flow the one Node that sees all there is to see.
 *
 * @throws RangeError if both ends are outside
 */
export function halvesOf(
  kind: FlowKind,
  denial: Denial,
  family: Family,
  identity: FlowIdentity,
  nodes: EndNodes,
): readonly HalfPlan[] {
  const { source, destination } = nodes;
  if (source && destination && kind === 'interNode')
    return interNodeHalves(denial, family, identity, source, destination);
  if (source && destination && kind === 'fromExternalByIngressNode')
    return ingressNodeHalves(family, identity, source, destination);
  const node = source ?? destination;
  if (!node) throw new RangeError('a flow needs a Node at one of its ends');
  return [half(node, 'both', identity, denial === 'none' ? 'established' : 'unknown')];
}

/** A denied connection is reported where it was denied; only what was dropped at the destination is seen, unanswered, at the source too. */
function interNodeHalves(
  denial: Denial,
  family: Family,
  identity: FlowIdentity,
  source: Node,
  destination: Node,
): readonly HalfPlan[] {
  switch (denial) {
    case 'none':
      return [
        half(source, 'source', knownAtSource(identity), 'established'),
        half(destination, 'destination', knownAtDestination(family, identity), 'established'),
      ];
    case 'ingressDrop':
      return [
        half(source, 'source', knownAtSource(identity), 'unanswered'),
        half(destination, 'destination', knownAtDestination(family, identity), 'unknown'),
      ];
    case 'egressDrop':
    case 'egressReject':
      return [half(source, 'both', knownAtSource(identity), 'unknown')];
    case 'ingressReject':
      return [half(destination, 'both', knownAtDestination(family, identity), 'unknown')];
  }
}

/** The ingress Node knows the client and the Service. */
function ingressNodeHalves(
  family: Family,
  identity: FlowIdentity,
  ingress: Node,
  destination: Node,
): readonly HalfPlan[] {
  return [
    half(ingress, 'source', knownAtSource(identity), 'established'),
    half(destination, 'destination', knownAfterSourceNat(family, identity), 'established'),
  ];
}

/** What the agent's connection tracking says of a connection; "unknown" for denied ones, which it never tracked. */
type Tracked = 'established' | 'unanswered' | 'unknown';

const TCP_STATES: Readonly<Record<Tracked, readonly [alive: string, final: string]>> = {
  established: ['ESTABLISHED', 'TIME-WAIT'],
  unanswered: ['SYN-SENT', 'SYN-SENT'],
  unknown: ['', ''],
};

function half(node: Node, side: ReportedSide, identity: FlowIdentity, tracked: Tracked): HalfPlan {
  const [tcpState, finalTcpState] = TCP_STATES[identity.protocolIdentifier === PROTOCOL.tcp ? tracked : 'unknown'];
  return { node, side, identity, tcpState, finalTcpState };
}
