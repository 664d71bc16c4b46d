import { readFileSync } from 'node:fs';
import type { IpfixRecord, IpfixTemplate } from '../../../support/ipfix-reader.js';
import { RecordWalker, type Place } from './record-walker.js';

/** What the collector read of one data message; its records are words, {@link RECORD_WORDS} each. */
export interface BriefMessage {
  /** Which of the collector's transport sessions it came in, from 0. */
  readonly session: number;
  readonly sequence: number;
  /** Octets of the message. */
  readonly length: number;
  readonly records: Uint32Array;
}

/** A message that the collector decoded in full. */
export interface FullMessage {
  readonly session: number;
  readonly sequence: number;
  readonly domain: number;
  readonly length: number;
  /** IDs of the templates that it defines. */
  readonly templates: readonly number[];
  readonly records: readonly IpfixRecord[];
}

/** Words of a brief record: source address, source port and octets (16 bits each), packetDeltaCount. */
export const RECORD_WORDS = 3;

const HEADER_WORDS = 4;

/** A record of a {@link BriefMessage}: enough to tell the flows of a `RecordStream` apart and to add up their traffic. */
export interface BriefRecord {
  readonly source: number;
  readonly sourcePort: number;
  /** Octets of the record. */
  readonly size: number;
  readonly packets: number;
}

/** The records of a brief message, one after the other; the object is the same each time. */
export function* briefRecords({ records }: BriefMessage): Generator<BriefRecord> {
  const record = { source: 0, sourcePort: 0, size: 0, packets: 0 };
  for (let at = 0; at < records.length; at += RECORD_WORDS) {
    record.source = records[at]!;
    record.sourcePort = records[at + 1]! >>> 16;
    record.size = records[at + 1]! & 0xffff;
    record.packets = records[at + 2]!;
    yield record;
  }
}

/** Makes brief records of the data sets of one template. */
export class BriefSet {
  readonly #walker: RecordWalker;
  readonly #source: Place;
  readonly #sourcePort: Place;
  readonly #packets: Place;

  constructor(template: IpfixTemplate) {
    this.#walker = new RecordWalker(template);
    this.#source = this.#walker.place(
      this.#walker.has('sourceIPv4Address') ? 'sourceIPv4Address' : 'sourceIPv6Address',
    );
    this.#sourcePort = this.#walker.place('sourceTransportPort');
    this.#packets = this.#walker.place('packetDeltaCount');
  }

  /** The words of the records between two offsets. Of an address or a counter these are the last 32 bits. */
  records(bytes: Buffer, from: number, to: number): number[] {
    const words: number[] = [];
    const last = ({ offset, length }: Place, at: number): number => bytes.readUInt32BE(at + offset + length - 4);
    for (let at = from; at < to;) {
      const end = this.#walker.end(bytes, at, to);
      const port = bytes.readUInt16BE(at + this.#sourcePort.offset);
      words.push(last(this.#source, at), ((port << 16) | (end - at)) >>> 0, last(this.#packets, at));
      at = end;
    }
    return words;
  }
}

/** The bytes of a brief message in the report. */
export function encodeBrief(session: number, sequence: number, length: number, words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from([session, sequence, length, words.length, ...words]).buffer);
}

/** All brief messages of a report. A collector that was killed while it wrote leaves the last one incomplete: that one was not read. */
export function readBrief(file: string): BriefMessage[] {
  const bytes = readFileSync(file);
  const words = new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~3)));
  const messages: BriefMessage[] = [];
  for (let at = 0; at + HEADER_WORDS <= words.length;) {
    const [session, sequence, length, count] = words.subarray(at, at + HEADER_WORDS) as unknown as number[];
    const end = at + HEADER_WORDS + count!;
    if (end > words.length) break;
    messages.push({
      session: session!,
      sequence: sequence!,
      length: length!,
      records: words.subarray(at + HEADER_WORDS, end),
    });
    at = end;
  }
  return messages;
}

/** The line of a full message in the report. */
export function encodeFull(message: FullMessage): string {
  return `${JSON.stringify(message, (_name, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))}\n`;
}

/** All messages of a report of the full kind. */
export function readFull(file: string): FullMessage[] {
  const text = readFileSync(file, 'utf8');
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line, revive) as FullMessage);
}

function revive(_name: string, value: unknown): unknown {
  return typeof value === 'string' && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value;
}
