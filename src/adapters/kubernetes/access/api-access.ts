import type { Agent } from 'node:http';

/** What a request to the API server needs, beside path and query. */
export interface RequestOptions {
  /** The API server, with a path if it is behind one. */
  readonly server: URL;
  /** Credentials, and who is impersonated. Secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** User and password, "user:password". Secret. */
  readonly auth: string | undefined;
  /** Connections, with the TLS that was asked for. */
  readonly agent: Agent;
  /** What is known for the words about a handshake that fails. */
  readonly hasClientCertificate: boolean;
  /** Where the authorities come from that are trusted, for such words too. */
  readonly authorities: string;
}

/** Where the API server is and how it is spoken to. */
export interface ApiAccess {
  /**
   * What the next request needs; credentials are as they are on disk now, or as a plugin gave them.
   *
   * @throws Error in words for the person who has to put it right; without secrets
   */
  requestOptions(): Promise<RequestOptions>;
  /** The server refused the credentials, or did not show a certificate that is trusted: both are read anew before the next request. */
  renew(): void;
  /** Closes connections. */
  close(): void;
}
