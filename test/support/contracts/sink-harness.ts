import type { FlowSink } from '../../../src/application/ports/flow-sink.js';
import type { FlowBatch } from '../../../src/domain/batch/flow-batch.js';
import type { FakeClock } from '../fake-clock.js';
import type { RecordingLogger } from '../recording-logger.js';
import type { FlowTexts } from './numbered-flows.js';

/**
 * What a kind of sink or source can't do, and why. Nothing is left out for it: another test takes the place of the one that can't hold,
 * and has the reason in its name.
 */
export interface Unable {
  readonly because: string;
}

/** Whether something can be done. */
export type Ability = true | Unable;

/** What of the contract a sink's medium allows. */
export interface SinkAbilities {
  /** A destination that reads nothing for a while makes deliveries wait. */
  readonly holdsBack: Ability;
  /** A delivery fails while there is no destination. */
  readonly noticesAbsence: Ability;
  /** A delivery fails when its destination breaks. */
  readonly noticesVanishing: Ability;
  /** A destination can take its leave: it ends the session and still takes what was sent before. */
  readonly leavesInOrder: Ability;
  /** The destination itself says that it has the flows: what it had not taken when it broke is delivered again. */
  readonly confirms: Ability;
  /** Counters are among what is delivered. */
  readonly countersArrive: Ability;
}

/** A flow that arrived. */
export interface ArrivedFlow {
  /** Its number: its destination port. */
  readonly id: number;
  /** At least the fields that the contract compares. */
  readonly texts: FlowTexts;
}

/**
 * What a sink delivers to: real as far as a test can have it. It has one place (a port, a path) for all of its lives, so that it can be
 * away and come back.
 */
export interface SinkDestination {
  /** Takes flows from now on. */
  start(): Promise<void>;
  /** Ends all sessions in order, takes what comes until sinks have ended them too, and is then not there any more. */
  leave(): Promise<void>;
  /** Breaks at once and is not there any more. What it had not read may be lost. */
  vanish(): Promise<void>;
  /** Reads nothing until released, by what connects meanwhile neither. */
  hold(): void;
  release(): void;
  /** Resolves once something of a delivery got through to it since it was started. */
  reached(): Promise<void>;
  /** Flows that arrived in all of its lives, in the order in which they did; the ones of a message that was cut off need not be here. */
  readonly arrived: readonly ArrivedFlow[];
  /** How many they are. */
  readonly count: number;
  /** Sessions that sinks have with it now; 0 where there are none. */
  readonly sessions: number;
  /** Lets go of everything. */
  close(): Promise<void>;
}

/** What a sink of a test is given of the outside. */
export interface SinkContext {
  readonly clock: FakeClock;
  readonly logger: RecordingLogger;
}

/** What the contract needs to know of an implementation. */
export interface SinkHarness<D extends SinkDestination, Q = FlowBatch> {
  readonly abilities: SinkAbilities;
  /** Which flows a destination may get twice after a delivery that failed: none, as many as a batch has, or any of the group. */
  readonly repeats: 'none' | 'a batch' | 'the group';
  /** Whether what waits in the queue is made by the sink. */
  readonly encodes: boolean;
  /** A destination that is not started yet. */
  destination(): Promise<D>;
  /** A sink that delivers to it. */
  sink(destination: D, context: SinkContext): FlowSink<Q>;
  /** A sink with a filter; why there is none, if there is none. */
  readonly filter: Unable | FilterHarness<D, Q>;
}

/** A sink that keeps some flows from its destination. */
export interface FilterHarness<D extends SinkDestination, Q> {
  sink(destination: D, context: SinkContext): FlowSink<Q>;
  /** Flows of which it lets some pass and keeps others back. */
  batch(): FlowBatch;
  /** Numbers of those that pass. */
  readonly passing: readonly number[];
}

/** Whether a test holds for a medium: if not, the reason is what the test in its place is named after. */
export function isUnable(ability: unknown): ability is Unable {
  return typeof ability === 'object' && ability !== null && 'because' in ability;
}
