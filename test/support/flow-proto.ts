import { fileURLToPath } from 'node:url';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { FLOW_PACKAGE } from '../../src/adapters/formats/protobuf/flow-messages.js';

/** A message as a client writes it: field names are those of the .proto. */
export type Message = Readonly<Record<string, unknown>>;

const PROTO = fileURLToPath(new URL('../../../proto', import.meta.url));

const definitions = loadSync('antrea_io/antrea/pkg/apis/flow/v1alpha1/service.proto', {
  includeDirs: [PROTO],
  keepCase: true,
  longs: String,
});

/** The service that takes records, as grpc-js wants it, made of the .proto. */
export const EXPORT_SERVICE = definitions[`${FLOW_PACKAGE}.FlowExportService`] as ServiceDefinition;

const { requestSerialize, requestDeserialize } = EXPORT_SERVICE['Export'] as MethodDefinition<Message, Message>;

/** The octets of an ExportRequest, by an encoder that is not Weir's. */
export function encodeRequest(...flows: readonly Message[]): Uint8Array {
  return Uint8Array.from(requestSerialize({ flows }));
}

/** An ExportRequest as a decoder that is not Weir's has it. */
export function decodeRequest(bytes: Uint8Array): { readonly flows: readonly Message[] } {
  return requestDeserialize(Buffer.from(bytes)) as unknown as { readonly flows: readonly Message[] };
}

/** The octets of a Flow alone. */
export function encodeFlow(flow: Message): Uint8Array {
  return fieldValue(encodeRequest(flow));
}

/** The value of the first field of a message, which has a length. */
function fieldValue(bytes: Uint8Array): Uint8Array {
  let at = 1;
  while (bytes[at]! >= 0x80) at++;
  return bytes.slice(at + 1);
}

/** What a record needs to be one. */
export const MINIMAL: Message = {
  start_ts: { seconds: 1_700_000_000 },
  end_ts: { seconds: 1_700_000_010 },
  ip: { version: 4, source: Uint8Array.of(10, 0, 0, 1), destination: Uint8Array.of(10, 0, 0, 2) },
};

/** What an Antrea agent says about a connection between Pods of two Nodes. */
export const ANTREA: Message = {
  ...MINIMAL,
  id: '0b7bd2f3-0d6f-4d0a-9e4a-6a8c7d1e5f41',
  ipfix: {
    export_time: { seconds: 1_700_000_012, nanos: 5 },
    sequence_number: 77,
    observation_domain_id: 4_000_000_000,
    exporter_ip: '203.0.113.99',
  },
  end_reason: 2,
  transport: { protocol_number: 6, source_port: 40_001, destination_port: 8080, TCP: { state_name: 'ESTABLISHED' } },
  k8s: {
    flow_type: 2,
    source_pod_namespace: 'shop',
    source_pod_name: 'client-7d9f',
    source_pod_uid: '6f1c2a3b-0000-4000-8000-000000000001',
    source_node_name: 'node-1',
    destination_service_port: 443,
    destination_service_port_name: 'stock/backend:https',
    destination_cluster_ip: Uint8Array.of(10, 96, 0, 1),
    destination_service_ip: Uint8Array.of(10, 96, 0, 1),
    egress_network_policy_type: 3,
    egress_network_policy_name: 'allow-backend',
    egress_network_policy_rule_action: 1,
    egress_ip: Uint8Array.of(192, 0, 2, 44),
  },
  stats: { packet_total_count: 10, packet_delta_count: 4, octet_total_count: '9876543210', octet_delta_count: 400 },
  reverse_stats: { packet_total_count: 8, packet_delta_count: 2, octet_total_count: '18446744073709551615' },
  flow_direction: 255,
};
