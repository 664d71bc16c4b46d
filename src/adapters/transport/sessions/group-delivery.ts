import type { Clock } from '../../../application/ports/clock.js';
import type { Logger } from '../../../application/ports/logger.js';
import type { FlowBatch } from '../../../domain/batch/flow-batch.js';
import type { Resolve } from './host-addresses.js';
import { openSession, protocolOf, type CollectorTarget, type SessionProtocol } from './open-session.js';
import { SessionOverError, TryAgainError, type Session } from './session.js';

/** A collector that closes one connection after another would otherwise be connected to as fast as it does so. */
const SESSIONS_A_DELIVERY = 2;

/** How long the network has to refuse the first datagrams of a session that follows one that it refused. */
const PROBE_MS = 100;

/** A place among the flows of a group. */
export interface GroupPosition {
  /** The batch it is in; the number of batches at the end of the group. */
  readonly batch: number;
}

/** Some flows of a group as they are sent, whole messages or lines. */
export interface Piece<Position extends GroupPosition> {
  /** Valid until the next piece is made. Empty when there are no more flows. */
  readonly bytes: Uint8Array;
  /** Flows in it. */
  readonly records: number;
  /** The place after them. */
  readonly next: Position;
}

/**
 * What is said in a session: an exporter's format. `State` is what it keeps of the session, `Position` how it counts in a group.
 */
export interface SessionContent<State, Position extends GroupPosition> {
  /** Where a group's flows begin. */
  readonly beginning: Position;
  /** A session begins; all that was said before is forgotten. */
  begin(session: Session): State;
  /** The session is over. */
  end(): void;
  /** What is to be sent before any more flows; usually nothing. */
  preamble(state: State): readonly Uint8Array[];
  /** The kernel has taken what `preamble` gave. */
  preambleSent(state: State): void;
  /** As many of the flows from `from` on as are to be written at once. */
  encode(group: readonly FlowBatch[], from: Position, state: State): Piece<Position>;
  /** The flows of a batch that come after a position in it. */
  rest(batch: FlowBatch, from: Position): FlowBatch;
  /** The kernel has taken the piece that `encode` gave. */
  sent(piece: Piece<Position>, state: State): void;
  /** Lets go of the group. */
  release(): void;
}

/** Where a group goes and what it is called. */
export interface GroupDeliveryOptions {
  readonly target: CollectorTarget;
  /** The sink's name, for log lines. */
  readonly sink: string;
  /** What the other side is, for log lines: "an IPFIX collector". */
  readonly collector: string;
}

/** What deliveries need of the outside. */
export interface GroupDeliveryContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How host names become addresses. @default resolveHost */
  readonly resolve?: Resolve;
}

/**
 * Delivers groups of batches in sessions with a collector, one after another.
 *
 * Over TCP and TLS a flow counts as taken once the kernel has taken the write that it was in. A group that is delivered again goes on
 * after the last such write, in a session of its own; a write that was not confirmed is repeated. Over UDP, when the network says that
 * nobody listens, the whole group is sent again: which of its datagrams arrived is unknown.
 */
export class GroupDelivery<State, Position extends GroupPosition> {
  readonly #content: SessionContent<State, Position>;
  readonly #target: CollectorTarget;
  readonly #protocol: SessionProtocol;
  readonly #sink: string;
  readonly #collector: string;
  readonly #context: GroupDeliveryContext;

  #open: { readonly session: Session; readonly state: State } | undefined;
  #wasRefused = false;
  /** Groups that were delivered in full, for as long as anybody has them. */
  readonly #delivered = new WeakSet<readonly FlowBatch[]>();
  /** The group being delivered, or to be delivered again, and where its first unconfirmed flow is. */
  #group: readonly FlowBatch[] | undefined;
  #position: Position;
  #confirmedRecords = 0;
  #isDelivering = false;
  #isClosed = false;
  #hadSession = false;

  /** @throws TypeError for TLS over UDP */
  constructor(content: SessionContent<State, Position>, options: GroupDeliveryOptions, context: GroupDeliveryContext) {
    this.#content = content;
    this.#target = options.target;
    this.#protocol = protocolOf(options.target);
    this.#sink = options.sink;
    this.#collector = options.collector;
    this.#context = context;
    this.#position = content.beginning;
  }

  /** Flows in all writes that the kernel has confirmed, those of groups that are not yet delivered in full included. */
  get confirmedRecords(): number {
    return this.#confirmedRecords;
  }

  /** As FlowSink has it. */
  async deliver(group: readonly FlowBatch[], signal: AbortSignal): Promise<void> {
    this.#throwIfClosed();
    if (this.#group !== group) {
      this.#group = group;
      this.#position = this.#content.beginning;
    }
    this.#isDelivering = true;
    try {
      await this.#send(group, signal);
      this.#delivered.add(group);
      this.#group = undefined;
    } finally {
      this.#isDelivering = false;
      this.#content.release();
    }
  }

  /** As FlowSink has it. */
  untaken(group: readonly FlowBatch[]): readonly FlowBatch[] {
    if (this.#delivered.has(group)) return [];
    const from = this.#group === group ? this.#position : this.#content.beginning;
    return group
      .slice(from.batch)
      .map((batch, index) => (index === 0 ? this.#content.rest(batch, from) : batch))
      .filter(({ length }) => length > 0);
  }

  /** Sends the preamble if one is due, unless a delivery is under way, which does that itself, or there is no session. */
  sendPreamble(): void {
    if (this.#isDelivering || !this.#open) return;
    // If this fails the session is no longer usable, and the next delivery begins another.
    this.#sendPreamble(this.#open).catch(() => undefined);
  }

  /** Ends the session; nothing is delivered after. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#leave();
  }

  async #send(group: readonly FlowBatch[], signal: AbortSignal): Promise<void> {
    const { host, port } = this.#target;
    let sessions = 0;
    let hasSent = false;
    while (this.#position.batch < group.length) {
      signal.throwIfAborted();
      this.#throwIfClosed();
      if (this.#open?.session.usable !== true) {
        if (this.#open && this.#protocol === 'udp') await this.#refusedMeanwhile(this.#open.session, hasSent);
        if (++sessions > SESSIONS_A_DELIVERY) throw new Error(`${host}:${port} closes every connection`);
        await this.#enter(signal);
      }
      const open = this.#open!;
      try {
        hasSent = true;
        const hadPreamble = await this.#sendPreamble(open, signal);
        if (this.#wasRefused && hadPreamble) await this.#listenForRefusal(open.session, signal);
        const piece = this.#content.encode(group, this.#position, open.state);
        if (piece.records > 0) await open.session.send(piece.bytes, signal);
        // Without a preamble the first flow is the probe.
        if (this.#wasRefused) await this.#listenForRefusal(open.session, signal);
        this.#content.sent(piece, open.state);
        this.#position = piece.next;
        this.#confirmedRecords += piece.records;
      } catch (error) {
        await this.#failed(error);
        // A collector may close while Weir is between two writes: those that follow belong into the next session.
        if (error instanceof SessionOverError) continue;
        throw error;
      }
      // Kernels take bytes faster than Weir encodes them: without this nothing else would have a turn.
      await new Promise<void>((resolve) => this.#context.clock.soon(resolve));
    }
  }

  async #enter(signal: AbortSignal): Promise<void> {
    await this.#leave();
    const { clock, resolve } = this.#context;
    const session = await openSession(this.#target, clock, signal, resolve);
    // Whoever closes the exporter meanwhile waits for no session that is only being opened.
    if (this.#isClosed) await session.close();
    this.#throwIfClosed();
    this.#open = { session, state: this.#content.begin(session) };
    this.#tellSession(session);
  }

  #throwIfClosed(): void {
    if (this.#isClosed) throw new Error('the exporter is closed');
  }

  async #leave(): Promise<void> {
    const open = this.#open;
    if (!open) return;
    this.#open = undefined;
    this.#content.end();
    await open.session.close();
  }

  /**
   * What a datagram socket that was in use has against going on is that somebody refused what it sent: before this delivery, which then
   * begins with a probe, or in it.
   *
   * @throws Error if it was in this delivery, as the next datagram would
   */
  async #refusedMeanwhile({ peer }: Session, inThisDelivery: boolean): Promise<void> {
    this.#wasRefused = true;
    if (!inThisDelivery) return;
    const error = new Error(`${peer} does not take datagrams: it refused one`);
    await this.#failed(error);
    throw error;
  }

  /** Something could not be sent. Unless that was for the moment only, the session is over. */
  async #failed(error: unknown): Promise<void> {
    if (error instanceof TryAgainError) return;
    if (this.#protocol === 'udp') {
      this.#wasRefused = true;
      this.#position = this.#content.beginning;
    }
    await this.#leave();
  }

  /** Whether there was one to send. */
  async #sendPreamble(
    { session, state }: { readonly session: Session; readonly state: State },
    signal?: AbortSignal,
  ): Promise<boolean> {
    const messages = this.#content.preamble(state);
    if (messages.length === 0) return false;
    for (const message of messages) await session.send(message, signal);
    this.#content.preambleSent(state);
    return true;
  }

  /** Nothing that counts as delivered is lost if still nobody listens. */
  async #listenForRefusal(session: Session, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#context.clock.after(PROBE_MS, done);
      signal.addEventListener('abort', done, { once: true });
    });
    signal.throwIfAborted();
    if (!session.usable) throw new Error(`nobody listens at ${session.peer}`);
    this.#wasRefused = false;
  }

  /** The first session is news. That there are ever new ones, as with a collector that closes each at once, is worth no line for each. */
  #tellSession({ peer: collector }: Session): void {
    const { logger } = this.#context;
    const fields = { sink: this.#sink, collector, protocol: this.#protocol };
    if (this.#hadSession)
      logger.repeated(
        `sink ${this.#sink} session`,
        `a session with ${this.#collector} ended; flows are exported in another one`,
        fields,
      );
    else logger.info(`flows are exported to ${this.#collector}`, fields);
    this.#hadSession = true;
  }
}
