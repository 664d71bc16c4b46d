import type { GrowthProfile } from './flow-plan.js';
import { mix32 } from './random.js';

/** The four counters of a direction, at these places, in the order that a record has them. */
const PACKET_TOTAL = 0;
const OCTET_TOTAL = 1;
const PACKET_DELTA = 2;
const OCTET_DELTA = 3;
const COUNTERS = 4;

/** Counters by the names of their elements. */
export interface CounterTotals {
  packetTotalCount: number;
  octetTotalCount: number;
  reversePacketTotalCount: number;
  reverseOctetTotalCount: number;
}

/**
 * What a flow has carried: totals since its start, deltas since the report before. Both halves report the same numbers, since both Nodes
 * count the same packets. Kept as doubles; no simulation gets near 2⁵³, where these stop being exact.
 */
export class FlowCounters {
  readonly #forward = new Float64Array(COUNTERS);
  readonly #reverse = new Float64Array(COUNTERS);
  #state: number;

  /** @param seed what the growth is drawn from */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Counts what was carried since the last report: around the profile's means, at least one packet. */
  grow(profile: GrowthProfile): void {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    const bits = mix32(this.#state);
    add(this.#forward, profile.packets, profile.octetsPerPacket, bits & 0xffff);
    if (profile.reversePackets > 0)
      add(this.#reverse, profile.reversePackets, profile.reverseOctetsPerPacket, bits >>> 16);
  }

  /** Writes both directions as unsigned64, network order. */
  write(view: DataView, at: number, reverseAt: number): void {
    for (let i = 0; i < COUNTERS; i++) {
      writeUnsigned64(view, at + 8 * i, this.#forward[i]!);
      writeUnsigned64(view, reverseAt + 8 * i, this.#reverse[i]!);
    }
  }

  /** What {@link write} wrote; the deltas under the names of their totals. */
  static read(view: DataView, at: number, reverseAt: number): { totals: CounterTotals; deltas: CounterTotals } {
    const counter = (index: number): number => readUnsigned64(view, at + 8 * index);
    const reverse = (index: number): number => readUnsigned64(view, reverseAt + 8 * index);
    const named = (packets: number, octets: number): CounterTotals => ({
      packetTotalCount: counter(packets),
      octetTotalCount: counter(octets),
      reversePacketTotalCount: reverse(packets),
      reverseOctetTotalCount: reverse(octets),
    });
    return { totals: named(PACKET_TOTAL, OCTET_TOTAL), deltas: named(PACKET_DELTA, OCTET_DELTA) };
  }

  /** The totals now. */
  totals(): CounterTotals {
    return {
      packetTotalCount: this.#forward[PACKET_TOTAL]!,
      octetTotalCount: this.#forward[OCTET_TOTAL]!,
      reversePacketTotalCount: this.#reverse[PACKET_TOTAL]!,
      reverseOctetTotalCount: this.#reverse[OCTET_TOTAL]!,
    };
  }
}

/** @param chance 16 random bits: between 0 and twice the mean packets */
function add(counters: Float64Array, packets: number, octetsPerPacket: number, chance: number): void {
  const packetDelta = 1 + Math.floor((2 * packets * chance) / 0x10000);
  const octetDelta = packetDelta * octetsPerPacket;
  counters[PACKET_DELTA] = packetDelta;
  counters[OCTET_DELTA] = octetDelta;
  counters[PACKET_TOTAL]! += packetDelta;
  counters[OCTET_TOTAL]! += octetDelta;
}

/** Writes an integer below 2⁵³. */
export function writeUnsigned64(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  view.setUint32(at, high);
  view.setUint32(at + 4, value - high * 0x1_0000_0000);
}

function readUnsigned64(view: DataView, at: number): number {
  return view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
}
