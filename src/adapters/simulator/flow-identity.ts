import { NO_ADDRESS, type Address, type Family } from './address-plan.js';

/**
 * What a record says about who talks to whom, by the names that a flow's fields have: all that stays the same as long as the flow lives.
 * What is not known is empty.
 */
export interface FlowIdentity {
  readonly sourceIP: Address;
  readonly destinationIP: Address;
  readonly sourceTransportPort: number;
  readonly destinationTransportPort: number;
  readonly protocolIdentifier: number;
  readonly sourcePodName: string;
  readonly sourcePodNamespace: string;
  readonly sourceNodeName: string;
  readonly destinationPodName: string;
  readonly destinationPodNamespace: string;
  readonly destinationNodeName: string;
  readonly destinationClusterIP: Address;
  readonly destinationServiceIP: Address;
  readonly destinationServicePort: number;
  readonly destinationServicePortName: string;
  readonly ingressNetworkPolicyName: string;
  readonly ingressNetworkPolicyNamespace: string;
  readonly ingressNetworkPolicyType: number;
  readonly ingressNetworkPolicyRuleName: string;
  readonly ingressNetworkPolicyRuleAction: number;
  readonly egressNetworkPolicyName: string;
  readonly egressNetworkPolicyNamespace: string;
  readonly egressNetworkPolicyType: number;
  readonly egressNetworkPolicyRuleName: string;
  readonly egressNetworkPolicyRuleAction: number;
  readonly flowType: number;
  readonly egressName: string;
  readonly egressIP: string;
  readonly egressNodeName: string;
  readonly proxySnatIP: Address;
  readonly proxySnatPort: number;
}

/** The part of an identity that every record has: its ends, as its exporter sees them, and where they are. */
export type FlowEnds = Pick<
  FlowIdentity,
  'sourceIP' | 'destinationIP' | 'sourceTransportPort' | 'destinationTransportPort' | 'protocolIdentifier' | 'flowType'
>;

/** An identity that knows nothing but the ends; parts that are known are spread over it. */
export function anonymousIdentity(family: Family, ends: FlowEnds): FlowIdentity {
  return {
    ...ends,
    sourcePodName: '',
    sourcePodNamespace: '',
    sourceNodeName: '',
    destinationPodName: '',
    destinationPodNamespace: '',
    destinationNodeName: '',
    destinationClusterIP: NO_ADDRESS[family],
    destinationServiceIP: NO_ADDRESS[family],
    destinationServicePort: 0,
    destinationServicePortName: '',
    ingressNetworkPolicyName: '',
    ingressNetworkPolicyNamespace: '',
    ingressNetworkPolicyType: 0,
    ingressNetworkPolicyRuleName: '',
    ingressNetworkPolicyRuleAction: 0,
    egressNetworkPolicyName: '',
    egressNetworkPolicyNamespace: '',
    egressNetworkPolicyType: 0,
    egressNetworkPolicyRuleName: '',
    egressNetworkPolicyRuleAction: 0,
    egressName: '',
    egressIP: '',
    egressNodeName: '',
    proxySnatIP: NO_ADDRESS[family],
    proxySnatPort: 0,
  };
}
