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

/** An identity while it is being put together. */
export type IdentityDraft = { -readonly [Name in keyof FlowIdentity]: FlowIdentity[Name] };

/** An identity of which nothing is known. One literal without spreads: flows come by the hundred thousand, and this is the cheapest way. */
export function emptyIdentity(family: Family): IdentityDraft {
  const none = NO_ADDRESS[family];
  return {
    sourceIP: none,
    destinationIP: none,
    sourceTransportPort: 0,
    destinationTransportPort: 0,
    protocolIdentifier: 0,
    sourcePodName: '',
    sourcePodNamespace: '',
    sourceNodeName: '',
    destinationPodName: '',
    destinationPodNamespace: '',
    destinationNodeName: '',
    destinationClusterIP: none,
    destinationServiceIP: none,
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
    flowType: 0,
    egressName: '',
    egressIP: '',
    egressNodeName: '',
    proxySnatIP: none,
    proxySnatPort: 0,
  };
}
