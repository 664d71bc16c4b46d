import { Server, ServerCredentials, type ServerReadableStream, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { fileURLToPath } from 'node:url';
import { formatAddress } from '../../../src/domain/flow/address.js';
import type { TestPki } from '../../support/pki.js';
import type { Report } from './recount.js';

const PROTO = fileURLToPath(new URL('../../../../proto', import.meta.url));
const PACKAGE = 'antrea_io.antrea.pkg.apis.flow.v1alpha1';

const definitions = loadSync('antrea_io/antrea/pkg/apis/flow/v1alpha1/service.proto', {
  includeDirs: [PROTO],
  keepCase: true,
  longs: Number,
  enums: Number,
  defaults: true,
});
const service = definitions[`${PACKAGE}.FlowExportService`] as ServiceDefinition;

/** Counters of a direction, as the .proto names them. */
export interface DecodedStats {
  readonly packet_total_count: number;
  readonly packet_delta_count: number;
  readonly octet_total_count: number;
  readonly octet_delta_count: number;
}

interface DecodedTime {
  readonly seconds: number;
  readonly nanos: number;
}

/** A Flow as protobufjs reads it by the .proto; what is not there is null or at its default. */
export interface DecodedFlow {
  readonly id: string;
  readonly ipfix: { readonly export_time: DecodedTime; readonly observation_domain_id: number } | null;
  readonly start_ts: DecodedTime | null;
  readonly end_ts: DecodedTime | null;
  readonly end_reason: number;
  readonly ip: { readonly version: number; readonly source: Uint8Array; readonly destination: Uint8Array } | null;
  readonly transport: {
    readonly protocol_number: number;
    readonly source_port: number;
    readonly destination_port: number;
    readonly TCP?: { readonly state_name: string } | null;
  } | null;
  readonly k8s: Readonly<Record<string, unknown>> | null;
  readonly stats: DecodedStats | null;
  readonly reverse_stats: DecodedStats | null;
  readonly app: unknown;
  readonly proxy_snat_ip: Uint8Array;
  readonly proxy_snat_port: number;
}

/** An ExportRequest, and how many bytes it had. */
export interface DecodedRequest {
  readonly flows: readonly DecodedFlow[];
  readonly bytes: number;
}

/** Reads an ExportRequest by the .proto. */
export function decodeRequest(bytes: Buffer): DecodedRequest {
  const { flows } = service['Export']!.requestDeserialize(bytes) as { flows: DecodedFlow[] };
  return { flows, bytes: bytes.length };
}

/** A stream of requests as the service sees it. */
export type ExportCall = ServerReadableStream<DecodedRequest, object>;

/** Ends a stream: with a status, or with the response. */
export type Answer = (error: { readonly code: number; readonly details: string } | null, response?: object) => void;

/** Called with each stream, its number from 1, and what ends it. */
export type OnCall = (call: ExportCall, number: number, answer: Answer) => void;

/** The service that agents send flows to, of grpc-js, with client certificates demanded. */
export class FlowService {
  /** The requests of each stream, in the order in which the streams began. */
  readonly streams: DecodedRequest[][] = [];
  readonly calls: ExportCall[] = [];
  readonly #server = new Server();
  #port = 0;

  /** Listens on loopback; on a free port if none is given. */
  static async listen(
    { server, authority }: Pick<TestPki, 'server' | 'authority'>,
    onCall: OnCall = () => undefined,
    port = 0,
  ): Promise<FlowService> {
    const listening = new FlowService(onCall);
    const pair = { cert_chain: Buffer.from(server.certificate), private_key: Buffer.from(server.privateKey) };
    const credentials = ServerCredentials.createSsl(Buffer.from(authority.certificate), [pair], true);
    listening.#port = await new Promise((resolve, reject) => {
      listening.#server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) => {
        if (error) reject(error);
        else resolve(bound);
      });
    });
    return listening;
  }

  private constructor(onCall: OnCall) {
    const method = { ...service['Export']!, requestDeserialize: decodeRequest };
    this.#server.addService(
      { Export: method },
      {
        Export: (call: ExportCall, answer: Answer): void => {
          const requests: DecodedRequest[] = [];
          this.streams.push(requests);
          this.calls.push(call);
          call.on('data', (request: DecodedRequest) => requests.push(request));
          call.on('end', () => {
            answer(null, {});
          });
          call.on('error', () => undefined);
          onCall(call, this.calls.length, answer);
        },
      },
    );
  }

  get target(): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.#port };
  }

  /** All flows of all streams. */
  get flows(): DecodedFlow[] {
    return this.streams.flat().flatMap(({ flows }) => flows);
  }

  /** Breaks all connections and listens no more. */
  close(): void {
    this.#server.forceShutdown();
  }
}

/** What a Flow says, in the terms of a recount. */
export function reportOfFlow(flow: DecodedFlow, messageBytes: number): Report {
  const { ipfix, start_ts, end_ts, ip, transport, stats, reverse_stats } = flow;
  const counters = (kind: 'total' | 'delta'): Report['totals'] => ({
    packetTotalCount: stats![`packet_${kind}_count`],
    octetTotalCount: stats![`octet_${kind}_count`],
    reversePacketTotalCount: reverse_stats![`packet_${kind}_count`],
    reverseOctetTotalCount: reverse_stats![`octet_${kind}_count`],
  });
  return {
    observationDomain: ipfix!.observation_domain_id,
    key: {
      sourceIP: formatAddress(ip!.source),
      destinationIP: formatAddress(ip!.destination),
      protocolIdentifier: transport!.protocol_number,
      sourceTransportPort: transport!.source_port,
      destinationTransportPort: transport!.destination_port,
    },
    messageBytes,
    totals: counters('total'),
    deltas: counters('delta'),
    flowStartSeconds: start_ts!.seconds,
    flowEndSeconds: end_ts!.seconds,
    flowEndReason: flow.end_reason,
    tcpState: transport!.TCP?.state_name ?? '',
  };
}
