import type { GrowthProfile } from './flow-plan.js';
import { mix32 } from './random.js';

/** Counters by the names of their elements. */
export interface CounterTotals {
  packetTotalCount: number;
  octetTotalCount: number;
  reversePacketTotalCount: number;
  reverseOctetTotalCount: number;
}

/** Where the eight counters are: those of the flow's direction, then those against it, each four in the order that a record has them. */
const REVERSE = 4;
const PACKET_TOTAL = 0;
const OCTET_TOTAL = 1;
const PACKET_DELTA = 2;
const OCTET_DELTA = 3;

/**
 * What a flow has carried: totals since its start, deltas since the report before. Both halves report the same numbers, since both Nodes
 * count the same packets. Kept as doubles; no simulation gets near 2⁵³, where these stop being exact.
 */
export class FlowCounters {
  /** Eight doubles are 64 bytes, the most that V8 keeps inside its heap, next to their object. */
  readonly #counters = new Float64Array(8);
  // The profile's numbers by themselves: each object less that a report looks into is a cache miss less.
  readonly #packets: number;
  readonly #octetsPerPacket: number;
  readonly #reversePackets: number;
  readonly #reverseOctetsPerPacket: number;
  #state: number;

  /** @param seed what the growth is drawn from */
  constructor(profile: GrowthProfile, seed: number) {
    this.#packets = profile.packets;
    this.#octetsPerPacket = profile.octetsPerPacket;
    this.#reversePackets = profile.reversePackets;
    this.#reverseOctetsPerPacket = profile.reverseOctetsPerPacket;
    this.#state = seed >>> 0;
  }

  /** Counts what was carried since the last report: around the profile's means, at least one packet. */
  grow(): void {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    const bits = mix32(this.#state);
    this.#add(0, this.#packets, this.#octetsPerPacket, bits & 0xffff);
    if (this.#reversePackets > 0) this.#add(REVERSE, this.#reversePackets, this.#reverseOctetsPerPacket, bits >>> 16);
  }

  /** The eight counters: packet total, octet total, packet delta, octet delta in the flow's direction, then the same against it. */
  get values(): Float64Array {
    return this.#counters;
  }

  /** The totals now. */
  totals(): CounterTotals {
    return namedCounters(this.#counters).totals;
  }

  /** @param chance 16 random bits: between 0 and twice the mean packets */
  #add(direction: number, packets: number, octetsPerPacket: number, chance: number): void {
    const counters = this.#counters;
    const packetDelta = 1 + Math.floor((2 * packets * chance) / 0x10000);
    const octetDelta = packetDelta * octetsPerPacket;
    counters[direction + PACKET_DELTA] = packetDelta;
    counters[direction + OCTET_DELTA] = octetDelta;
    counters[direction + PACKET_TOTAL]! += packetDelta;
    counters[direction + OCTET_TOTAL]! += octetDelta;
  }
}

/** Counters by name: totals, and deltas under the names of their totals. */
export interface NamedCounters {
  readonly totals: CounterTotals;
  readonly deltas: CounterTotals;
}

/** Names what {@link FlowCounters.values} has. */
export function namedCounters(values: Float64Array): NamedCounters {
  const named = (packets: number, octets: number): CounterTotals => ({
    packetTotalCount: values[packets]!,
    octetTotalCount: values[octets]!,
    reversePacketTotalCount: values[REVERSE + packets]!,
    reverseOctetTotalCount: values[REVERSE + octets]!,
  });
  return { totals: named(PACKET_TOTAL, OCTET_TOTAL), deltas: named(PACKET_DELTA, OCTET_DELTA) };
}

/** Writes the counters of both directions as unsigned64, network order. */
export function writeCounters(view: DataView, at: number, reverseAt: number, values: Float64Array): void {
  for (let i = 0; i < REVERSE; i++) {
    writeUnsigned64(view, at + 8 * i, values[i]!);
    writeUnsigned64(view, reverseAt + 8 * i, values[REVERSE + i]!);
  }
}

/** Reads what {@link writeCounters} wrote. */
export function readCounters(view: DataView, at: number, reverseAt: number): Float64Array {
  const values = new Float64Array(2 * REVERSE);
  for (let i = 0; i < REVERSE; i++) {
    values[i] = readUnsigned64(view, at + 8 * i);
    values[REVERSE + i] = readUnsigned64(view, reverseAt + 8 * i);
  }
  return values;
}

/** Writes an integer below 2⁵³. */
function writeUnsigned64(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  view.setUint32(at, high);
  view.setUint32(at + 4, value - high * 0x1_0000_0000);
}

function readUnsigned64(view: DataView, at: number): number {
  return view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
}
