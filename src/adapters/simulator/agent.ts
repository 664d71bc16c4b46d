import type { Node } from './cluster.js';
import type { RecordReport } from './encoded-record.js';
import type { MessageBatch } from './message-batch.js';
import type { RecordFormat } from './record-format.js';
import type { FlowHalf } from './simulated-flow.js';

/** Seconds by which a connection's end, which the kernel noted, lies before the poll that finds it. */
const END_BEFORE_POLL = 1;

/** What encodes the records of one Node: its observation domain, its sequence numbers, its clock's lag. Does no I/O. */
export class Agent {
  readonly observationDomain: number;
  #sequence = 0;
  /** Reused: filling it in costs less than making a new one for each record. */
  readonly #report: RecordReport;
  readonly #format: RecordFormat;

  constructor(
    readonly node: Node,
    format: RecordFormat,
  ) {
    this.#format = format;
    this.observationDomain = node.index + 1;
    const { observationDomain } = this;
    this.#report = { exportSeconds: 0, observationDomain, sequence: 0, flowEndSeconds: 0, endReason: 0 };
  }

  /** A new transport session: sequence numbers begin at 0 (RFC 7011 §3.1). */
  restart(): void {
    this.#sequence = 0;
  }

  /** What a collector is told before the first record, each a message by itself: the agent's templates, if it has any. */
  preamble(unixSeconds: number): readonly Uint8Array[] {
    return this.#format.preamble(this.observationDomain, unixSeconds, this.#sequence);
  }

  /** Adds the report of a half, as its flow is now, to a batch that has room. */
  report(half: FlowHalf, batch: MessageBatch, unixSeconds: number): void {
    const { flow, record } = half;
    const report = this.#report;
    report.exportSeconds = unixSeconds;
    report.sequence = this.#sequence;
    report.flowEndSeconds = unixSeconds - this.node.pollLag - (flow.ended ? END_BEFORE_POLL : 0);
    report.endReason = flow.endReason;
    this.#sequence = (this.#sequence + 1) >>> 0;
    const start = batch.length;
    const end = record.write(batch.bytes, batch.view, start, report, flow.counters.values);
    batch.add(half, end);
    half.sent++;
    half.bytes += end - start;
    if (report.flowEndSeconds > half.lastEndSeconds) half.lastEndSeconds = report.flowEndSeconds;
  }
}
