import {
  AGENT_TEMPLATES,
  MESSAGE_HEADER_BYTES,
  SET_HEADER_BYTES,
  writeMessageHeader,
  type AgentTemplate,
  type RecordField,
} from './agent-template.js';
import type { Family } from './address-plan.js';
import type { EncodedRecord, RecordReport } from './encoded-record.js';
import { writeCounters } from './flow-counters.js';
import type { FlowIdentity } from './flow-identity.js';

/** Longest text with a length of one byte, RFC 7011 §7. */
const SHORT_LENGTH = 254;

/** Bytes kept for a message, and copied with it: more than any message of the simulated cluster has, and a multiple of a cache line. */
export const MESSAGE_ROOM = 640;

/** Bytes of an IPv6 address. */
const LONGEST_FIXED_FIELD = 16;

/** An IPFIX message of one record. */
export class RecordMessage implements EncodedRecord {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #template: AgentTemplate = AGENT_TEMPLATES[4];
  #length = 0;

  /** @param bytes {@link MESSAGE_ROOM} bytes for it alone */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Bytes of the message. */
  get length(): number {
    return this.#length;
  }

  encode(family: Family, identity: FlowIdentity, flowStartSeconds: number, tcpState: string): void {
    const template = AGENT_TEMPLATES[family];
    let end = MESSAGE_HEADER_BYTES + SET_HEADER_BYTES;
    for (const field of template.fields) {
      end = encodeField(this.#bytes, field, identity, tcpState, end);
      if (end + LONGEST_FIXED_FIELD > MESSAGE_ROOM) throw new RangeError(`a message of more than ${end} bytes`);
    }
    this.#template = template;
    this.#length = end;
    writeMessageHeader(this.#view, end, 0, 0, 0);
    this.#view.setUint16(MESSAGE_HEADER_BYTES, template.id);
    this.#view.setUint16(MESSAGE_HEADER_BYTES + 2, end - MESSAGE_HEADER_BYTES);
    this.#view.setUint32(template.offsets.flowStart, flowStartSeconds);
  }

  write(target: Buffer, view: DataView, at: number, report: RecordReport, counters: Float64Array): number {
    const { offsets } = this.#template;
    target.set(this.#bytes, at);
    view.setUint32(at + 4, report.exportSeconds);
    view.setUint32(at + 8, report.sequence);
    view.setUint32(at + 12, report.observationDomain);
    view.setUint32(at + offsets.flowEnd, report.flowEndSeconds);
    view.setUint8(at + offsets.endReason, report.endReason);
    writeCounters(view, at + offsets.counters, at + offsets.reverseCounters, counters);
    return at + this.#length;
  }

  replaceSource(view: DataView, at: number, host: number, port: number): void {
    const { offsets, family } = this.#template;
    view.setUint32(at + offsets.sourceAddress + (family === 4 ? 0 : 12), host);
    view.setUint16(at + offsets.sourcePort, port);
  }
}

/** Writes a field's value. @returns where it ends */
function encodeField(bytes: Buffer, field: RecordField, identity: FlowIdentity, tcpState: string, at: number): number {
  const { holds, length } = field;
  const value = holds === 'report' ? 0 : holds === 'tcpState' ? tcpState : identity[holds];
  if (typeof value === 'string') return encodeText(bytes, value, at);
  if (typeof value === 'number') encodeNumber(bytes, value, length, at);
  else bytes.set(value.bytes, at);
  return at + length;
}

function encodeNumber(bytes: Buffer, value: number, length: number, at: number): void {
  for (let end = at + length - 1, rest = value; end >= at; end--, rest >>>= 8) bytes[end] = rest & 0xff;
}

/** A text with its length before it, in the form for short ones. Names in Kubernetes are ASCII. */
function encodeText(bytes: Buffer, text: string, at: number): number {
  const { length } = text;
  if (length > SHORT_LENGTH) throw new RangeError(`the simulator knows no name of ${length} characters`);
  bytes[at] = length;
  for (let i = 0; i < length; i++) bytes[at + 1 + i] = text.charCodeAt(i);
  return at + 1 + length;
}
