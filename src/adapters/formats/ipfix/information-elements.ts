/**
 * The information elements Weir speaks: IANA's, their reverse twins (RFC 5103) and Antrea's.
 *
 * Whatever is not here is skipped by its length on input. Adding an element is one line in one of
 * the three tables below.
 */

/** Enterprise number of IANA's own registry: the enterprise bit of a field specifier is clear. */
export const IANA_ENTERPRISE = 0;

/** Enterprise number of the reverse direction of a biflow (RFC 5103 §6.1). */
export const REVERSE_ENTERPRISE = 29305;

/** Enterprise number of Antrea's elements. */
export const ANTREA_ENTERPRISE = 56506;

/** A number that a widely copied document prints for Antrea; read as Antrea's, never sent. */
const ANTREA_MISPRINTED_ENTERPRISE = 56505;

/** Length in a field specifier that says "the record has the length" (RFC 7011 §7). */
export const VARIABLE_LENGTH = 65535;

/** The abstract data types of RFC 7012 §3.1 that the registry uses. */
export type AbstractDataType =
  | 'octetArray'
  | 'unsigned8'
  | 'unsigned16'
  | 'unsigned32'
  | 'unsigned64'
  | 'signed32'
  | 'string'
  | 'dateTimeSeconds'
  | 'dateTimeMilliseconds'
  | 'dateTimeMicroseconds'
  | 'dateTimeNanoseconds'
  | 'ipv4Address'
  | 'ipv6Address';

/** One information element: what a field specifier's numbers stand for. */
export interface InformationElement {
  /** Name in its registry; a reverse element's begins with "reverse". */
  readonly name: string;
  /** Element identifier without the enterprise bit, 1–32767. */
  readonly id: number;
  /** 0 for IANA's elements. */
  readonly enterpriseNumber: number;
  readonly type: AbstractDataType;
  /** Length in octets that Weir puts into its templates; {@link VARIABLE_LENGTH} for variable length. */
  readonly length: number;
}

/** Octets of each data type when it is not reduced (RFC 7011 §6.1). */
const NATURAL_LENGTH: Readonly<Record<AbstractDataType, number>> = {
  octetArray: VARIABLE_LENGTH,
  unsigned8: 1,
  unsigned16: 2,
  unsigned32: 4,
  unsigned64: 8,
  signed32: 4,
  string: VARIABLE_LENGTH,
  dateTimeSeconds: 4,
  dateTimeMilliseconds: 8,
  dateTimeMicroseconds: 8,
  dateTimeNanoseconds: 8,
  ipv4Address: 4,
  ipv6Address: 16,
};

/** Octets of a UUID: Antrea's registry has these octetArrays at a fixed length. */
const UUID_LENGTH = 16;

/** id, name, type and, where it is not the type's own, the length. */
type Row = readonly [id: number, name: string, type: AbstractDataType, length?: number];

const IANA_ROWS: readonly Row[] = [
  [1, 'octetDeltaCount', 'unsigned64'],
  [2, 'packetDeltaCount', 'unsigned64'],
  [4, 'protocolIdentifier', 'unsigned8'],
  [7, 'sourceTransportPort', 'unsigned16'],
  [8, 'sourceIPv4Address', 'ipv4Address'],
  [11, 'destinationTransportPort', 'unsigned16'],
  [12, 'destinationIPv4Address', 'ipv4Address'],
  [21, 'flowEndSysUpTime', 'unsigned32'],
  [22, 'flowStartSysUpTime', 'unsigned32'],
  [27, 'sourceIPv6Address', 'ipv6Address'],
  [28, 'destinationIPv6Address', 'ipv6Address'],
  [34, 'samplingInterval', 'unsigned32'],
  [50, 'samplerRandomInterval', 'unsigned32'],
  [61, 'flowDirection', 'unsigned8'],
  [85, 'octetTotalCount', 'unsigned64'],
  [86, 'packetTotalCount', 'unsigned64'],
  [136, 'flowEndReason', 'unsigned8'],
  [150, 'flowStartSeconds', 'dateTimeSeconds'],
  [151, 'flowEndSeconds', 'dateTimeSeconds'],
  [152, 'flowStartMilliseconds', 'dateTimeMilliseconds'],
  [153, 'flowEndMilliseconds', 'dateTimeMilliseconds'],
  [154, 'flowStartMicroseconds', 'dateTimeMicroseconds'],
  [155, 'flowEndMicroseconds', 'dateTimeMicroseconds'],
  [156, 'flowStartNanoseconds', 'dateTimeNanoseconds'],
  [157, 'flowEndNanoseconds', 'dateTimeNanoseconds'],
  [158, 'flowStartDeltaMicroseconds', 'unsigned32'],
  [159, 'flowEndDeltaMicroseconds', 'unsigned32'],
  [160, 'systemInitTimeMilliseconds', 'dateTimeMilliseconds'],
  [161, 'flowDurationMilliseconds', 'unsigned32'],
  [210, 'paddingOctets', 'octetArray'],
  [305, 'samplingPacketInterval', 'unsigned32'],
  [306, 'samplingPacketSpace', 'unsigned32'],
  [403, 'originalExporterIPv4Address', 'ipv4Address'],
  [404, 'originalExporterIPv6Address', 'ipv6Address'],
  [405, 'originalObservationDomainId', 'unsigned32'],
];

/** IANA elements that have a reverse twin here: same id and type, under {@link REVERSE_ENTERPRISE}. */
const REVERSED_IDS: readonly number[] = [1, 2, 85, 86];

const ANTREA_ROWS: readonly Row[] = [
  [100, 'sourcePodNamespace', 'string'],
  [101, 'sourcePodName', 'string'],
  [102, 'destinationPodNamespace', 'string'],
  [103, 'destinationPodName', 'string'],
  [104, 'sourceNodeName', 'string'],
  [105, 'destinationNodeName', 'string'],
  [106, 'destinationClusterIPv4', 'ipv4Address'],
  [107, 'destinationClusterIPv6', 'ipv6Address'],
  [108, 'destinationServicePort', 'unsigned16'],
  [109, 'destinationServicePortName', 'string'],
  [110, 'ingressNetworkPolicyName', 'string'],
  [111, 'ingressNetworkPolicyNamespace', 'string'],
  [112, 'egressNetworkPolicyName', 'string'],
  [113, 'egressNetworkPolicyNamespace', 'string'],
  [114, 'ingressNetworkPolicyUID', 'string'],
  [115, 'ingressNetworkPolicyType', 'unsigned8'],
  [116, 'ingressNetworkPolicyRulePriority', 'signed32'],
  [117, 'egressNetworkPolicyUID', 'string'],
  [118, 'egressNetworkPolicyType', 'unsigned8'],
  [119, 'egressNetworkPolicyRulePriority', 'signed32'],
  [120, 'packetTotalCountFromSourceNode', 'unsigned64'],
  [121, 'octetTotalCountFromSourceNode', 'unsigned64'],
  [122, 'packetDeltaCountFromSourceNode', 'unsigned64'],
  [123, 'octetDeltaCountFromSourceNode', 'unsigned64'],
  [124, 'reversePacketTotalCountFromSourceNode', 'unsigned64'],
  [125, 'reverseOctetTotalCountFromSourceNode', 'unsigned64'],
  [126, 'reversePacketDeltaCountFromSourceNode', 'unsigned64'],
  [127, 'reverseOctetDeltaCountFromSourceNode', 'unsigned64'],
  [128, 'packetTotalCountFromDestinationNode', 'unsigned64'],
  [129, 'octetTotalCountFromDestinationNode', 'unsigned64'],
  [130, 'packetDeltaCountFromDestinationNode', 'unsigned64'],
  [131, 'octetDeltaCountFromDestinationNode', 'unsigned64'],
  [132, 'reversePacketTotalCountFromDestinationNode', 'unsigned64'],
  [133, 'reverseOctetTotalCountFromDestinationNode', 'unsigned64'],
  [134, 'reversePacketDeltaCountFromDestinationNode', 'unsigned64'],
  [135, 'reverseOctetDeltaCountFromDestinationNode', 'unsigned64'],
  [136, 'tcpState', 'string'],
  [137, 'flowType', 'unsigned8'],
  [138, 'tcpStatePrevList', 'string'],
  [139, 'ingressNetworkPolicyRuleAction', 'unsigned8'],
  [140, 'egressNetworkPolicyRuleAction', 'unsigned8'],
  [141, 'ingressNetworkPolicyRuleName', 'string'],
  [142, 'egressNetworkPolicyRuleName', 'string'],
  [143, 'sourcePodLabels', 'string'],
  [144, 'destinationPodLabels', 'string'],
  [145, 'throughput', 'unsigned64'],
  [146, 'reverseThroughput', 'unsigned64'],
  [147, 'throughputFromSourceNode', 'unsigned64'],
  [148, 'throughputFromDestinationNode', 'unsigned64'],
  [149, 'reverseThroughputFromSourceNode', 'unsigned64'],
  [150, 'reverseThroughputFromDestinationNode', 'unsigned64'],
  [151, 'flowEndSecondsFromSourceNode', 'dateTimeSeconds'],
  [152, 'flowEndSecondsFromDestinationNode', 'dateTimeSeconds'],
  [153, 'egressName', 'string'],
  [154, 'egressIP', 'string'],
  [155, 'appProtocolName', 'string'],
  [156, 'httpVals', 'string'],
  [157, 'egressNodeName', 'string'],
  [158, 'clusterId', 'string'],
  [159, 'sourcePodUUID', 'octetArray', UUID_LENGTH],
  [160, 'destinationPodUUID', 'octetArray', UUID_LENGTH],
  [161, 'sourceNodeUUID', 'octetArray', UUID_LENGTH],
  [162, 'destinationNodeUUID', 'octetArray', UUID_LENGTH],
  [163, 'destinationServiceUUID', 'octetArray', UUID_LENGTH],
  [164, 'ingressNetworkPolicyUUID', 'octetArray', UUID_LENGTH],
  [165, 'egressNetworkPolicyUUID', 'octetArray', UUID_LENGTH],
  [166, 'egressUUID', 'octetArray', UUID_LENGTH],
  [167, 'egressNodeUUID', 'octetArray', UUID_LENGTH],
  [168, 'destinationServiceIPv4', 'ipv4Address'],
  [169, 'destinationServiceIPv6', 'ipv6Address'],
  [170, 'proxySnatIPv4', 'ipv4Address'],
  [171, 'proxySnatIPv6', 'ipv6Address'],
  [172, 'proxySnatPort', 'unsigned16'],
];

const byName = new Map<string, InformationElement>();
const byNumber = new Map<number, InformationElement>();

/** One number for both parts: an enterprise number has 32 bits, an element id 15. */
const numberKey = (enterpriseNumber: number, id: number): number => enterpriseNumber * 0x8000 + id;

function register(enterpriseNumber: number, [id, name, type, length]: Row): void {
  const element: InformationElement = Object.freeze({
    name,
    id,
    enterpriseNumber,
    type,
    length: length ?? NATURAL_LENGTH[type],
  });
  byName.set(name, element);
  byNumber.set(numberKey(enterpriseNumber, id), element);
}

const reverseName = (name: string): string => `reverse${name.charAt(0).toUpperCase()}${name.slice(1)}`;

for (const row of IANA_ROWS) {
  register(IANA_ENTERPRISE, row);
  if (REVERSED_IDS.includes(row[0])) {
    register(REVERSE_ENTERPRISE, [row[0], reverseName(row[1]), row[2]]);
  }
}
for (const row of ANTREA_ROWS) {
  register(ANTREA_ENTERPRISE, row);
}

/** Every element of the registry: IANA's and their reverse twins first, then Antrea's. */
export const INFORMATION_ELEMENTS: readonly InformationElement[] = [...byName.values()];

/**
 * The element of that name.
 *
 * @throws RangeError if the registry has none: names come from our own code, never from the network.
 */
export function informationElement(name: string): InformationElement {
  const element = byName.get(name);
  if (element === undefined) {
    throw new RangeError(`no information element is named "${name}"`);
  }
  return element;
}

/**
 * The element that a field specifier's numbers stand for, or undefined if Weir does not know it.
 * Antrea's misprinted enterprise number is read as Antrea's.
 *
 * @param enterpriseNumber 0 if the enterprise bit is clear
 * @param id element identifier without the enterprise bit
 */
export function findInformationElement(enterpriseNumber: number, id: number): InformationElement | undefined {
  const registry = enterpriseNumber === ANTREA_MISPRINTED_ENTERPRISE ? ANTREA_ENTERPRISE : enterpriseNumber;
  return byNumber.get(numberKey(registry, id));
}
