/** What all IPFIX collectors need to know. */
export interface CollectorOptions {
  /** An address or name to listen on; "::" is both families, or IPv4 alone where the host has no IPv6. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Transport sessions at a time: TCP or TLS connections, or UDP exporters. */
  readonly maxSessions: number;
  /** Templates of one session, and observation domains of one session. */
  readonly maxTemplates: number;
  /** Milliseconds of silence after which an exporter over TCP or TLS is disconnected; 0: never. UDP sessions have a time of their own. */
  readonly idleTimeout: number;
}
