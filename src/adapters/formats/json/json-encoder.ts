import type { FlowBatch } from '../../../domain/batch/flow-batch.js';
import { isIPv4 } from '../../../domain/flow/address.js';
import { FLOW_BLOCK, FLOW_ROW } from '../../../domain/flow/layout.js';
import type { ElementChoice } from '../ipfix/encode/exported-elements.js';
import { withoutLongest } from '../ipfix/encode/shortened-row.js';
import { escapedLength } from './json-texts.js';
import { planLines, type LinePlan } from './line-plan.js';
import { LineOutput, LineSource, NO_ROOM, writeLine } from './line-writer.js';

const SOURCE = FLOW_BLOCK.slots.sourceIP.word;
const DESTINATION = FLOW_BLOCK.slots.destinationIP.word;

/** Room for a chunk beside its bytes: a line that fills it up, unless that one has long texts. */
const LINE_ROOM = 0x4000;

/** More room than this is not kept from one group to the next. */
const KEPT_ROOM = 0x10_0000;

/** What lines have in common. */
export interface JsonOptions extends ElementChoice {
  /** What the element clusterId says. */
  readonly clusterId: string;
}

/** Bounds of what is encoded at a time. */
export interface LineLimits {
  /** No line is begun after so many bytes; 1 gives one line at a time. */
  readonly chunkBytes: number;
  /** Bytes that a line can have: one that needs more loses texts. Infinity for none. */
  readonly longestLine: number;
}

/** A place among the flows of a group. */
export interface LinePosition {
  readonly batch: number;
  readonly row: number;
}

/** Where a group's flows begin. */
export const FIRST_LINE: LinePosition = { batch: 0, row: 0 };

/** Some whole lines. */
export interface LineChunk {
  /** Valid until the next chunk is encoded. Empty when there are no more flows. */
  readonly bytes: Uint8Array;
  /** Lines in it. */
  readonly records: number;
  /** The place after them. */
  readonly next: LinePosition;
  /** Flows whose longest texts were left out, since no line could hold them. */
  readonly shortened: number;
}

/** What stands after the last value of a line, to its very end, for a time in Unix milliseconds. */
interface LineEnds {
  readonly time: number;
  readonly ipv4: Uint8Array;
  readonly ipv6: Uint8Array;
}

/**
 * Turns batches of flows into JSON, an object a line: `{"ipfix":{"<element>":…},"@timestamp":"…"}`, with the elements, names and order of
 * the IPFIX messages. Times are seconds; numbers of 64 bits have all their digits.
 */
export class JsonEncoder {
  /** For flows between two IPv4 addresses, and for all others. */
  readonly #ipv4: LinePlan;
  readonly #ipv6: LinePlan;
  #output = new LineOutput(LINE_ROOM);
  #source: LineSource | undefined;
  #ends: LineEnds | undefined;

  constructor(options: JsonOptions) {
    this.#ipv4 = planLines('IPv4', options, options.clusterId);
    this.#ipv6 = planLines('IPv6', options, options.clusterId);
  }

  /**
   * Encodes the flows from `from` on, until the chunk is full or the group ends.
   *
   * @param time what `@timestamp` says, Unix milliseconds
   */
  encode(group: readonly FlowBatch[], from: LinePosition, time: number, limits: LineLimits): LineChunk {
    const ends = this.#endsAt(time);
    this.#makeRoom(limits.chunkBytes + LINE_ROOM);
    let at = 0;
    let records = 0;
    let cut = 0;
    let { batch, row } = from;
    for (; batch < group.length; batch++, row = 0) {
      const rows = group[batch]!;
      const source = this.#sourceOf(rows);
      for (; row < rows.length; row++) {
        if (at >= limits.chunkBytes) return this.#chunk(at, records, { batch, row }, cut);
        const base = row * FLOW_ROW.words;
        const isIPv4Flow = isIPv4(rows.rows, base + SOURCE) && isIPv4(rows.rows, base + DESTINATION);
        const plan = isIPv4Flow ? this.#ipv4 : this.#ipv6;
        const lineEnd = isIPv4Flow ? ends.ipv4 : ends.ipv6;
        let end = writeLine(plan, source, base, this.#output, at, this.#output.bytes.length - lineEnd.length);
        if (end === NO_ROOM && at > 0) return this.#chunk(at, records, { batch, row }, cut);
        while (end === NO_ROOM) {
          this.#makeRoom(2 * this.#output.bytes.length);
          end = writeLine(plan, source, base, this.#output, at, this.#output.bytes.length - lineEnd.length);
        }
        const excess = end + lineEnd.length - at - limits.longestLine;
        if (excess > 0) {
          end = this.#writeShortened(plan, rows, base, at, excess);
          cut++;
        }
        this.#output.bytes.set(lineEnd, end);
        at = end + lineEnd.length;
        records++;
      }
    }
    return this.#chunk(at, records, { batch, row: 0 }, cut);
  }

  /** Lets go of the last batch, and of the room that a very long line took. */
  release(): void {
    this.#source = undefined;
    if (this.#output.bytes.length > KEPT_ROOM) this.#output = new LineOutput(LINE_ROOM);
  }

  /** Writes a line that is at least `excess` bytes shorter. There is room for it: there was for the whole line. */
  #writeShortened(plan: LinePlan, batch: FlowBatch, base: number, at: number, excess: number): number {
    const lengthOf = (id: number): number =>
      escapedLength(batch.stringBytes, batch.stringStart(id), batch.stringEnds[id]!);
    const row = withoutLongest(batch, base, plan.textWords, excess, lengthOf);
    return writeLine(plan, new LineSource(batch, row), 0, this.#output, at, this.#output.bytes.length);
  }

  #chunk(end: number, records: number, next: LinePosition, cut: number): LineChunk {
    return { bytes: this.#output.bytes.subarray(0, end), records, next, shortened: cut };
  }

  /** Over UDP each line is a chunk, and many have the same time. */
  #endsAt(time: number): LineEnds {
    if (this.#ends?.time === time) return this.#ends;
    const stamp = Buffer.from(`${new Date(time).toISOString()}"}\n`);
    const endOf = ({ end }: LinePlan): Uint8Array => Buffer.concat([end, stamp]);
    this.#ends = { time, ipv4: endOf(this.#ipv4), ipv6: endOf(this.#ipv6) };
    return this.#ends;
  }

  /** Chunks are smaller than batches: what is known of the last batch serves the next chunk too. */
  #sourceOf(batch: FlowBatch): LineSource {
    if (this.#source?.rows !== batch.rows) this.#source = new LineSource(batch);
    return this.#source;
  }

  /** What was written so far is lost. */
  #makeRoom(size: number): void {
    if (this.#output.bytes.length < size) this.#output = new LineOutput(size);
  }
}
