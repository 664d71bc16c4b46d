import { FlowType } from '../../domain/flow/enumerations.js';
import { NO_ADDRESS, type Family } from './address-plan.js';
import type { Node } from './cluster.js';
import type { FlowIdentity } from './flow-identity.js';
import type { Denial, FlowKind, HalfPlan, ReportedSide } from './flow-plan.js';
import { PROTOCOL } from './protocol.js';

/** What a source Node can't know: the other Pod, and the policy that guards it. */
const NOTHING_OF_DESTINATION = {
  destinationPodName: '',
  destinationPodNamespace: '',
  destinationNodeName: '',
  ingressNetworkPolicyName: '',
  ingressNetworkPolicyNamespace: '',
  ingressNetworkPolicyType: 0,
  ingressNetworkPolicyRuleName: '',
  ingressNetworkPolicyRuleAction: 0,
};

/** What a destination Node can't know: it sees the connection after the Service's address was replaced by a Pod's. */
const nothingOfSource = (family: Family): Partial<FlowIdentity> => ({
  sourcePodName: '',
  sourcePodNamespace: '',
  sourceNodeName: '',
  destinationClusterIP: NO_ADDRESS[family],
  destinationServiceIP: NO_ADDRESS[family],
  destinationServicePort: 0,
  destinationServicePortName: '',
  egressNetworkPolicyName: '',
  egressNetworkPolicyNamespace: '',
  egressNetworkPolicyType: 0,
  egressNetworkPolicyRuleName: '',
  egressNetworkPolicyRuleAction: 0,
});

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
  const ofSource = { ...identity, ...NOTHING_OF_DESTINATION };
  const ofDestination = { ...identity, ...nothingOfSource(family) };
  switch (denial) {
    case 'none':
      return [
        half(source, 'source', ofSource, 'established'),
        half(destination, 'destination', ofDestination, 'established'),
      ];
    case 'ingressDrop':
      return [
        half(source, 'source', ofSource, 'unanswered'),
        half(destination, 'destination', ofDestination, 'unknown'),
      ];
    case 'egressDrop':
    case 'egressReject':
      return [half(source, 'both', ofSource, 'unknown')];
    case 'ingressReject':
      return [half(destination, 'both', ofDestination, 'unknown')];
  }
}

/** The ingress Node knows the client and the Service; to the destination Node the flow comes from the ingress Node. */
function ingressNodeHalves(
  family: Family,
  identity: FlowIdentity,
  ingress: Node,
  destination: Node,
): readonly HalfPlan[] {
  const afterSourceNat = {
    ...identity,
    ...nothingOfSource(family),
    sourceIP: identity.proxySnatIP,
    sourceTransportPort: identity.proxySnatPort,
    proxySnatIP: NO_ADDRESS[family],
    proxySnatPort: 0,
    flowType: FlowType.InterNode,
  };
  return [
    half(ingress, 'source', { ...identity, ...NOTHING_OF_DESTINATION }, 'established'),
    half(destination, 'destination', afterSourceNat, 'established'),
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
