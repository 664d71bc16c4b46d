/**
 * What Weir's messages consist of, element by element, written down once more for the tests: nothing here comes from the program.
 */

/** When an element is sent: with names, with UIDs, with either, or always. */
type Mark = 'N' | 'U' | 'NU' | '';

/** How a value is written. */
export type Kind = 'u8' | 'u16' | 'u32' | 'u64' | 'ipv4' | 'ipv6' | 'text' | 'uuid';

/** One element of a template. */
export interface LaidOutElement {
  readonly name: string;
  readonly enterprise: number;
  readonly id: number;
  readonly kind: Kind;
}

/** Octets of each kind in a template; 65535 is "variable". */
export const LENGTHS: Readonly<Record<Kind, number>> = {
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  ipv4: 4,
  ipv6: 16,
  text: 65_535,
  uuid: 16,
};

/** Antrea's enterprise number. */
export const ANTREA = 56_506;

/** The enterprise number of reverse elements. */
export const REVERSE = 29_305;

/** Per line: mark (or -), enterprise (0, r, a), kind, id and name; `id4|id6` and # where the families differ. */
const COMMON = `
  -  0 u32  150 flowStartSeconds
  -  0 u32  151 flowEndSeconds
  -  0 u8   136 flowEndReason
  -  0 u16  7 sourceTransportPort
  -  0 u16  11 destinationTransportPort
  -  0 u8   4 protocolIdentifier
  -  0 u64  86 packetTotalCount
  -  0 u64  85 octetTotalCount
  -  0 u64  2 packetDeltaCount
  -  0 u64  1 octetDeltaCount
  -  0 ip   8|27 sourceIPv#Address
  -  0 ip   12|28 destinationIPv#Address
  -  r u64  86 reversePacketTotalCount
  -  r u64  85 reverseOctetTotalCount
  -  r u64  2 reversePacketDeltaCount
  -  r u64  1 reverseOctetDeltaCount
  N  a text 101 sourcePodName
  N  a text 100 sourcePodNamespace
  U  a uuid 159 sourcePodUUID
  N  a text 104 sourceNodeName
  U  a uuid 161 sourceNodeUUID
  N  a text 103 destinationPodName
  N  a text 102 destinationPodNamespace
  U  a uuid 160 destinationPodUUID
  N  a text 105 destinationNodeName
  U  a uuid 162 destinationNodeUUID
  -  a u16  108 destinationServicePort
  N  a text 109 destinationServicePortName
  U  a uuid 163 destinationServiceUUID
  N  a text 110 ingressNetworkPolicyName
  N  a text 111 ingressNetworkPolicyNamespace
  U  a uuid 164 ingressNetworkPolicyUUID
  -  a u8   115 ingressNetworkPolicyType
  NU a text 141 ingressNetworkPolicyRuleName
  -  a u8   139 ingressNetworkPolicyRuleAction
  N  a text 112 egressNetworkPolicyName
  N  a text 113 egressNetworkPolicyNamespace
  U  a uuid 165 egressNetworkPolicyUUID
  -  a u8   118 egressNetworkPolicyType
  NU a text 142 egressNetworkPolicyRuleName
  -  a u8   140 egressNetworkPolicyRuleAction
  -  a text 136 tcpState
  -  a u8   137 flowType
  N  a text 153 egressName
  U  a uuid 166 egressUUID
  -  a text 154 egressIP
  N  a text 157 egressNodeName
  U  a uuid 167 egressNodeUUID
  -  a u16  172 proxySnatPort
  -  a ip   170|171 proxySnatIPv#
  -  a ip   106|107 destinationClusterIPv#
  -  a ip   168|169 destinationServiceIPv#
`;

/** What only Aggregate mode has, before the labels. */
const SIDES = `
  -  a u64  123 octetDeltaCountFromSourceNode
  -  a u64  131 octetDeltaCountFromDestinationNode
  -  a u64  121 octetTotalCountFromSourceNode
  -  a u64  129 octetTotalCountFromDestinationNode
  -  a u64  122 packetDeltaCountFromSourceNode
  -  a u64  130 packetDeltaCountFromDestinationNode
  -  a u64  120 packetTotalCountFromSourceNode
  -  a u64  128 packetTotalCountFromDestinationNode
  -  a u64  127 reverseOctetDeltaCountFromSourceNode
  -  a u64  135 reverseOctetDeltaCountFromDestinationNode
  -  a u64  125 reverseOctetTotalCountFromSourceNode
  -  a u64  133 reverseOctetTotalCountFromDestinationNode
  -  a u64  126 reversePacketDeltaCountFromSourceNode
  -  a u64  134 reversePacketDeltaCountFromDestinationNode
  -  a u64  124 reversePacketTotalCountFromSourceNode
  -  a u64  132 reversePacketTotalCountFromDestinationNode
  -  a u32  151 flowEndSecondsFromSourceNode
  -  a u32  152 flowEndSecondsFromDestinationNode
  -  a u64  145 throughput
  -  a u64  147 throughputFromSourceNode
  -  a u64  148 throughputFromDestinationNode
  -  a u64  146 reverseThroughput
  -  a u64  149 reverseThroughputFromSourceNode
  -  a u64  150 reverseThroughputFromDestinationNode
`;

const LABELS = `
  -  a text 143 sourcePodLabels
  -  a text 144 destinationPodLabels
  -  a text 158 clusterId
`;

/** What only Proxy mode has, at the end. */
const ORIGIN = `
  -  0 u32  405 originalObservationDomainId
  -  0 ipv4 403 originalExporterIPv4Address
  -  0 ipv6 404 originalExporterIPv6Address
  -  0 u8   61 flowDirection
`;

const LAYOUTS = { Aggregate: COMMON + SIDES + LABELS, Proxy: COMMON + LABELS + ORIGIN } as const;

/** How Weir works: by flows, or record by record. */
export type Mode = keyof typeof LAYOUTS;

/** What is included besides what always is. */
export interface Inclusion {
  readonly includeK8sNames: boolean;
  readonly includeK8sUIDs: boolean;
}

const ENTERPRISES: Readonly<Record<string, number>> = { 0: 0, r: REVERSE, a: ANTREA };

/** The elements of the template of a family, in order. */
export function outputLayout(
  family: 4 | 6,
  { includeK8sNames, includeK8sUIDs }: Inclusion,
  mode: Mode = 'Aggregate',
): LaidOutElement[] {
  return LAYOUTS[mode]
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/) as [Mark | '-', string, Kind | 'ip', string, string])
    .filter(
      ([mark]) => mark === '-' || (includeK8sNames && mark.includes('N')) || (includeK8sUIDs && mark.includes('U')),
    )
    .map(([, enterprise, kind, ids, name]) => ({
      name: name.replace('#', String(family)),
      enterprise: ENTERPRISES[enterprise]!,
      id: Number(ids.split('|').at(family === 4 ? 0 : -1)),
      kind: kind === 'ip' ? (`ipv${family}` as const) : kind,
    }));
}
