import type { WireWriter } from './encode-wire.js';
import { FLOW, IP, IPFIX, KUBERNETES, STATS, TCP, TIMESTAMP, TRANSPORT } from './flow-messages.js';

/** What is different in each report of a flow, beside its counters. */
export interface FlowReport {
  readonly exportSeconds: number;
  readonly observationDomain: number;
  readonly flowStartSeconds: number;
  readonly flowEndSeconds: number;
  /** A flowEndReason (flow-rules §9). */
  readonly endReason: number;
}

/** What an agent knows of a flow, whatever it carries. Addresses are in network order; what is not known is empty or 0. */
export interface FlowContents {
  readonly sourceIP: Uint8Array;
  readonly destinationIP: Uint8Array;
  readonly protocolIdentifier: number;
  readonly sourceTransportPort: number;
  readonly destinationTransportPort: number;
  readonly tcpState: string;
  readonly flowType: number;
  readonly sourcePodNamespace: string;
  readonly sourcePodName: string;
  readonly sourcePodUID: string;
  readonly sourceNodeName: string;
  readonly sourceNodeUID: string;
  readonly destinationPodNamespace: string;
  readonly destinationPodName: string;
  readonly destinationPodUID: string;
  readonly destinationNodeName: string;
  readonly destinationNodeUID: string;
  readonly destinationClusterIP: Uint8Array;
  readonly destinationServicePort: number;
  readonly destinationServicePortName: string;
  readonly destinationServiceIP: Uint8Array;
  readonly ingressNetworkPolicyType: number;
  readonly ingressNetworkPolicyNamespace: string;
  readonly ingressNetworkPolicyName: string;
  readonly ingressNetworkPolicyUID: string;
  readonly ingressNetworkPolicyRuleName: string;
  readonly ingressNetworkPolicyRuleAction: number;
  readonly egressNetworkPolicyType: number;
  readonly egressNetworkPolicyNamespace: string;
  readonly egressNetworkPolicyName: string;
  readonly egressNetworkPolicyUID: string;
  readonly egressNetworkPolicyRuleName: string;
  readonly egressNetworkPolicyRuleAction: number;
  readonly egressName: string;
  readonly egressIP: Uint8Array;
  readonly egressNodeName: string;
  readonly egressUID: string;
  readonly proxySnatIP: Uint8Array;
  readonly proxySnatPort: number;
}

/**
 * The eight counters of a flow, integers up to 2⁵³: packet total, octet total, packet delta, octet delta in the flow's direction, then the
 * same four against it.
 */
export type FlowCounterValues = Readonly<Float64Array>;

/** Index of the first counter against the flow's direction. */
const REVERSE = 4;

/** Writes the fields of a Flow that say which report it is. */
export function encodeReport(writer: WireWriter, report: FlowReport): void {
  const ipfix = writer.begin(FLOW.ipfix);
  encodeTime(writer, IPFIX.export_time, report.exportSeconds);
  writer.number(IPFIX.observation_domain_id, report.observationDomain);
  writer.end(ipfix);
  encodeTime(writer, FLOW.start_ts, report.flowStartSeconds);
  encodeTime(writer, FLOW.end_ts, report.flowEndSeconds);
  writer.number(FLOW.end_reason, report.endReason);
}

/**
 * Writes the fields of a Flow that stay the same as long as it lives.
 *
 * @returns where the source's address and port are
 */
export function encodeContents(
  writer: WireWriter,
  contents: FlowContents,
): { readonly sourceAddress: number; readonly sourcePort: number } {
  const ip = writer.begin(FLOW.ip);
  writer.number(IP.version, contents.sourceIP.length === 4 ? 4 : 6);
  writer.octets(IP.source, contents.sourceIP);
  const sourceAddress = writer.at - contents.sourceIP.length;
  writer.octets(IP.destination, contents.destinationIP);
  writer.end(ip);

  const transport = writer.begin(FLOW.transport);
  writer.number(TRANSPORT.protocol_number, contents.protocolIdentifier);
  const sourcePort = writer.at + 1;
  writer.number(TRANSPORT.source_port, contents.sourceTransportPort);
  writer.number(TRANSPORT.destination_port, contents.destinationTransportPort);
  if (contents.tcpState !== '') {
    const tcp = writer.begin(TRANSPORT.TCP);
    writer.text(TCP.state_name, contents.tcpState);
    writer.end(tcp);
  }
  writer.end(transport);

  const k8s = writer.begin(FLOW.k8s);
  encodeKubernetes(writer, contents);
  writer.end(k8s);
  // Agents send one whether or not they know the application.
  writer.end(writer.begin(FLOW.app));
  writer.octets(FLOW.proxy_snat_ip, contents.proxySnatIP);
  writer.number(FLOW.proxy_snat_port, contents.proxySnatPort);
  return { sourceAddress, sourcePort };
}

/** Writes the fields of a Flow that count, of both directions. */
export function encodeCounters(writer: WireWriter, counters: FlowCounterValues): void {
  encodeStats(writer, FLOW.stats, counters, 0);
  encodeStats(writer, FLOW.reverse_stats, counters, REVERSE);
}

function encodeTime(writer: WireWriter, field: number, seconds: number): void {
  const time = writer.begin(field);
  writer.number(TIMESTAMP.seconds, seconds);
  writer.end(time);
}

function encodeStats(writer: WireWriter, field: number, counters: FlowCounterValues, first: number): void {
  const stats = writer.begin(field);
  writer.number(STATS.packet_total_count, counters[first]!);
  writer.number(STATS.packet_delta_count, counters[first + 2]!);
  writer.number(STATS.octet_total_count, counters[first + 1]!);
  writer.number(STATS.octet_delta_count, counters[first + 3]!);
  writer.end(stats);
}

function encodeKubernetes(writer: WireWriter, contents: FlowContents): void {
  writer.number(KUBERNETES.flow_type, contents.flowType);
  writer.text(KUBERNETES.source_pod_namespace, contents.sourcePodNamespace);
  writer.text(KUBERNETES.source_pod_name, contents.sourcePodName);
  writer.text(KUBERNETES.source_pod_uid, contents.sourcePodUID);
  writer.text(KUBERNETES.source_node_name, contents.sourceNodeName);
  writer.text(KUBERNETES.source_node_uid, contents.sourceNodeUID);
  writer.text(KUBERNETES.destination_pod_namespace, contents.destinationPodNamespace);
  writer.text(KUBERNETES.destination_pod_name, contents.destinationPodName);
  writer.text(KUBERNETES.destination_pod_uid, contents.destinationPodUID);
  writer.text(KUBERNETES.destination_node_name, contents.destinationNodeName);
  writer.text(KUBERNETES.destination_node_uid, contents.destinationNodeUID);
  writer.octets(KUBERNETES.destination_cluster_ip, contents.destinationClusterIP);
  writer.number(KUBERNETES.destination_service_port, contents.destinationServicePort);
  writer.text(KUBERNETES.destination_service_port_name, contents.destinationServicePortName);
  writer.number(KUBERNETES.ingress_network_policy_type, contents.ingressNetworkPolicyType);
  writer.text(KUBERNETES.ingress_network_policy_namespace, contents.ingressNetworkPolicyNamespace);
  writer.text(KUBERNETES.ingress_network_policy_name, contents.ingressNetworkPolicyName);
  writer.text(KUBERNETES.ingress_network_policy_uid, contents.ingressNetworkPolicyUID);
  writer.text(KUBERNETES.ingress_network_policy_rule_name, contents.ingressNetworkPolicyRuleName);
  writer.number(KUBERNETES.ingress_network_policy_rule_action, contents.ingressNetworkPolicyRuleAction);
  writer.number(KUBERNETES.egress_network_policy_type, contents.egressNetworkPolicyType);
  writer.text(KUBERNETES.egress_network_policy_namespace, contents.egressNetworkPolicyNamespace);
  writer.text(KUBERNETES.egress_network_policy_name, contents.egressNetworkPolicyName);
  writer.text(KUBERNETES.egress_network_policy_uid, contents.egressNetworkPolicyUID);
  writer.text(KUBERNETES.egress_network_policy_rule_name, contents.egressNetworkPolicyRuleName);
  writer.number(KUBERNETES.egress_network_policy_rule_action, contents.egressNetworkPolicyRuleAction);
  writer.text(KUBERNETES.egress_name, contents.egressName);
  writer.octets(KUBERNETES.egress_ip, contents.egressIP);
  writer.text(KUBERNETES.egress_node_name, contents.egressNodeName);
  writer.text(KUBERNETES.egress_uid, contents.egressUID);
  writer.octets(KUBERNETES.destination_service_ip, contents.destinationServiceIP);
}
