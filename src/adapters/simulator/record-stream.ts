import { FlowEndReason } from '../../domain/flow/enumerations.js';
import { Cluster } from './cluster.js';
import type { EncodedRecord, RecordReport } from './encoded-record.js';
import type { FlowPlan } from './flow-plan.js';
import { simulationOptions } from './options.js';
import { Random } from './random.js';
import { IPFIX_FORMAT, type RecordFormat } from './record-format.js';
import { Traffic } from './traffic.js';

/** What a stream consists of. */
export interface RecordStreamOptions {
  /** Flows, all alive from the first round on; up to a thousand million. */
  readonly flows: number;
  /** Exporters that share the flows, each with its own observation domain and sequence numbers. @default 1 */
  readonly exporters?: number;
  /** intraNode: one record a flow and round. interNode: two, its halves, from neighbouring exporters. @default 'intraNode' */
  readonly kind?: 'intraNode' | 'interNode';
  /** Share of the flows over IPv6. @default 0 */
  readonly ipv6Share?: number;
  /** @default IPFIX_FORMAT */
  readonly format?: RecordFormat;
  /** @default 1 */
  readonly seed?: number;
  /** flowStartSeconds of all flows; each round ends a minute after the one before. @default 1700000000 */
  readonly startSeconds?: number;
}

/** How far one exporter has come. */
interface Position {
  /** Records made, and so the next one's sequence number. */
  sequence: number;
  round: number;
  /** Place in the round. */
  place: number;
}

/** Distinct sets of names; flows share them as connections between the same Pods do. */
const PROTOTYPES = 1024;

/** Flows with different source addresses; more flows than that have other source ports. */
const ADDRESSES = 0x10000;
const PORTS = 28_232;
const FIRST_PORT = 32_768;
const POD_NETWORK = 0x0a80_0000;

const SECONDS_A_ROUND = 60;

/**
 * Records as agents send them, for loads of any number of flows at constant cost: nothing is kept for a flow.
 *
 * A record is a copy of one of {@link PROTOTYPES} encoded ones, over which the flow's own source address, source port and counters are
 * written, all computed from the flow's number and the round. So, unlike in a simulated cluster, a Pod has many addresses, a flow grows by
 * the same amounts in each round, and no flow ends. All flows report once before any reports again; no clock is read.
 */
export class RecordStream {
  readonly #flows: number;
  readonly #exporters: number;
  readonly #twoHalves: boolean;
  readonly #startSeconds: number;
  readonly #format: RecordFormat;
  readonly #sourceRecords: readonly EncodedRecord[];
  readonly #destinationRecords: readonly EncodedRecord[];
  readonly #positions: readonly Position[];
  /** Reused for each record, as are the counters. */
  readonly #report: RecordReport = {
    exportSeconds: 0,
    observationDomain: 0,
    sequence: 0,
    flowEndSeconds: 0,
    endReason: FlowEndReason.ActiveTimeout,
  };
  readonly #counters = new Float64Array(8);

  /** @throws RangeError if there are fewer flows than exporters, or more than keys */
  constructor(options: RecordStreamOptions) {
    const { flows, exporters = 1, kind = 'intraNode', ipv6Share = 0, seed = 1, startSeconds = 1_700_000_000 } = options;
    const { format = IPFIX_FORMAT } = options;
    if (flows < exporters || flows > ADDRESSES * PORTS)
      throw new RangeError(`${flows} flows for ${exporters} exporters`);
    this.#flows = flows;
    this.#exporters = exporters;
    this.#twoHalves = kind === 'interNode';
    this.#startSeconds = startSeconds;
    const plans = planFlows(kind, ipv6Share, seed);
    const recordOf = (half: number) => (plan: FlowPlan) => encoded(format, plan, half, startSeconds);
    this.#format = format;
    this.#sourceRecords = plans.map(recordOf(0));
    this.#destinationRecords = this.#twoHalves ? plans.map(recordOf(1)) : [];
    this.#positions = Array.from({ length: exporters }, () => ({ sequence: 0, round: 0, place: 0 }));
  }

  /** Records of all exporters together until each flow has reported once. */
  get recordsARound(): number {
    return this.#flows * (this.#twoHalves ? 2 : 1);
  }

  /** Records that an exporter has in each round. */
  recordsARoundOf(exporter: number): number {
    return this.#flowsOf(exporter) + (this.#twoHalves ? this.#flowsOf(this.#neighbourOf(exporter)) : 0);
  }

  /** What an exporter sends before its first record: its templates, if its format has any. */
  templates(exporter: number): Uint8Array {
    const { sequence } = this.#positions[exporter]!;
    return Buffer.concat(this.#format.preamble(exporter + 1, this.#startSeconds, sequence));
  }

  /** The exporter connects again: its sequence numbers begin at 0, its flows go on. */
  restart(exporter: number): void {
    this.#positions[exporter]!.sequence = 0;
  }

  /**
   * Writes an exporter's next records into a buffer from `start` on, whole ones, at most `records`, as long as the format's room is left in it.
   *
   * @returns how many records, and how many bytes
   */
  fill(exporter: number, target: Buffer, records = Infinity, start = 0): { records: number; bytes: number } {
    const view = new DataView(target.buffer, target.byteOffset, target.length);
    const position = this.#positions[exporter]!;
    const inRound = this.recordsARoundOf(exporter);
    const neighbour = this.#neighbourOf(exporter);
    const neighbourFirst = this.#twoHalves && this.#flowsOf(neighbour) > this.#flowsOf(exporter);
    const { room } = this.#format;
    let made = 0;
    let at = start;
    for (; made < records; made++) {
      const { place } = position;
      // Own halves and the neighbour's flows' other halves take turns, the more numerous first.
      const other = this.#twoHalves && (place % 2 === 0) === neighbourFirst;
      const nth = this.#twoHalves ? Math.floor(place / 2) : place;
      const flow = (other ? neighbour : exporter) + nth * this.#exporters;
      const encodings = other ? this.#destinationRecords : this.#sourceRecords;
      if (at + room > target.length) break;
      at = this.#write(target, view, at, encodings[flow % PROTOTYPES]!, exporter, flow, position);
      position.sequence = (position.sequence + 1) >>> 0;
      position.place = place + 1;
      if (position.place === inRound) {
        position.place = 0;
        position.round++;
      }
    }
    return { records: made, bytes: at - start };
  }

  /**
   * An exporter's next `records` records, buffer after buffer; each is valid until the next is asked for.
   *
   * @throws RangeError if the buffer is too small for a message
   */
  *chunks(exporter: number, records: number, buffer: Buffer): Generator<Buffer> {
    for (let left = records; left > 0;) {
      const filled = this.fill(exporter, buffer, left);
      if (filled.records === 0) throw new RangeError(`no record fits into ${buffer.length} bytes`);
      yield buffer.subarray(0, filled.bytes);
      left -= filled.records;
    }
  }

  #write(
    target: Buffer,
    view: DataView,
    at: number,
    record: EncodedRecord,
    exporter: number,
    flow: number,
    position: Position,
  ): number {
    const rounds = position.round + 1;
    const report = this.#report;
    report.exportSeconds = this.#startSeconds + rounds * SECONDS_A_ROUND;
    report.flowEndSeconds = report.exportSeconds;
    report.observationDomain = exporter + 1;
    report.sequence = position.sequence;
    const packets = 1 + (flow & 0xff);
    const octets = packets * (100 + (flow & 0x3ff));
    this.#count(0, packets, octets, rounds);
    this.#count(4, packets, 2 * octets, rounds);
    const end = record.write(target, view, at, report, this.#counters);
    record.replaceSource(view, at, POD_NETWORK + (flow % ADDRESSES), FIRST_PORT + Math.floor(flow / ADDRESSES));
    return end;
  }

  /** Sets the counters of a direction: the totals, then the deltas. */
  #count(direction: number, packets: number, octets: number, rounds: number): void {
    const counters = this.#counters;
    counters[direction] = packets * rounds;
    counters[direction + 1] = octets * rounds;
    counters[direction + 2] = packets;
    counters[direction + 3] = octets;
  }

  #flowsOf(exporter: number): number {
    return Math.floor((this.#flows - exporter - 1) / this.#exporters) + 1;
  }

  /** Whose flows' other halves an exporter reports: the one before it. */
  #neighbourOf(exporter: number): number {
    return (exporter + this.#exporters - 1) % this.#exporters;
  }
}

function planFlows(kind: 'intraNode' | 'interNode', ipv6Share: number, seed: number): readonly FlowPlan[] {
  const shares = { intraNode: 0, interNode: 0, toExternal: 0, fromExternal: 0, [kind]: 1 };
  const options = simulationOptions({ seed, ipv6Share, shares, deniedShare: 0 });
  const random = new Random(seed);
  const traffic = new Traffic(new Cluster(options, random), options, random);
  return Array.from({ length: PROTOTYPES }, () => traffic.next());
}

function encoded(format: RecordFormat, plan: FlowPlan, half: number, startSeconds: number): EncodedRecord {
  const { identity, tcpState } = plan.halves[half]!;
  const record = format.newRecord(Buffer.alloc(format.room));
  record.encode(plan.family, { ...identity, sourceTransportPort: FIRST_PORT }, startSeconds, tcpState);
  return record;
}
