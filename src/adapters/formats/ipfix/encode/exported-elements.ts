import { informationElement, type InformationElement } from '../information-elements.js';

/** Which elements are sent. */
export interface ElementChoice {
  /** Whether flows are aggregated from two halves, or passed on one by one. */
  readonly mode: 'aggregate' | 'proxy';
  /** Names of Pods, Nodes, Services, policies and Egresses. */
  readonly includeK8sNames: boolean;
  /** UIDs of the same. */
  readonly includeK8sUIDs: boolean;
}

/** A template is of one address family: its addresses have 4 or 16 bytes. */
export type Family = 'IPv4' | 'IPv6';

/** When an element is sent: with names, with UIDs, with either; always if not marked. */
type Mark = 'N' | 'U' | 'NU';

/** An element by the name it has in the IPv4 template, after its mark. */
type Listed = readonly [name: string] | readonly [mark: Mark, name: string];

const unmarked = (names: readonly string[]): Listed[] => names.map((name) => [name]);

const CONNECTION = unmarked([
  'flowStartSeconds',
  'flowEndSeconds',
  'flowEndReason',
  'sourceTransportPort',
  'destinationTransportPort',
  'protocolIdentifier',
  'packetTotalCount',
  'octetTotalCount',
  'packetDeltaCount',
  'octetDeltaCount',
  'sourceIPv4Address',
  'destinationIPv4Address',
  'reversePacketTotalCount',
  'reverseOctetTotalCount',
  'reversePacketDeltaCount',
  'reverseOctetDeltaCount',
]);

const KUBERNETES: readonly Listed[] = [
  ['N', 'sourcePodName'],
  ['N', 'sourcePodNamespace'],
  ['U', 'sourcePodUUID'],
  ['N', 'sourceNodeName'],
  ['U', 'sourceNodeUUID'],
  ['N', 'destinationPodName'],
  ['N', 'destinationPodNamespace'],
  ['U', 'destinationPodUUID'],
  ['N', 'destinationNodeName'],
  ['U', 'destinationNodeUUID'],
  ['destinationServicePort'],
  ['N', 'destinationServicePortName'],
  ['U', 'destinationServiceUUID'],
  ['N', 'ingressNetworkPolicyName'],
  ['N', 'ingressNetworkPolicyNamespace'],
  ['U', 'ingressNetworkPolicyUUID'],
  ['ingressNetworkPolicyType'],
  ['NU', 'ingressNetworkPolicyRuleName'],
  ['ingressNetworkPolicyRuleAction'],
  ['N', 'egressNetworkPolicyName'],
  ['N', 'egressNetworkPolicyNamespace'],
  ['U', 'egressNetworkPolicyUUID'],
  ['egressNetworkPolicyType'],
  ['NU', 'egressNetworkPolicyRuleName'],
  ['egressNetworkPolicyRuleAction'],
  ['tcpState'],
  ['flowType'],
  ['N', 'egressName'],
  ['U', 'egressUUID'],
  ['egressIP'],
  ['N', 'egressNodeName'],
  ['U', 'egressNodeUUID'],
  ['proxySnatPort'],
  ['proxySnatIPv4'],
  ['destinationClusterIPv4'],
  ['destinationServiceIPv4'],
];

const SIDES = ['FromSourceNode', 'FromDestinationNode'] as const;

const eachSide = (name: string): string[] => SIDES.map((side) => name + side);

const AGGREGATE = unmarked([
  ...['octet', 'packet', 'reverseOctet', 'reversePacket'].flatMap((what) => [
    ...eachSide(`${what}DeltaCount`),
    ...eachSide(`${what}TotalCount`),
  ]),
  ...eachSide('flowEndSeconds'),
  'throughput',
  ...eachSide('throughput'),
  'reverseThroughput',
  ...eachSide('reverseThroughput'),
]);

const LABELS = unmarked(['sourcePodLabels', 'destinationPodLabels', 'clusterId']);

/** In templates of both families: the exporter's family is not the flow's. */
const PROXY = unmarked([
  'originalObservationDomainId',
  'originalExporterIPv4Address',
  'originalExporterIPv6Address',
  'flowDirection',
]);

/** The elements of a template, in the order in which they are sent. */
export function exportedElements(family: Family, choice: ElementChoice): readonly InformationElement[] {
  const aggregate = choice.mode === 'aggregate';
  const names = [...CONNECTION, ...KUBERNETES, ...(aggregate ? AGGREGATE : []), ...LABELS]
    .filter((listed) => isChosen(listed, choice))
    .map((listed) => nameOf(listed).replace('IPv4', family));
  return [...names, ...(aggregate ? [] : PROXY.map(nameOf))].map(informationElement);
}

function nameOf(listed: Listed): string {
  return listed[listed.length - 1]!;
}

function isChosen(listed: Listed, { includeK8sNames, includeK8sUIDs }: ElementChoice): boolean {
  if (listed.length === 1) return true;
  const [mark] = listed;
  return (mark.includes('N') && includeK8sNames) || (mark.includes('U') && includeK8sUIDs);
}
