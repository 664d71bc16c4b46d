import type { Cancel } from './clock.js';

/** What a server shows its clients and by what it knows them, each as PEM text. */
export interface ServerCredentials {
  /** The server's certificate, then those between it and its CA, if any. */
  readonly certificate: string;
  /** The key of the certificate. A secret. */
  readonly privateKey: string;
  /** The CAs one of which must have signed a client's certificate. */
  readonly clientAuthorities: string;
}

/** Where the certificates of Weir's own servers are kept, made and renewed. */
export interface CertificateStore {
  /**
   * What servers use now. The first call reads what is kept and makes what is missing; callers that come meanwhile wait for the same.
   *
   * @throws Error that says which certificate or key can't be read, made or kept
   */
  serverCredentials(): Promise<ServerCredentials>;
  /** Calls `action` each time others take the place of what `serverCredentials` gave; new connections should then use those. */
  onRenewal(action: (credentials: ServerCredentials) => void): Cancel;
  /** Looks after the certificates no more. */
  close(): void;
}
