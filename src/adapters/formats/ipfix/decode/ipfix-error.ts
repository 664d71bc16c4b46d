/**
 * Why input can't be decoded. Each reason is explained in docs/reference/errors.md under its code, and is the `reason` label of
 * weir_messages_malformed_total.
 */
export const IPFIX_REASONS = [
  'version',
  'message_length',
  'set_length',
  'record_length',
  'template_id',
  'template_length',
  'template_scope',
  'template_empty',
  'too_many_templates',
  'too_many_domains',
] as const;

/** One of {@link IPFIX_REASONS}. */
export type IpfixReason = (typeof IPFIX_REASONS)[number];

/** Input that RFC 7011 does not allow, or that exceeds a limit: the only thing the decoder throws. */
export class IpfixError extends Error {
  override readonly name = 'IpfixError';
  /** What users search for: WEIR_IPFIX_ and the reason in capitals. */
  readonly code: string;

  constructor(
    readonly reason: IpfixReason,
    /** Octets from the start of the message to what is wrong. */
    readonly offset: number,
    message: string,
  ) {
    super(message);
    this.code = `WEIR_IPFIX_${reason.toUpperCase()}`;
  }
}
