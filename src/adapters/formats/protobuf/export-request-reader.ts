import { EXPORT_REQUEST, tagOf, WireType } from './flow-messages.js';
import type { FlowDecoder } from './flow-decoder.js';
import type { Exporter } from './exporter.js';
import { FLOW_LIMIT } from './flow-reader.js';
import { ProtobufError } from './protobuf-error.js';
import { DEEPEST_GROUP, LONGEST_VARINT, overrun, tooDeep, Wire, wrongEnd } from './wire.js';

const FLOWS_TAG = tagOf(EXPORT_REQUEST.flows, WireType.Bytes);

/** A field's tag and the varint that follows. */
const LONGEST_HEAD = 2 * LONGEST_VARINT;

/** Room up to this size is kept for the next part that is split; more is given back. */
const KEPT_CAPACITY = 2048;

/**
 * Reads messages ExportRequest as their octets arrive, and hands over each Flow as soon as it is there: such a message is nothing but
 * its Flows one after the other, so it never has to be in memory as a whole, and a large one is worked off in the parts it comes in.
 *
 * It follows that what is before a fault in a message was handed over when the fault is found. Those records are sound by themselves,
 * and reports about other connections than the one at fault.
 *
 * Flows that lie whole within a part stay where they are; only what is split is put together in a buffer, which grows as octets
 * arrive, to little more than 64 KiB.
 */
export class ExportRequestReader {
  readonly #decoder: FlowDecoder;
  readonly #exporter: Exporter;
  readonly #wire = new Wire();
  #length = 0;
  /** Octets of the message that belong to no field yet that was read or passed over; those in the buffer among them. */
  #left = 0;
  /** Octets yet to come of a field that is passed over. */
  #skip = 0;
  /** Numbers of the groups that the next field lies in. */
  readonly #groups: number[] = [];
  #buffer = new Uint8Array(0);
  #view = new DataView(this.#buffer.buffer);
  #filled = 0;
  /** Where the field in hand begins in what it is read from. */
  #fieldAt = 0;
  /** Octets that the field in the buffer has; 0 while too few have arrived to know. */
  #needed = 0;

  constructor(decoder: FlowDecoder, exporter: Exporter) {
    this.#decoder = decoder;
    this.#exporter = exporter;
  }

  /** Octets of memory held for what is split. */
  get capacity(): number {
    return this.#buffer.length;
  }

  /** A message of so many octets begins. */
  begin(length: number): void {
    this.#length = length;
    this.#left = length;
    this.#skip = 0;
    this.#groups.length = 0;
    this.#filled = 0;
    this.#needed = 0;
  }

  /**
   * Takes the next octets of the message; at most those that are missing.
   *
   * @param view the same octets as `bytes`
   * @throws ProtobufError if they can't be such a message's, with the offset in the message; what came before was handed over
   */
  push(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    try {
      this.#read(bytes, view, start, end);
    } catch (error) {
      throw error instanceof ProtobufError ? error.movedBy(this.#length - this.#left - this.#fieldAt) : error;
    }
  }

  /**
   * The message has ended: all its octets were pushed.
   *
   * @throws ProtobufError if it ends in the middle of a field
   */
  end(): void {
    if (this.#filled > 0) throw overrun(this.#length - this.#left);
    const group = this.#groups.at(-1);
    if (group !== undefined) throw new ProtobufError('group', this.#length, `group ${group} has no end`);
  }

  #read(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, end - at);
        this.#skip -= passed;
        this.#left -= passed;
        at += passed;
      } else if (this.#filled > 0) at = this.#complete(bytes, at, end);
      else {
        const next = this.#field(bytes, view, at, end);
        if (next === at) {
          this.#keep(bytes, at, end);
          return;
        }
        at = next;
      }
    }
  }

  /** Whether the head of the field in the buffer is there. */
  #knowsEnd(): boolean {
    return this.#needed > 0;
  }

  /** Goes on with the field in the buffer; returns where in the part the next one begins. */
  #complete(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    if (!this.#knowsEnd()) {
      // As much as its head can need; what the field does not have goes back.
      const before = this.#filled;
      at = Math.min(end, start + LONGEST_HEAD - before);
      this.#keep(bytes, start, at);
      const next = this.#field(this.#buffer, this.#view, 0, this.#filled);
      if (next > 0) {
        this.#release();
        return start + next - before;
      }
      if (!this.#knowsEnd()) return at;
    }
    const stop = Math.min(end, at + this.#needed - this.#filled);
    this.#keep(bytes, at, stop);
    if (this.#filled === this.#needed) {
      this.#field(this.#buffer, this.#view, 0, this.#filled);
      this.#release();
    }
    return stop;
  }

  /**
   * Reads the field at `start`, or passes over as much of it as there is.
   *
   * @returns where the next one begins; `start` if the field has to be put together first, of `needed` octets if that is known
   */
  #field(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const wire = this.#wire;
    this.#fieldAt = start;
    this.#needed = 0;
    if (!hasVarint(bytes, start, end)) return start;
    let at = wire.tag(bytes, start, end);
    const tag = wire.low;
    if (tag !== FLOWS_TAG && tag >>> 3 === EXPORT_REQUEST.flows && this.#groups.length === 0) {
      throw new ProtobufError('wire_type', start, `flows has the wire type ${tag & 7}, not ${WireType.Bytes}`);
    }
    switch (tag & 7) {
      case WireType.Varint:
        return hasVarint(bytes, at, end) ? this.#pass(start, wire.varint(bytes, at, end), 0, end) : start;
      case WireType.Fixed64:
        return this.#pass(start, at, 8, end);
      case WireType.Fixed32:
        return this.#pass(start, at, 4, end);
      case WireType.Bytes:
        break;
      default:
        this.#follow(tag, start);
        return this.#pass(start, at, 0, end);
    }
    if (!hasVarint(bytes, at, end)) return start;
    at = wire.varint(bytes, at, end);
    const length = wire.high === 0 ? wire.low : Infinity;
    if (tag !== FLOWS_TAG || this.#groups.length > 0) return this.#pass(start, at, length, end);
    if (length >= FLOW_LIMIT) {
      const next = this.#pass(start, at, length, end);
      this.#decoder.refuse(this.#exporter);
      return next;
    }
    this.#checkRoom(start, at, length);
    if (length > end - at) {
      this.#needed = at - start + length;
      return start;
    }
    this.#decoder.decode(this.#exporter, bytes, view, at, at + length);
    this.#left -= at - start + length;
    return at + length;
  }

  /** Passes over the rest of a field: `octets` from `at`, some of which may be yet to come. */
  #pass(start: number, at: number, octets: number, end: number): number {
    this.#checkRoom(start, at, octets);
    const passed = Math.min(octets, end - at);
    this.#skip = octets - passed;
    this.#left -= at - start + passed;
    return at + passed;
  }

  #checkRoom(start: number, at: number, octets: number): void {
    if (at - start + octets > this.#left) throw overrun(start);
  }

  /** Goes into a group or out of one. */
  #follow(tag: number, start: number): void {
    if ((tag & 7) === WireType.GroupStart) {
      if (this.#groups.length === DEEPEST_GROUP) throw tooDeep(start);
      this.#groups.push(tag >>> 3);
    } else if ((tag & 7) !== WireType.GroupEnd || this.#groups.pop() !== tag >>> 3) throw wrongEnd(tag, start);
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    const filled = this.#filled + end - start;
    if (filled > this.#buffer.length) {
      const wanted = Math.max(filled, 2 * this.#buffer.length);
      const buffer = new Uint8Array(this.#needed === 0 ? wanted : Math.max(filled, Math.min(wanted, this.#needed)));
      buffer.set(this.#buffer.subarray(0, this.#filled));
      this.#buffer = buffer;
      this.#view = new DataView(buffer.buffer);
    }
    this.#buffer.set(bytes.subarray(start, end), this.#filled);
    this.#filled = filled;
  }

  #release(): void {
    this.#filled = 0;
    this.#needed = 0;
    if (this.#buffer.length <= KEPT_CAPACITY) return;
    this.#buffer = new Uint8Array(0);
    this.#view = new DataView(this.#buffer.buffer);
  }
}

/** Whether a varint is there to its end, or is so long that it is none. */
function hasVarint(bytes: Uint8Array, start: number, end: number): boolean {
  const last = Math.min(end, start + LONGEST_VARINT);
  for (let at = start; at < last; at++) if (bytes[at]! < 0x80) return true;
  return last === start + LONGEST_VARINT;
}
