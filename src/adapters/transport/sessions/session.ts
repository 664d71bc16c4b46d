/** A transport session with a collector (RFC 7011 §2): a connection, or over UDP a pair of addresses and ports. */
export interface Session {
  /** The collector's address and port. */
  readonly peer: string;
  readonly ipVersion: 4 | 6;
  /** Whether more can be sent. It can end at any time: the collector closed it, or it broke. */
  readonly usable: boolean;
  /**
   * Sends bytes; resolves once the kernel has taken them all. One call at a time.
   * Rejects if it did not take them, and soon after `signal` is aborted; it is then unknown how many of them arrive.
   *
   * @throws TryAgainError if the session is as good as before and only these bytes did not go
   * @throws SessionOverError if the session was over before and nothing of these bytes went
   */
  send(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void>;
  /** Ends the session in order, so that all that was sent arrives. Never rejects. */
  close(): Promise<void>;
}

/** The kernel had no room for the bytes just now. */
export class TryAgainError extends Error {
  override readonly name = 'TryAgainError';
}

/** The collector ended the session in order, or it broke, before these bytes. */
export class SessionOverError extends Error {
  override readonly name = 'SessionOverError';
}
