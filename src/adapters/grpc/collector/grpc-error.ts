/**
 * The status codes of gRPC that Weir answers with. Exporters act on them: what is UNAVAILABLE is tried again soon, what is an
 * INVALID_ARGUMENT is a fault of their own.
 */
export const Status = {
  Ok: 0,
  InvalidArgument: 3,
  ResourceExhausted: 8,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
} as const;
/** One of the codes. */
export type Status = (typeof Status)[keyof typeof Status];

/**
 * What can be wrong with the frame of a message, the five octets before it, or with its end:
 * - `too_large`: it is longer than 4 MiB, or says so;
 * - `compressed`: it is compressed, which Weir never offered to undo;
 * - `prefix`: the octet that says whether it is compressed is neither 0 nor 1;
 * - `truncated`: the stream ended, was reset or lost its connection in the middle of it.
 */
export const FRAME_REASONS = ['too_large', 'compressed', 'prefix', 'truncated'] as const;

/** One of {@link FRAME_REASONS}. */
export type FrameReason = (typeof FRAME_REASONS)[number];

/** A stream that does not keep to gRPC's framing of messages. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  /** What users search for: WEIR_GRPC_ and the reason in capitals. */
  readonly code: string;

  constructor(
    readonly reason: FrameReason,
    /** What the client is answered. */
    readonly status: Status,
    message: string,
  ) {
    super(message);
    this.code = `WEIR_GRPC_${reason.toUpperCase()}`;
  }
}
