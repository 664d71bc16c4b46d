import type { ExporterSession, Notice } from './session.js';

/** Why a record is not handed over. */
export type RecordDropReason = 'no_source_address' | 'no_destination_address';

/** Why a set is passed over. */
export type SkipReason = 'unknown_template' | 'reserved_id';

/** What the decoder counts and tells. Nothing here may throw. */
export interface DecodeObserver {
  /** Flow records were found in a data set; each is then either handed over or dropped. */
  recordsReceived(count: number): void;
  recordsDropped(reason: RecordDropReason, count: number): void;
  setSkipped(reason: SkipReason): void;
  /** Records are missing between this message and the one before. */
  sequenceGap(): void;
  /** Something about an exporter that is said once a session. */
  noticed(session: ExporterSession, notice: Notice, message: string): void;
  /**
   * A template new to its session has elements that Weir doesn't know and skips.
   *
   * @param elements names them, enterprise number/identifier; to be called, if at all, before this returns
   */
  elementsUnknown(session: ExporterSession, templateId: number, elements: () => string): void;
}
