/** What can be wrong with access to the API server; also values of a metric's label. */
export const TROUBLES = [
  'credentials',
  'unreachable',
  'tls',
  'silent',
  'unauthorized',
  'forbidden',
  'not_found',
  'expired',
  'throttled',
  'server_error',
  'malformed',
  'internal',
] as const;

/** One of {@link TROUBLES}. */
export type Trouble = (typeof TROUBLES)[number];

/** A request that was not answered as it should have been. The message says who, what, and what to do. */
export class ApiError extends Error {
  readonly trouble: Trouble;
  /** How long the server asks to wait, in milliseconds; 0 if it does not ask. */
  readonly retryAfterMs: number;

  constructor(trouble: Trouble, message: string, retryAfterMs = 0) {
    super(message);
    this.name = 'ApiError';
    this.trouble = trouble;
    this.retryAfterMs = retryAfterMs;
  }
}
