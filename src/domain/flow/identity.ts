import type { FlowFieldName } from './fields.js';
import { FLOW_BLOCK } from './layout.js';

/** Texts and addresses by which one half of a connection completes the other (flow-rules.md §5, correlate). */
const IDENTITY_REFERENCES = [
  'sourcePodName',
  'sourcePodNamespace',
  'sourcePodUID',
  'sourceNodeName',
  'sourceNodeUID',
  'destinationPodName',
  'destinationPodNamespace',
  'destinationPodUID',
  'destinationNodeName',
  'destinationNodeUID',
  'destinationClusterIP',
  'destinationServiceIP',
  'destinationServicePortName',
  'ingressNetworkPolicyName',
  'ingressNetworkPolicyNamespace',
  'ingressNetworkPolicyUID',
  'ingressNetworkPolicyRuleName',
  'egressNetworkPolicyName',
  'egressNetworkPolicyNamespace',
  'egressNetworkPolicyUID',
  'egressNetworkPolicyRuleName',
  'egressName',
  'egressUID',
  'egressIP',
  'egressNodeName',
  'egressNodeUID',
] as const satisfies readonly FlowFieldName[];

/** Numbers that do the same; 0 is none. */
export const IDENTITY_NUMBERS = [
  'destinationServicePort',
  'ingressNetworkPolicyRuleAction',
  'ingressNetworkPolicyType',
  'egressNetworkPolicyRuleAction',
  'egressNetworkPolicyType',
] as const satisfies readonly FlowFieldName[];

/** Words of the identity's texts and addresses. */
export const IDENTITY_WORDS: readonly number[] = IDENTITY_REFERENCES.map((name) => FLOW_BLOCK.slots[name].word);
