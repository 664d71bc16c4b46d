import { FlowEndReason } from '../../domain/flow/enumerations.js';
import type { PodDependant } from './cluster.js';
import type { EncodedRecord } from './encoded-record.js';
import type { CounterTotals } from './flow-counters.js';
import { FlowCounters } from './flow-counters.js';
import type { FlowPlan, HalfPlan } from './flow-plan.js';
import type { RecordPool } from './record-pool.js';

/** Seconds for which a flow has lived, at least and at most, when it is first reported; more than any poll lags. */
const AGE_BEFORE_FIRST_REPORT = { least: 61, spread: 30 } as const;

/** A flow that lives: its plan, what it has carried, and its halves. */
export class SimulatedFlow implements PodDependant {
  readonly counters: FlowCounters;
  readonly halves: readonly FlowHalf[];
  #reportsLeft: number;
  #begun = false;
  #endReason: number = FlowEndReason.ActiveTimeout;

  /**
   * @param records where its halves' records come from; {@link release} gives them back
   * @param number its number among all flows of the simulation, from 1
   */
  constructor(
    readonly number: number,
    readonly plan: FlowPlan,
    records: RecordPool,
  ) {
    this.counters = new FlowCounters(plan.growth, plan.seed);
    this.#reportsLeft = plan.reports;
    for (const pod of plan.pods) pod.dependants.add(this);
    this.halves = plan.halves.map((half) => new FlowHalf(this, half, records.take()));
  }

  /** Whether the flow's last report was made. */
  get ended(): boolean {
    return this.#endReason !== FlowEndReason.ActiveTimeout;
  }

  /** flowEndReason of the latest report: active timeout as long as the flow lives. */
  get endReason(): number {
    return this.#endReason;
  }

  /** Whether the fate of everything that was sent is known. */
  get settled(): boolean {
    return this.halves.every((half) => half.confirmed + half.lost === half.sent);
  }

  /** Brings the flow to its next report: it has carried more, and perhaps it ends. */
  advance(unixSeconds: number): void {
    this.counters.grow();
    const last = --this.#reportsLeft <= 0;
    if (last) this.#endReason = this.plan.finalEndReason;
    if (!this.#begun) this.#begin(unixSeconds);
    if (last) for (const half of this.halves) half.end();
  }

  /** The next report is the last. */
  losePod(): void {
    this.#reportsLeft = 1;
  }

  /** The flow is not reported any more. */
  release(records: RecordPool): void {
    for (const half of this.halves) records.release(half.record);
    for (const pod of this.plan.pods) pod.dependants.delete(this);
  }

  #begin(unixSeconds: number): void {
    this.#begun = true;
    const start = unixSeconds - AGE_BEFORE_FIRST_REPORT.least - (this.plan.seed % AGE_BEFORE_FIRST_REPORT.spread);
    for (const half of this.halves) half.begin(start);
  }
}

/** One Node's half of a flow: what its agent sends, and what became of it. */
export class FlowHalf {
  /** Of its Node, by which the simulation finds the exporter. */
  readonly nodeIndex: number;
  #tcpState: string;
  #startSeconds = 0;
  /** Deltas of the records that were lost. */
  #lostDeltas = noTotals();
  /** Totals of the last confirmed record, if later ones were lost; null: the flow's. */
  #totalsBeforeLoss: CounterTotals | null = null;

  /** Records handed to a connection. */
  sent = 0;
  /** Records whose write was confirmed. */
  confirmed = 0;
  /** Records whose write failed, or whose connection broke before its write was confirmed. */
  lost = 0;
  /** Bytes of its records sent, with what belongs to them alone: the messages around them, where there is one for each. */
  bytes = 0;
  /** Latest flowEndSeconds sent. */
  lastEndSeconds = 0;

  constructor(
    readonly flow: SimulatedFlow,
    readonly plan: HalfPlan,
    /** What a report of this half is a copy of. */
    readonly record: EncodedRecord,
  ) {
    this.nodeIndex = plan.node.index;
    this.#tcpState = plan.tcpState;
  }

  /** Text of tcpState in the latest record. */
  get tcpState(): string {
    return this.#tcpState;
  }

  /** flowStartSeconds of all records. */
  get startSeconds(): number {
    return this.#startSeconds;
  }

  /** Encodes the half. */
  begin(startSeconds: number): void {
    this.#startSeconds = startSeconds;
    this.#encode();
  }

  /** Encodes the half again if its last record has another tcpState. */
  end(): void {
    if (this.plan.finalTcpState === this.#tcpState) return;
    this.#tcpState = this.plan.finalTcpState;
    this.#encode();
  }

  /** The write of a record was confirmed. */
  confirm(): void {
    this.confirmed++;
    this.#totalsBeforeLoss = null;
  }

  /** The write of a record was not confirmed; totals and deltas are the record's. */
  lose(totals: CounterTotals, deltas: CounterTotals): void {
    this.lost++;
    // Of several that are lost in a row, what was before the first counts.
    this.#totalsBeforeLoss ??= combine(totals, deltas, -1);
    this.#lostDeltas = combine(this.#lostDeltas, deltas, 1);
  }

  /** Totals of the last record whose write was confirmed; 0 if none was. */
  confirmedTotals(): CounterTotals {
    return this.confirmed === 0 ? noTotals() : (this.#totalsBeforeLoss ?? this.flow.counters.totals());
  }

  /** Sums of the deltas of the records whose writes were confirmed. */
  confirmedDeltas(): CounterTotals {
    return this.confirmed === 0 ? noTotals() : combine(this.flow.counters.totals(), this.#lostDeltas, -1);
  }

  #encode(): void {
    this.record.encode(this.flow.plan.family, this.plan.identity, this.#startSeconds, this.#tcpState);
  }
}

function noTotals(): CounterTotals {
  return { packetTotalCount: 0, octetTotalCount: 0, reversePacketTotalCount: 0, reverseOctetTotalCount: 0 };
}

function combine(a: CounterTotals, b: CounterTotals, sign: 1 | -1): CounterTotals {
  return {
    packetTotalCount: a.packetTotalCount + sign * b.packetTotalCount,
    octetTotalCount: a.octetTotalCount + sign * b.octetTotalCount,
    reversePacketTotalCount: a.reversePacketTotalCount + sign * b.reversePacketTotalCount,
    reverseOctetTotalCount: a.reverseOctetTotalCount + sign * b.reverseOctetTotalCount,
  };
}
