import { address, endpoint, text, u16, u32, u64, u8, type FieldTable } from './field.js';

/**
 * The one list of a flow's fields.
 *
 * Row layout, typed accessors, IPFIX mapping, the columns of every output and the documentation derive from these tables.
 * A new field is one line here, and its name in the outputs that should carry it.
 */

/** What a flow has once, whichever Node reported it. */
export const FLOW_FIELDS = {
  sourceIP: endpoint('Address of the side that opened the connection'),
  destinationIP: endpoint('Address of the side that accepted it, after service load balancing'),
  sourceTransportPort: u16('Source port; 0 for protocols without ports'),
  destinationTransportPort: u16('Destination port; 0 for protocols without ports'),
  protocolIdentifier: u8('IANA protocol number: 6 is TCP, 17 is UDP'),
  flowEndReason: u8(
    'Why the last record was sent: 1 idle timeout, 2 active timeout, 3 end of flow, 4 forced end, 5 lack of resources',
  ),
  flowType: u8('1 IntraNode, 2 InterNode, 3 ToExternal, 4 FromExternal, 0 unknown'),
  ingressNetworkPolicyType: u8(
    'Kind of the ingress policy: 1 K8sNetworkPolicy, 2 AntreaNetworkPolicy, 3 AntreaClusterNetworkPolicy, 4 K8sClusterNetworkPolicy',
  ),
  ingressNetworkPolicyRuleAction: u8('What the ingress rule did: 0 none, 1 Allow, 2 Drop, 3 Reject'),
  egressNetworkPolicyType: u8('Kind of the egress policy, numbered as the ingress policy is'),
  egressNetworkPolicyRuleAction: u8('What the egress rule did: 0 none, 1 Allow, 2 Drop, 3 Reject'),
  flowDirection: u8(
    'Which way the reporting Node saw the connection: 0 ingress, 1 egress, 255 unknown; Proxy mode only',
  ),
  flowStartSeconds: u32('Start of the connection, Unix seconds; the smallest reported'),
  flowEndSeconds: u32('End of the latest report, Unix seconds; the largest reported'),
  observationDomainId: u32("Observation domain of the flow's first record"),
  tcpState: text('State of the TCP connection at the latest report'),
  exporterIP: address("Transport address of the exporter of the flow's first record"),
  sourcePodName: text('Name of the Pod at the source'),
  sourcePodNamespace: text('Namespace of the Pod at the source'),
  sourcePodUID: text('UID of the Pod at the source'),
  sourcePodLabels: text('Labels of the Pod at the source, a JSON object with sorted keys'),
  sourceNodeName: text('Name of the Node of the source Pod'),
  sourceNodeUID: text('UID of the Node of the source Pod'),
  destinationPodName: text('Name of the Pod at the destination'),
  destinationPodNamespace: text('Namespace of the Pod at the destination'),
  destinationPodUID: text('UID of the Pod at the destination'),
  destinationPodLabels: text('Labels of the Pod at the destination, a JSON object with sorted keys'),
  destinationNodeName: text('Name of the Node of the destination Pod'),
  destinationNodeUID: text('UID of the Node of the destination Pod'),
  destinationClusterIP: address('Cluster IP of the Service the connection was opened to'),
  destinationServiceIP: address('Address of the Service the connection was opened to, of any kind'),
  destinationServicePort: u16('Port of the Service the connection was opened to'),
  destinationServicePortName: text('namespace/name:port of the Service the connection was opened to'),
  destinationServiceUID: text('UID of the Service the connection was opened to'),
  ingressNetworkPolicyName: text('Name of the policy that decided at the destination'),
  ingressNetworkPolicyNamespace: text('Namespace of the ingress policy; empty for one of the whole cluster'),
  ingressNetworkPolicyUID: text('UID of the ingress policy'),
  ingressNetworkPolicyRuleName: text('Name of the rule of the ingress policy'),
  egressNetworkPolicyName: text('Name of the policy that decided at the source'),
  egressNetworkPolicyNamespace: text('Namespace of the egress policy; empty for one of the whole cluster'),
  egressNetworkPolicyUID: text('UID of the egress policy'),
  egressNetworkPolicyRuleName: text('Name of the rule of the egress policy'),
  egressName: text('Name of the Egress that the connection left the cluster by'),
  egressUID: text('UID of the Egress'),
  egressIP: address('Address that the Egress gave the connection'),
  egressNodeName: text('Node from which the Egress left'),
  egressNodeUID: text('UID of the Node from which the Egress left'),
  proxySnatIP: address('Address that the ingress Node put in place of the source, for a connection from outside'),
  proxySnatPort: u16('Port that the ingress Node put in place of the source port'),
} as const satisfies FieldTable;

/** Name of a field that a flow has once. */
export type FlowFieldName = keyof typeof FLOW_FIELDS;

/**
 * The eight counters that a record carries and that each side of a flow holds, in this order.
 * Totals count from the start of the connection, deltas since the previous report (in a flow: since the previous export).
 */
export const COUNTER_FIELDS = {
  packetTotalCount: u64('Packets from source to destination since the connection began'),
  octetTotalCount: u64('Octets from source to destination since the connection began'),
  reversePacketTotalCount: u64('Packets from destination to source since the connection began'),
  reverseOctetTotalCount: u64('Octets from destination to source since the connection began'),
  packetDeltaCount: u64('Packets from source to destination since the previous export'),
  octetDeltaCount: u64('Octets from source to destination since the previous export'),
  reversePacketDeltaCount: u64('Packets from destination to source since the previous export'),
  reverseOctetDeltaCount: u64('Octets from destination to source since the previous export'),
} as const satisfies FieldTable;

/** Name of a counter. */
export type CounterName = keyof typeof COUNTER_FIELDS;

/**
 * What a flow has once for each side (flow-rules.md §4): the counters, what follows from them, and the end of the side's latest report.
 * Without a Node in its name each is derived from both sides (`Flow`), except flowEndSeconds, which the flow stores.
 */
export const SIDE_FIELDS = {
  ...COUNTER_FIELDS,
  throughput: u64('Bits per second from source to destination between the two latest reports'),
  reverseThroughput: u64('Bits per second from destination to source between the two latest reports'),
  flowEndSeconds: u32("End of the side's latest report, Unix seconds"),
} as const satisfies FieldTable;

/** Name of a field that each side of a flow has. */
export type SideFieldName = keyof typeof SIDE_FIELDS;

/** What only a record has, beside the fields of the flow and the counters (flow-rules.md §1). */
export const RECORD_FIELDS = {
  exportTimeSeconds: u32('Export time of the message, Unix seconds'),
  sequenceNumber: u32("The message's sequence number plus the record's place in the message"),
} as const satisfies FieldTable;
