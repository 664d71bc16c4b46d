import { PolicyType, RuleAction } from '../../../domain/flow/enumerations.js';
import type { FlowFieldNames } from '../../../domain/flow/flow.js';

/** How the numbers of a field are named: those that have a name, and what all others are called. */
interface Names {
  readonly named: ReadonlyMap<number, string>;
  readonly other: string;
}

const PROTOCOLS: Names = {
  named: new Map([
    [1, 'ICMP'],
    [2, 'IGMP'],
    [6, 'TCP'],
    [17, 'UDP'],
    [58, 'IPv6-ICMP'],
    [132, 'SCTP'],
  ]),
  other: 'Unknown Protocol',
};

/** Names of an enumeration; that there is none of it is the empty text. */
function namesOf(enumeration: Readonly<Record<string, number>>): Names {
  const named = Object.entries(enumeration).map(([name, value]) => [value, value === 0 ? '' : name] as const);
  return { named: new Map(named), other: 'Invalid' };
}

const ACTIONS = namesOf(RuleAction);
const POLICY_TYPES = namesOf(PolicyType);

const NAMES: Partial<Record<FlowFieldNames, Names>> = {
  protocolIdentifier: PROTOCOLS,
  ingressNetworkPolicyRuleAction: ACTIONS,
  egressNetworkPolicyRuleAction: ACTIONS,
  ingressNetworkPolicyType: POLICY_TYPES,
  egressNetworkPolicyType: POLICY_TYPES,
};

/** What each of the 256 numbers of a field is called where names are written; undefined for fields that have none. */
export function namesOfField(field: FlowFieldNames): readonly string[] | undefined {
  const names = NAMES[field];
  return names && Array.from({ length: 256 }, (_, value) => names.named.get(value) ?? names.other);
}
