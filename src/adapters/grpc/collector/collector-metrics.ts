import { RECORDS_DROPPED, RECORDS_DROPPED_HELP } from '../../../application/record-counters.js';
import type { Logger } from '../../../application/ports/logger.js';
import type { Counter, Metrics } from '../../../application/ports/metrics.js';
import {
  type DecodeObserver,
  RECORD_DROP_REASONS,
  type RecordDropReason,
} from '../../formats/protobuf/decode-observer.js';
import type { Exporter } from '../../formats/protobuf/exporter.js';
import { PROTOBUF_REASONS, type ProtobufReason } from '../../formats/protobuf/protobuf-error.js';
import { FRAME_REASONS, type FrameReason } from './grpc-error.js';

/** Why a message is counted as malformed; `internal` is a fault of Weir itself, which the log has in full. */
export type MalformedReason = ProtobufReason | FrameReason | 'internal';

const MALFORMED_REASONS: readonly MalformedReason[] = [...PROTOBUF_REASONS, ...FRAME_REASONS, 'internal'];

/** Counts what the gRPC collector receives, and says what is worth a line once a connection. */
export class CollectorMetrics implements DecodeObserver {
  readonly messages: Counter;
  readonly sessionsRefused: Counter;
  readonly #logger: Logger;
  readonly #received: Counter;
  readonly #dropped: ReadonlyMap<RecordDropReason, Counter>;
  readonly #malformed: ReadonlyMap<MalformedReason, Counter>;

  constructor(transport: string, metrics: Metrics, logger: Logger, sessions: () => number) {
    this.#logger = logger;
    this.messages = metrics.counter('weir_messages_received_total', 'Messages received and decoded', { transport });
    this.sessionsRefused = metrics.counter(
      'weir_sessions_refused_total',
      'Sessions refused since limits.maxSessions were open',
      { transport },
    );
    this.#received = metrics.counter('weir_records_received_total', 'Flow records received', { transport });
    this.#dropped = new Map(
      RECORD_DROP_REASONS.map((reason) => [reason, metrics.counter(RECORDS_DROPPED, RECORDS_DROPPED_HELP, { reason })]),
    );
    this.#malformed = new Map(
      MALFORMED_REASONS.map((reason) => [
        reason,
        metrics.counter('weir_messages_malformed_total', 'Messages discarded as malformed', { transport, reason }),
      ]),
    );
    metrics.gauge('weir_sessions', 'Transport sessions open', sessions, { transport });
  }

  /** Counts a message that was discarded from a fault in it on. */
  malformed(reason: MalformedReason): void {
    this.#malformed.get(reason)?.add();
  }

  recordReceived(): void {
    this.#received.add();
  }

  recordDropped(reason: RecordDropReason): void {
    this.#dropped.get(reason)?.add();
  }

  noticed(exporter: Exporter, notice: string, message: string): void {
    this.#logger.repeated(`grpc ${notice} ${exporter.host}`, message, { exporter: exporter.peer });
  }
}
