import { type FieldSpec, VARIABLE } from './ipfix-messages.js';

/** Elements of Antrea's agents that have one of each family, by what is before the family's number. */
const antrea = (version: 4 | 6): readonly string[] => [
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
  `sourceIPv${version}Address`,
  `destinationIPv${version}Address`,
  'reversePacketTotalCount',
  'reverseOctetTotalCount',
  'reversePacketDeltaCount',
  'reverseOctetDeltaCount',
  'sourcePodName',
  'sourcePodNamespace',
  'sourceNodeName',
  'destinationPodName',
  'destinationPodNamespace',
  'destinationNodeName',
  'destinationServicePort',
  'destinationServicePortName',
  'ingressNetworkPolicyName',
  'ingressNetworkPolicyNamespace',
  'ingressNetworkPolicyType',
  'ingressNetworkPolicyRuleName',
  'ingressNetworkPolicyRuleAction',
  'egressNetworkPolicyName',
  'egressNetworkPolicyNamespace',
  'egressNetworkPolicyType',
  'egressNetworkPolicyRuleName',
  'egressNetworkPolicyRuleAction',
  'tcpState',
  'flowType',
  'egressName',
  'egressIP',
  'egressNodeName',
  'proxySnatPort',
  `destinationClusterIPv${version}`,
  `proxySnatIPv${version}`,
  `destinationServiceIPv${version}`,
];

/** What an Antrea agent sends for IPv4 and for IPv6. */
export const ANTREA_IPV4 = antrea(4);
export const ANTREA_IPV6 = antrea(6);

const iana = (id: number, length: number): FieldSpec => ({ enterpriseNumber: 0, id, length });
const vmware = (id: number, length: number): FieldSpec => ({ enterpriseNumber: 6876, id, length });

/** Open vSwitch's bridge IPFIX for an IPv4 TCP flow: common, ethernet, interface, addresses, ports, counters, VMware's identifiers. */
export const OPEN_VSWITCH: readonly FieldSpec[] = [
  iana(138, 8), // observationPointId
  iana(61, 1), // flowDirection
  iana(56, 6), // sourceMacAddress
  iana(80, 6), // destinationMacAddress
  iana(256, 2), // ethernetType
  iana(240, 1), // ethernetHeaderLength
  iana(10, 4), // ingressInterface
  iana(368, 4), // ingressInterfaceType
  iana(14, 4), // egressInterface
  iana(369, 4), // egressInterfaceType
  iana(82, VARIABLE), // interfaceName
  iana(83, VARIABLE), // interfaceDescription
  iana(60, 1), // ipVersion
  iana(192, 1), // ipTTL
  'protocolIdentifier',
  iana(195, 1), // ipDiffServCodePoint
  iana(98, 1), // ipPrecedence
  iana(5, 1), // ipClassOfService
  'sourceIPv4Address',
  'destinationIPv4Address',
  'sourceTransportPort',
  'destinationTransportPort',
  vmware(898, VARIABLE), // virtualObsID
  'flowStartDeltaMicroseconds',
  'flowEndDeltaMicroseconds',
  iana(133, 8), // droppedPacketDeltaCount
  'packetDeltaCount',
  iana(132, 8), // droppedOctetDeltaCount
  'octetDeltaCount',
  iana(352, 8), // layer2OctetDeltaCount
  'flowEndReason',
];

/** softflowd -v 10 with its default times: up times, against an options record's systemInitTimeMilliseconds. */
export const SOFTFLOWD: readonly FieldSpec[] = [
  'sourceIPv4Address',
  'destinationIPv4Address',
  'flowEndSysUpTime',
  'flowStartSysUpTime',
  ['octetDeltaCount', 4],
  ['packetDeltaCount', 4],
  iana(10, 4),
  iana(14, 4),
  'sourceTransportPort',
  'destinationTransportPort',
  'protocolIdentifier',
  iana(6, 1), // tcpControlBits
  iana(60, 1),
  iana(5, 1),
];

/** pmacctd's nfprobe, version 10: times in the record itself, counters of eight octets. */
export const PMACCTD: readonly FieldSpec[] = [
  'sourceIPv4Address',
  'destinationIPv4Address',
  iana(15, 4), // ipNextHopIPv4Address
  'flowEndMilliseconds',
  'flowStartMilliseconds',
  'octetDeltaCount',
  'packetDeltaCount',
  'sourceTransportPort',
  'destinationTransportPort',
  'protocolIdentifier',
  iana(6, 1),
  iana(5, 1),
  iana(10, 4),
  iana(14, 4),
  vmware(1, 2),
];
