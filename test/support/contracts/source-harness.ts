import type { FlowSource } from '../../../src/application/ports/flow-source.js';
import type { FakeClock } from '../fake-clock.js';
import type { RecordingLogger } from '../recording-logger.js';
import type { RecordingMetrics } from '../recording-metrics.js';
import type { Ability } from './sink-harness.js';

/** What of the contract a source's transport allows. */
export interface SourceAbilities {
  /** While the source is paused its senders have to wait, and nothing is lost. */
  readonly holdsBack: Ability;
  /** Both ends know of a session, so that one too many is refused, and its end is noticed. */
  readonly hasSessions: Ability;
}

/** A record as a sender of a test has it. */
export interface SentRecord {
  readonly sourceIP: string;
  readonly destinationIP: string;
  readonly sourceTransportPort: number;
  /** What the record is told apart by. */
  readonly destinationTransportPort: number;
  readonly protocolIdentifier: number;
  readonly flowStartSeconds: number;
  readonly flowEndSeconds: number;
  readonly octetTotalCount: bigint;
  readonly sourcePodName: string;
  readonly ingressNetworkPolicyRuleName: string;
}

/** One exporter, connected to a source where the transport has connections. */
export interface RecordSender {
  /** Sends records, in their order, in as many messages as that takes; resolves once the transport has taken them. */
  send(records: readonly SentRecord[]): Promise<void>;
  /** Sends something whole that is not what it should be. */
  sendMalformed(): Promise<void>;
  /** Sends a part of a message and is gone. */
  vanish(): Promise<void>;
  /** Whether the source has ended the session. Where there are none, false. */
  readonly isOver: boolean;
  /** Ends in order. */
  close(): Promise<void>;
}

/** Where a source of a test listens, and how many senders it may have. */
export interface SourceOptions {
  readonly host: string;
  readonly port: number;
  readonly maxSessions: number;
}

/** What a source of a test is given of the outside. */
export interface SourceContext {
  readonly clock: FakeClock;
  readonly logger: RecordingLogger;
  readonly metrics: RecordingMetrics;
}

/** What the contract needs to know of an implementation. */
export interface SourceHarness {
  /** Its name, which is the label of its metrics. */
  readonly transport: string;
  readonly abilities: SourceAbilities;
  source(options: SourceOptions, context: SourceContext): Promise<FlowSource>;
  /**
   * An exporter. Unless it `stays`, it ends its session when the source does.
   *
   * @throws if nobody listens there, where the transport can tell
   */
  sender(port: number, stays: boolean): Promise<RecordSender>;
}
