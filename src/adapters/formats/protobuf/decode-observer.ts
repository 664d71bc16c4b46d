import type { Exporter } from './exporter.js';

/**
 * Why a record is not handed over (flow-rules.md §1), the first of these that is so:
 * - `too_long`: with the JSON text of its labels it has 64 KiB or more;
 * - `invalid_address`: the source or the destination has neither 4 nor 16 octets;
 * - `no_source_address`, `no_destination_address`: the address is not there;
 * - `no_start_time`, `no_end_time`: the time is not there;
 * - `out_of_range`: a port above 65535, or a protocol above 255: the flow it would be taken for is another.
 */
export const RECORD_DROP_REASONS = [
  'too_long',
  'invalid_address',
  'no_source_address',
  'no_destination_address',
  'no_start_time',
  'no_end_time',
  'out_of_range',
] as const;

/** One of {@link RECORD_DROP_REASONS}. */
export type RecordDropReason = (typeof RECORD_DROP_REASONS)[number];

/** What the decoder counts and tells. Nothing here may throw. */
export interface DecodeObserver {
  /** A record was found; it is then either handed over or dropped. */
  recordReceived(): void;
  recordDropped(reason: RecordDropReason): void;
  /** Something about an exporter that is said once for each connection. */
  noticed(exporter: Exporter, notice: string, message: string): void;
}
