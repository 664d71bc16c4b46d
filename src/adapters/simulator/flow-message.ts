import { encodeContents, encodeCounters, encodeReport, type FlowReport } from '../formats/protobuf/encode-flow.js';
import { WireWriter } from '../formats/protobuf/encode-wire.js';
import { EXPORT_REQUEST, FLOW, STATS, WireType, tagOf } from '../formats/protobuf/flow-messages.js';
import type { Family } from './address-plan.js';
import type { EncodedRecord, RecordReport } from './encoded-record.js';
import { flowContents } from './flow-contents.js';
import type { FlowIdentity } from './flow-identity.js';

/** Bytes kept for a Flow: more than any of the simulated cluster takes, and a multiple of a cache line. */
export const FLOW_ROOM = 960;

/** Bytes of the most that a report adds to what stays the same: tag, length, times, and eight counters of up to 2⁵³. */
const REPORT_ROOM = 160;

const FLOW_TAG = tagOf(EXPORT_REQUEST.flows, WireType.Bytes);

/** Bytes before a Flow: its tag, and its length, always in two. */
const PREFIX_BYTES = 3;

/** Goes from report to report: making a new one for each costs more than the report. */
const writer = new WireWriter(Buffer.alloc(0));

/**
 * A Flow of the flow API, as a field of an ExportRequest: several in a row are an ExportRequest of several flows (protobuf encoding,
 * "repeated elements").
 */
export class FlowMessage implements EncodedRecord {
  readonly #bytes: Buffer;
  /** The part of {@link #bytes} that all reports have in common. */
  #contents: Buffer;
  #sourceAddress = 0;
  #sourcePort = 0;
  /** Where the contents are in the report that was written last, from its beginning. */
  #contentsAt = 0;
  readonly #report: { -readonly [Name in keyof FlowReport]: FlowReport[Name] } = {
    exportSeconds: 0,
    observationDomain: 0,
    flowStartSeconds: 0,
    flowEndSeconds: 0,
    endReason: 0,
  };

  /** @param bytes {@link FLOW_ROOM} bytes for it alone */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#contents = bytes;
  }

  encode(family: Family, identity: FlowIdentity, flowStartSeconds: number, tcpState: string): void {
    writer.moveTo(this.#bytes, 0);
    const { sourceAddress, sourcePort } = encodeContents(writer, flowContents(identity, tcpState));
    if (writer.at + REPORT_ROOM > FLOW_ROOM) throw new RangeError(`a flow of more than ${writer.at} bytes`);
    this.#contents = this.#bytes.subarray(0, writer.at);
    this.#sourceAddress = sourceAddress + (family === 4 ? 0 : 12);
    this.#sourcePort = sourcePort;
    this.#report.flowStartSeconds = flowStartSeconds;
  }

  write(target: Buffer, _view: DataView, at: number, report: RecordReport, counters: Float64Array): number {
    const own = this.#report;
    own.exportSeconds = report.exportSeconds;
    own.observationDomain = report.observationDomain;
    own.flowEndSeconds = report.flowEndSeconds;
    own.endReason = report.endReason;
    writer.moveTo(target, at + PREFIX_BYTES);
    encodeReport(writer, own);
    this.#contentsAt = writer.at - at;
    target.set(this.#contents, writer.at);
    writer.at += this.#contents.length;
    encodeCounters(writer, counters);
    const length = writer.at - at - PREFIX_BYTES;
    target[at] = FLOW_TAG;
    target[at + 1] = (length & 127) | 128;
    target[at + 2] = length >>> 7;
    return writer.at;
  }

  replaceSource(view: DataView, at: number, host: number, port: number): void {
    view.setUint32(at + this.#contentsAt + this.#sourceAddress, host);
    const portAt = at + this.#contentsAt + this.#sourcePort;
    view.setUint8(portAt, (port & 127) | 128);
    view.setUint8(portAt + 1, ((port >>> 7) & 127) | 128);
    view.setUint8(portAt + 2, port >>> 14);
  }
}

/** The counters of a Flow that a {@link FlowMessage} wrote to `at`, as it was given them. */
export function countersOfFlow(view: DataView, at: number): Float64Array {
  const values = new Float64Array(8);
  const end = at + PREFIX_BYTES + ((view.getUint8(at + 1) & 127) | (view.getUint8(at + 2) << 7));
  eachField(view, at + PREFIX_BYTES, end, (field, value, ends) => {
    if (field !== FLOW.stats && field !== FLOW.reverse_stats) return;
    const first = field === FLOW.stats ? 0 : 4;
    eachField(view, value, ends, (counter, count) => {
      values[first + COUNTER_PLACES[counter]!] = count;
    });
  });
  return values;
}

/** Where counters are among those of their direction, by their field's number. */
const COUNTER_PLACES: Readonly<Record<number, number>> = {
  [STATS.packet_total_count]: 0,
  [STATS.octet_total_count]: 1,
  [STATS.packet_delta_count]: 2,
  [STATS.octet_delta_count]: 3,
};

/** Calls `visit` with each field of a message: with its number, or with where its bytes begin and end. */
function eachField(
  view: DataView,
  begin: number,
  end: number,
  visit: (field: number, value: number, ends: number) => void,
): void {
  let at = begin;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = view.getUint8(at++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < end) {
    const tag = varint();
    const value = varint();
    if ((tag & 7) === WireType.Bytes) {
      visit(tag >>> 3, at, at + value);
      at += value;
    } else {
      visit(tag >>> 3, value, at);
    }
  }
}
