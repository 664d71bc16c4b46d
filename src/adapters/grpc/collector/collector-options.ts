import type { FlowDecoderOptions } from '../../formats/protobuf/flow-decoder.js';

/** What the gRPC collector needs to know. */
export interface GrpcCollectorOptions extends FlowDecoderOptions {
  /** An address or name to listen on; "::" is both families, or IPv4 alone where the host has no IPv6. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Connections at a time: limits.maxSessions. */
  readonly maxSessions: number;
  /** Milliseconds of silence after which an exporter is disconnected; 0: never. */
  readonly idleTimeout: number;
}
