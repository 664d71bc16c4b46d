/**
 * Why octets are no message. Each reason is explained in docs/reference/errors.md under its code, and is the `reason` label of
 * weir_messages_malformed_total.
 */
export const PROTOBUF_REASONS = ['field_number', 'wire_type', 'varint', 'length', 'group', 'utf8'] as const;

/** One of {@link PROTOBUF_REASONS}. */
export type ProtobufReason = (typeof PROTOBUF_REASONS)[number];

/** Octets that protobuf's encoding does not allow, or not for the message they should be: the only thing the decoder throws. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
  /** What users search for: WEIR_PROTOBUF_ and the reason in capitals. */
  readonly code: string;

  constructor(
    readonly reason: ProtobufReason,
    /** Octets from the start of what is read to what is wrong. */
    readonly offset: number,
    message: string,
  ) {
    super(message);
    this.code = `WEIR_PROTOBUF_${reason.toUpperCase()}`;
  }

  /** The same, where what is read begins `octets` later in something larger. */
  movedBy(octets: number): ProtobufError {
    return new ProtobufError(this.reason, this.offset + octets, this.message);
  }
}
