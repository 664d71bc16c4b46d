/**
 * The numbers of Antrea's flow API, package antrea_io.antrea.pkg.apis.flow.v1alpha1: one constant for each message, field numbers by
 * the field's name in the .proto files under `proto/`. Decoder and encoder have them from here, and a test compares them with the files.
 */

/** The package of all messages and services. */
export const FLOW_PACKAGE = 'antrea_io.antrea.pkg.apis.flow.v1alpha1';

/** The path of the method by which exporters send flows: a stream of ExportRequest, answered by one ExportResponse. */
export const EXPORT_METHOD_PATH = `/${FLOW_PACKAGE}.FlowExportService/Export`;

/** How a field's value is written (protobuf encoding, "message structure"): the low three bits of its tag. */
export const WireType = { Varint: 0, Fixed64: 1, Bytes: 2, GroupStart: 3, GroupEnd: 4, Fixed32: 5 } as const;
/** One of the six. */
export type WireType = (typeof WireType)[keyof typeof WireType];

/** A field's tag, as it stands before its value. */
export function tagOf(field: number, type: WireType): number {
  return (field << 3) | type;
}

/** google.protobuf.Timestamp: seconds is an int64, nanos an int32. */
export const TIMESTAMP = { seconds: 1, nanos: 2 } as const;

/** What an exporter sends: flows is repeated. */
export const EXPORT_REQUEST = { flows: 1 } as const;

/** One record. */
export const FLOW = {
  id: 1,
  ipfix: 2,
  start_ts: 3,
  end_ts: 4,
  end_reason: 5,
  ip: 6,
  transport: 7,
  k8s: 8,
  stats: 9,
  reverse_stats: 10,
  app: 11,
  flow_direction: 12,
  aggregation: 13,
  proxy_snat_ip: 14,
  proxy_snat_port: 15,
} as const;

/** What an IPFIX message's header would say. */
export const IPFIX = { export_time: 1, sequence_number: 2, observation_domain_id: 3, exporter_ip: 4 } as const;

/** Both ends; addresses are bytes in network order. */
export const IP = { version: 1, source: 2, destination: 3 } as const;

/** Protocol and ports; TCP is the one member of a oneof. */
export const TRANSPORT = { protocol_number: 1, source_port: 2, destination_port: 3, TCP: 4 } as const;

/** What only TCP has. */
export const TCP = { state_name: 1 } as const;

/** Counters of one direction, all uint64. */
export const STATS = {
  packet_total_count: 1,
  packet_delta_count: 2,
  octet_total_count: 3,
  octet_delta_count: 4,
} as const;

/** Pods, Nodes, Services and policies. */
export const KUBERNETES = {
  flow_type: 1,
  source_pod_namespace: 2,
  source_pod_name: 3,
  source_pod_uid: 4,
  source_pod_labels: 5,
  source_node_name: 6,
  source_node_uid: 7,
  destination_pod_namespace: 8,
  destination_pod_name: 9,
  destination_pod_uid: 10,
  destination_pod_labels: 11,
  destination_node_name: 12,
  destination_node_uid: 13,
  destination_cluster_ip: 14,
  destination_service_port: 15,
  destination_service_port_name: 16,
  destination_service_uid: 17,
  ingress_network_policy_type: 18,
  ingress_network_policy_namespace: 19,
  ingress_network_policy_name: 20,
  ingress_network_policy_uid: 21,
  ingress_network_policy_rule_name: 22,
  ingress_network_policy_rule_action: 23,
  egress_network_policy_type: 24,
  egress_network_policy_namespace: 25,
  egress_network_policy_name: 26,
  egress_network_policy_uid: 27,
  egress_network_policy_rule_name: 28,
  egress_network_policy_rule_action: 29,
  egress_name: 30,
  egress_ip: 31,
  egress_node_name: 32,
  egress_node_uid: 33,
  egress_uid: 34,
  destination_service_ip: 35,
} as const;

/** A Pod's labels: labels is a map, that is a repeated {@link LABELS_ENTRY}. */
export const LABELS = { labels: 1 } as const;

/** An entry of a map. */
export const LABELS_ENTRY = { key: 1, value: 2 } as const;
