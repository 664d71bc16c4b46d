import {
  AGENT_TEMPLATES,
  MESSAGE_HEADER_BYTES,
  SET_HEADER_BYTES,
  writeMessageHeader,
  type AgentTemplate,
  type RecordField,
} from './agent-template.js';
import type { FlowCounters } from './flow-counters.js';
import type { FlowIdentity } from './flow-identity.js';

/** Longest text with a length of one byte, RFC 7011 §7. */
const SHORT_LENGTH = 254;

/** What is written into a copy of a message each time the flow is reported. */
export interface RecordReport {
  exportSeconds: number;
  sequence: number;
  flowEndSeconds: number;
  endReason: number;
}

/** Bytes kept for a message, and copied with it: more than any message of the simulated cluster has, and a multiple of a cache line. */
export const MESSAGE_ROOM = 640;

/** Bytes of an IPv6 address. */
const LONGEST_FIXED_FIELD = 16;

/**
 * A message of one record, encoded once: a report copies its bytes and writes the few that differ (times, sequence number, counters)
 * over the copy.
 */
export class RecordMessage {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #template: AgentTemplate = AGENT_TEMPLATES[4];
  #length = 0;

  /** @param bytes {@link MESSAGE_ROOM} bytes for it alone */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** A message with room of its own. */
  static alone(): RecordMessage {
    return new RecordMessage(Buffer.alloc(MESSAGE_ROOM));
  }

  /** Bytes of the message. */
  get length(): number {
    return this.#length;
  }

  /** What its records look like. */
  get template(): AgentTemplate {
    return this.#template;
  }

  /**
   * Encodes all that stays the same; the rest is 0.
   *
   * @throws RangeError if a name, or all of them together, are longer than those of the simulated cluster
   */
  encode(
    template: AgentTemplate,
    observationDomain: number,
    identity: FlowIdentity,
    flowStartSeconds: number,
    tcpState: string,
  ): void {
    let end = MESSAGE_HEADER_BYTES + SET_HEADER_BYTES;
    for (const field of template.fields) {
      end = encodeField(this.#bytes, field, identity, tcpState, end);
      if (end + LONGEST_FIXED_FIELD > MESSAGE_ROOM) throw new RangeError(`a message of more than ${end} bytes`);
    }
    this.#template = template;
    this.#length = end;
    writeMessageHeader(this.#view, end, 0, 0, observationDomain);
    this.#view.setUint16(MESSAGE_HEADER_BYTES, template.id);
    this.#view.setUint16(MESSAGE_HEADER_BYTES + 2, end - MESSAGE_HEADER_BYTES);
    this.#view.setUint32(template.offsets.flowStart, flowStartSeconds);
  }

  /** Copies the message to `at`, where there must be {@link MESSAGE_ROOM}; what is behind its end is garbage. @returns where it ends */
  copy(target: Uint8Array, at: number): number {
    target.set(this.#bytes, at);
    return at + this.#length;
  }

  /** Like {@link copy}, and completes the copy with a report. */
  write(target: Uint8Array, view: DataView, at: number, report: RecordReport, counters: FlowCounters): number {
    const { offsets } = this.#template;
    const end = this.copy(target, at);
    view.setUint32(at + 4, report.exportSeconds);
    view.setUint32(at + 8, report.sequence);
    view.setUint32(at + offsets.flowEnd, report.flowEndSeconds);
    view.setUint8(at + offsets.endReason, report.endReason);
    counters.write(view, at + offsets.counters, at + offsets.reverseCounters);
    return end;
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
