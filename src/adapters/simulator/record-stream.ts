import { AGENT_TEMPLATES } from './agent-template.js';
import { Cluster } from './cluster.js';
import { writeUnsigned64 } from './flow-counters.js';
import type { FlowPlan } from './flow-plan.js';
import { simulationOptions } from './options.js';
import { Random } from './random.js';
import { MESSAGE_ROOM, RecordMessage } from './record-message.js';
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
  /** @default 1 */
  readonly seed?: number;
  /** flowStartSeconds of all flows; each round ends a minute after the one before. @default 1700000000 */
  readonly startSeconds?: number;
}

/** How far one exporter has come. */
interface Position {
  /** Records made, and so the next message's sequence number. */
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
 * Messages of one record each, as agents send them, for loads of any number of flows at constant cost: nothing is kept for a flow.
 *
 * A record is a copy of one of {@link PROTOTYPES} encoded messages, over which the flow's own source address, source port and counters are
 * written, all computed from the flow's number and the round. So, unlike in a simulated cluster, a Pod has many addresses, a flow grows by
 * the same amounts in each round, and no flow ends. All flows report once before any reports again; no clock is read.
 */
export class RecordStream {
  readonly #flows: number;
  readonly #exporters: number;
  readonly #twoHalves: boolean;
  readonly #startSeconds: number;
  readonly #sourceMessages: readonly RecordMessage[];
  readonly #destinationMessages: readonly RecordMessage[];
  readonly #positions: readonly Position[];

  /** @throws RangeError if there are fewer flows than exporters, or more than keys */
  constructor(options: RecordStreamOptions) {
    const { flows, exporters = 1, kind = 'intraNode', ipv6Share = 0, seed = 1, startSeconds = 1_700_000_000 } = options;
    if (flows < exporters || flows > ADDRESSES * PORTS)
      throw new RangeError(`${flows} flows for ${exporters} exporters`);
    this.#flows = flows;
    this.#exporters = exporters;
    this.#twoHalves = kind === 'interNode';
    this.#startSeconds = startSeconds;
    const plans = planFlows(kind, ipv6Share, seed);
    this.#sourceMessages = plans.map((plan) => messageOf(plan, 0, startSeconds));
    this.#destinationMessages = this.#twoHalves ? plans.map((plan) => messageOf(plan, 1, startSeconds)) : [];
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

  /** What an exporter sends before its first record: its two templates. */
  templates(exporter: number): Uint8Array {
    const { sequence } = this.#positions[exporter]!;
    return Buffer.concat(
      [AGENT_TEMPLATES[4], AGENT_TEMPLATES[6]].map((template) =>
        template.message(exporter + 1, this.#startSeconds, sequence),
      ),
    );
  }

  /** The exporter connects again: its sequence numbers begin at 0, its flows go on. */
  restart(exporter: number): void {
    this.#positions[exporter]!.sequence = 0;
  }

  /**
   * Writes an exporter's next messages into a buffer, whole ones, at most `records`, as long as {@link MESSAGE_ROOM} bytes are left in it.
   *
   * @returns how many records, and so messages, and how many bytes
   */
  fill(exporter: number, target: Buffer, records = Infinity): { records: number; bytes: number } {
    const view = new DataView(target.buffer, target.byteOffset, target.length);
    const position = this.#positions[exporter]!;
    const inRound = this.recordsARoundOf(exporter);
    const neighbour = this.#neighbourOf(exporter);
    const neighbourFirst = this.#twoHalves && this.#flowsOf(neighbour) > this.#flowsOf(exporter);
    let made = 0;
    let at = 0;
    for (; made < records; made++) {
      const { place } = position;
      // Own halves and the neighbour's flows' other halves take turns, the more numerous first.
      const other = this.#twoHalves && (place % 2 === 0) === neighbourFirst;
      const nth = this.#twoHalves ? Math.floor(place / 2) : place;
      const flow = (other ? neighbour : exporter) + nth * this.#exporters;
      const messages = other ? this.#destinationMessages : this.#sourceMessages;
      const message = messages[flow % PROTOTYPES]!;
      if (at + MESSAGE_ROOM > target.length) break;
      const end = message.copy(target, at);
      this.#complete(view, at, message, exporter, flow, position);
      at = end;
      position.sequence = (position.sequence + 1) >>> 0;
      position.place = place + 1;
      if (position.place === inRound) {
        position.place = 0;
        position.round++;
      }
    }
    return { records: made, bytes: at };
  }

  /**
   * An exporter's next `records` records, buffer after buffer; each is valid until the next is asked for.
   *
   * @throws RangeError if the buffer is too small for a message
   */
  *chunks(exporter: number, records: number, buffer: Buffer): Generator<Buffer> {
    for (let left = records; left > 0;) {
      const filled = this.fill(exporter, buffer, left);
      if (filled.records === 0) throw new RangeError(`no message fits into ${buffer.length} bytes`);
      yield buffer.subarray(0, filled.bytes);
      left -= filled.records;
    }
  }

  #complete(
    view: DataView,
    at: number,
    { template }: RecordMessage,
    exporter: number,
    flow: number,
    position: Position,
  ): void {
    const { offsets } = template;
    const rounds = position.round + 1;
    const endSeconds = this.#startSeconds + rounds * SECONDS_A_ROUND;
    view.setUint32(at + 4, endSeconds);
    view.setUint32(at + 8, position.sequence);
    view.setUint32(at + 12, exporter + 1);
    view.setUint32(at + offsets.flowEnd, endSeconds);
    view.setUint8(at + offsets.endReason, 2);
    view.setUint16(at + offsets.sourcePort, FIRST_PORT + Math.floor(flow / ADDRESSES));
    const host = POD_NETWORK + (flow % ADDRESSES);
    view.setUint32(at + offsets.sourceAddress + (template.family === 4 ? 0 : 12), host);
    const packets = 1 + (flow & 0xff);
    const octets = packets * (100 + (flow & 0x3ff));
    writeCounters(view, at + offsets.counters, packets, octets, rounds);
    writeCounters(view, at + offsets.reverseCounters, packets, 2 * octets, rounds);
  }

  #flowsOf(exporter: number): number {
    return Math.floor((this.#flows - exporter - 1) / this.#exporters) + 1;
  }

  /** Whose flows' other halves an exporter reports: the one before it. */
  #neighbourOf(exporter: number): number {
    return (exporter + this.#exporters - 1) % this.#exporters;
  }
}

function writeCounters(view: DataView, at: number, packets: number, octets: number, rounds: number): void {
  writeUnsigned64(view, at, packets * rounds);
  writeUnsigned64(view, at + 8, octets * rounds);
  writeUnsigned64(view, at + 16, packets);
  writeUnsigned64(view, at + 24, octets);
}

function planFlows(kind: 'intraNode' | 'interNode', ipv6Share: number, seed: number): readonly FlowPlan[] {
  const shares = { intraNode: 0, interNode: 0, toExternal: 0, fromExternal: 0, [kind]: 1 };
  const options = simulationOptions({ seed, ipv6Share, shares, deniedShare: 0 });
  const random = new Random(seed);
  const traffic = new Traffic(new Cluster(options, random), options, random);
  return Array.from({ length: PROTOTYPES }, () => traffic.next());
}

function messageOf(plan: FlowPlan, half: number, startSeconds: number): RecordMessage {
  const { identity, tcpState } = plan.halves[half]!;
  const message = RecordMessage.alone();
  message.encode(AGENT_TEMPLATES[plan.family], 0, identity, startSeconds, tcpState);
  return message;
}
