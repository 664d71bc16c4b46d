import type { FlowBatch } from '../../../../domain/batch/flow-batch.js';
import { isIPv4 } from '../../../../domain/flow/address.js';
import { FLOW_BLOCK, FLOW_ROW } from '../../../../domain/flow/layout.js';
import { exportedElements, type ElementChoice, type Family } from './exported-elements.js';
import {
  LONGEST_MESSAGE,
  MESSAGE_HEADER,
  SET_HEADER,
  TEMPLATE_IDS,
  templateMessage,
  writeHeaders,
  type MessageHeader,
} from './message.js';
import { planRecords, type RecordPlan } from './record-plan.js';
import { Output, RowSource, TOO_LONG, writeRecord } from './record-writer.js';
import { shortened } from './shortened-row.js';

const HEADERS = MESSAGE_HEADER + SET_HEADER;
const FAMILIES: readonly Family[] = ['IPv4', 'IPv6'];
const SOURCE = FLOW_BLOCK.slots.sourceIP.word;
const DESTINATION = FLOW_BLOCK.slots.destinationIP.word;

/** What the messages of a transport session have in common. */
export interface MessageOptions extends ElementChoice {
  readonly observationDomainId: number;
  /** What the element clusterId says. */
  readonly clusterId: string;
}

/** Bounds of what is encoded at a time. */
export interface ChunkLimits {
  /** Bytes of a message, its header included, unless a single record needs more. */
  readonly messageBytes: number;
  /** Bytes of the longest message that the transport can carry: a record that needs more loses texts. */
  readonly longestMessage: number;
  /** No message is begun after so many bytes; 1 gives one message at a time. */
  readonly chunkBytes: number;
}

/** A place among the records of a group: within a batch, those of IPv4 come before those of IPv6. */
export interface Position {
  readonly batch: number;
  /** 0 for IPv4, 1 for IPv6. */
  readonly family: number;
  readonly row: number;
}

/** Where a group's records begin. */
export const BEGINNING: Position = { batch: 0, family: 0, row: 0 };

/** The records of a batch that come after a position in it. */
export function recordsFrom(batch: FlowBatch, { family, row: first }: Position): FlowBatch {
  return batch.select((row) => {
    const own = familyOf(batch.rows, row * FLOW_ROW.words);
    return own > family || (own === family && row >= first);
  });
}

/** Some whole messages, one after another. */
export interface Chunk {
  /** Valid until the next chunk is encoded. Empty when there are no more records. */
  readonly bytes: Uint8Array;
  /** Data records in it. */
  readonly records: number;
  /** The place after them. */
  readonly next: Position;
  /** Messages that are longer than the limit because their single record is. */
  readonly oversized: number;
  /** Records that no message could hold in full: their longest texts were left out. */
  readonly shortened: number;
}

/**
 * Turns batches of flows into IPFIX messages: one set in a message, records of one family in a data message, in the order of the batch as
 * far as that allows.
 */
export class MessageEncoder {
  readonly #observationDomainId: number;
  readonly #elements: Readonly<Record<Family, ReturnType<typeof exportedElements>>>;
  readonly #plans: readonly RecordPlan[];
  #output = new Output(0);
  #source: RowSource | undefined;

  constructor(options: MessageOptions) {
    this.#observationDomainId = options.observationDomainId;
    this.#elements = { IPv4: exportedElements('IPv4', options), IPv6: exportedElements('IPv6', options) };
    this.#plans = FAMILIES.map((family) => planRecords(this.#elements[family], family, options.clusterId));
  }

  /** The messages that define the two templates, IPv4's first. */
  templates(exportTime: number, sequenceNumber: number): Uint8Array[] {
    const header = this.#header(exportTime, sequenceNumber);
    return FAMILIES.map((family) => templateMessage(family, this.#elements[family], header));
  }

  /**
   * Encodes the records from `from` on, until the chunk is full or the group ends.
   *
   * @param exportTime Unix seconds
   * @param sequenceNumber data records sent before in this transport session
   */
  encode(
    group: readonly FlowBatch[],
    from: Position,
    exportTime: number,
    sequenceNumber: number,
    limits: ChunkLimits,
  ): Chunk {
    const chunk = new OpenChunk(this.#outputFor(limits), this.#header(exportTime, sequenceNumber), limits);
    let { batch, family, row } = from;
    for (; batch < group.length; batch++, family = 0) {
      const rows = group[batch]!;
      const source = this.#sourceOf(rows);
      for (; family < FAMILIES.length; family++, row = 0) {
        const plan = this.#plans[family]!;
        for (; row < rows.length; row++) {
          const base = row * FLOW_ROW.words;
          if (familyOf(rows.rows, base) !== family) continue;
          if (!chunk.add(plan, family, rows, source, base)) return chunk.close({ batch, family, row });
        }
      }
    }
    return chunk.close({ batch, family: 0, row: 0 });
  }

  #header(exportTime: number, sequenceNumber: number): MessageHeader {
    return { exportTime, sequenceNumber, observationDomainId: this.#observationDomainId };
  }

  /** Chunks are smaller than batches: the view of the last batch serves the next chunk too. */
  #sourceOf(batch: FlowBatch): RowSource {
    if (this.#source?.rows !== batch.rows) this.#source = new RowSource(batch);
    return this.#source;
  }

  /** Lets go of the last batch. */
  release(): void {
    this.#source = undefined;
  }

  /** Room for a chunk: the message that fills it, the record that no longer fits, and the part of a record that is not checked. */
  #outputFor({ chunkBytes }: ChunkLimits): Output {
    const least = Math.max(...this.#plans.map(({ leastBytes }) => leastBytes));
    const size = chunkBytes + 2 * LONGEST_MESSAGE + least;
    if (this.#output.bytes.length < size) this.#output = new Output(size);
    return this.#output;
  }
}

/** 0 if both ends of a flow have IPv4 addresses, else 1: an IPv4 address is then written as ::ffff:a.b.c.d. */
function familyOf(rows: Uint32Array, base: number): number {
  return isIPv4(rows, base + SOURCE) && isIPv4(rows, base + DESTINATION) ? 0 : 1;
}

/** A chunk that messages are added to. */
class OpenChunk {
  readonly #output: Output;
  readonly #header: MessageHeader;
  readonly #limits: ChunkLimits;
  /** Where the open message begins; its records are of `#family`. */
  #start = 0;
  /** Where it ends so far. */
  #end = 0;
  #family = -1;
  /** Records in all messages, and in those before the open one. */
  #records = 0;
  #recordsBefore = 0;
  #oversized = 0;
  #shortened = 0;

  constructor(output: Output, header: MessageHeader, limits: ChunkLimits) {
    this.#output = output;
    this.#header = header;
    this.#limits = limits;
  }

  /** Adds a record, in a new message if it has to be. False if that may no longer be begun: nothing has changed then. */
  add(plan: RecordPlan, family: number, batch: FlowBatch, source: RowSource, base: number): boolean {
    const { messageBytes } = this.#limits;
    const hasPlace = this.#family === family && this.#end + plan.leastBytes - this.#start <= messageBytes;
    if (!hasPlace && !this.#begin(family)) return false;
    const at = this.#end;
    const longest = this.#limits.longestMessage - HEADERS;
    let end = writeRecord(plan, source, base, this.#output, at, at + longest);
    const tooLong = end === TOO_LONG;
    if (tooLong) {
      const row = shortened(plan, batch, base, longest);
      end = writeRecord(plan, new RowSource(batch, row), 0, this.#output, at, at + longest);
    }
    const isFirst = at === this.#start + HEADERS;
    if (end - this.#start > messageBytes && !isFirst) {
      if (!this.#begin(family)) return false;
      this.#output.bytes.copyWithin(this.#end, at, end);
      end += this.#end - at;
    }
    if (tooLong) this.#shortened++;
    if (end - this.#start > messageBytes) this.#oversized++;
    this.#end = end;
    this.#records++;
    return true;
  }

  close(next: Position): Chunk {
    this.#finish();
    return {
      bytes: this.#output.bytes.subarray(0, this.#end),
      records: this.#records,
      next,
      oversized: this.#oversized,
      shortened: this.#shortened,
    };
  }

  /** Finishes the open message and begins another, if there is room for one. */
  #begin(family: number): boolean {
    this.#finish();
    if (this.#end >= this.#limits.chunkBytes) return false;
    this.#start = this.#end;
    this.#end += HEADERS;
    this.#family = family;
    this.#recordsBefore = this.#records;
    return true;
  }

  #finish(): void {
    if (this.#family < 0) return;
    writeHeaders(this.#output.view, this.#start, this.#end, TEMPLATE_IDS[FAMILIES[this.#family]!], {
      ...this.#header,
      sequenceNumber: this.#header.sequenceNumber + this.#recordsBefore,
    });
    this.#family = -1;
  }
}
