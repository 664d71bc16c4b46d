import { RECORDS_DROPPED, RECORDS_DROPPED_HELP } from '../../../application/record-counters.js';
import type { Logger } from '../../../application/ports/logger.js';
import type { Counter, Metrics } from '../../../application/ports/metrics.js';
import { IPFIX_REASONS, type IpfixReason } from '../../formats/ipfix/decode/ipfix-error.js';
import type { DecodeObserver, RecordDropReason, SkipReason } from '../../formats/ipfix/decode/decode-observer.js';
import type { ExporterSession, Notice } from '../../formats/ipfix/decode/session.js';

/**
 * Why a message is counted as malformed: what the decoder says, or
 * - `truncated`: the connection ended in the middle of a message;
 * - `internal`: a fault of Weir itself, which the log has in full.
 */
export type MalformedReason = IpfixReason | 'truncated' | 'internal';

const MALFORMED_REASONS: readonly MalformedReason[] = [...IPFIX_REASONS, 'truncated', 'internal'];

/** What the gauges show, read when metrics are. */
export interface CollectorGauges {
  readonly sessions: () => number;
  readonly templates: () => number;
}

/** Counts what a collector receives, and says what is worth a line once a session. */
export class CollectorMetrics implements DecodeObserver {
  readonly messages: Counter;
  readonly sessionsRefused: Counter;
  readonly sessionsEvicted: Counter;
  readonly #logger: Logger;
  readonly #received: Counter;
  readonly #gaps: Counter;
  readonly #dropped: Readonly<Record<RecordDropReason, Counter>>;
  readonly #skipped: Readonly<Record<SkipReason, Counter>>;
  readonly #malformed: ReadonlyMap<MalformedReason, Counter>;

  constructor(transport: string, metrics: Metrics, logger: Logger, gauges: CollectorGauges) {
    this.#logger = logger;
    this.messages = metrics.counter('weir_messages_received_total', 'Messages received and decoded', {
      transport,
    });
    this.sessionsRefused = metrics.counter(
      'weir_sessions_refused_total',
      'Sessions refused since limits.maxSessions were open',
      { transport },
    );
    this.sessionsEvicted = metrics.counter(
      'weir_sessions_evicted_total',
      'Sessions ended to make room for another one',
      { transport },
    );
    this.#received = metrics.counter('weir_records_received_total', 'Flow records received', { transport });
    this.#gaps = metrics.counter(
      'weir_sequence_gaps_total',
      'Times that records were missing by the sequence numbers of a session',
    );
    const dropped = (reason: RecordDropReason): Counter =>
      metrics.counter(RECORDS_DROPPED, RECORDS_DROPPED_HELP, { reason });
    this.#dropped = {
      no_source_address: dropped('no_source_address'),
      no_destination_address: dropped('no_destination_address'),
    };
    const skipped = (reason: SkipReason): Counter =>
      metrics.counter('weir_sets_skipped_total', 'Sets of messages skipped', { reason });
    this.#skipped = { unknown_template: skipped('unknown_template'), reserved_id: skipped('reserved_id') };
    this.#malformed = new Map(
      MALFORMED_REASONS.map((reason) => [
        reason,
        metrics.counter('weir_messages_malformed_total', 'Messages discarded as malformed', {
          transport,
          reason,
        }),
      ]),
    );
    metrics.gauge('weir_sessions', 'Transport sessions open', gauges.sessions, { transport });
    metrics.gauge('weir_templates', 'Templates in use, of all sessions', gauges.templates, { transport });
  }

  /** Counts a message that was discarded. */
  malformed(reason: MalformedReason): void {
    this.#malformed.get(reason)?.add();
  }

  recordsReceived(count: number): void {
    this.#received.add(count);
  }

  recordsDropped(reason: RecordDropReason, count: number): void {
    this.#dropped[reason].add(count);
  }

  setSkipped(reason: SkipReason): void {
    this.#skipped[reason].add();
  }

  sequenceGap(): void {
    this.#gaps.add();
  }

  noticed(session: ExporterSession, notice: Notice, message: string): void {
    // Each exporter gets its line, whatever port it comes from. Over UDP it may have made its address up: the log bounds its keys.
    const exporter = session.peer.slice(0, session.peer.lastIndexOf(':'));
    this.#logger.repeated(`ipfix ${notice} ${exporter}`, message, { exporter: session.peer });
  }

  elementsUnknown(session: ExporterSession, templateId: number, elements: () => string): void {
    // Nothing is wrong: most exporters have elements that flows have no use for.
    const message = 'a template has elements that Weir does not know; they are skipped';
    this.#logger.debug(message, {
      exporter: session.peer,
      template: templateId,
      // Read only if the line is written.
      get elements() {
        return elements();
      },
    });
  }
}
