import {
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

/** Room to encode in; longer than any message of the simulated cluster. */
const scratch = Buffer.alloc(4096);
const scratchView = new DataView(scratch.buffer, scratch.byteOffset, scratch.length);

/**
 * A message of one record, encoded once: a report copies its bytes and writes the few that differ (times, sequence number, counters)
 * over the copy. The bytes themselves are never changed.
 */
export class RecordMessage {
  readonly bytes: Uint8Array;
  readonly template: AgentTemplate;

  /** Encodes all that stays the same; the rest is 0. */
  constructor(
    template: AgentTemplate,
    observationDomain: number,
    identity: FlowIdentity,
    flowStartSeconds: number,
    tcpState: string,
  ) {
    this.template = template;
    let end = MESSAGE_HEADER_BYTES + SET_HEADER_BYTES;
    for (const field of template.fields) end = encodeField(field, identity, tcpState, end);
    writeMessageHeader(scratchView, end, 0, 0, observationDomain);
    scratchView.setUint16(MESSAGE_HEADER_BYTES, template.id);
    scratchView.setUint16(MESSAGE_HEADER_BYTES + 2, end - MESSAGE_HEADER_BYTES);
    scratchView.setUint32(template.offsets.flowStart, flowStartSeconds);
    // From Node's pool: a buffer of its own for each message would cost more than what is in it.
    this.bytes = Buffer.allocUnsafe(end);
    this.bytes.set(scratch.subarray(0, end));
  }

  /** Copies the message to `at` and completes the copy with the report. @returns where the copy ends */
  write(bytes: Uint8Array, view: DataView, at: number, report: RecordReport, counters: FlowCounters): number {
    const { offsets } = this.template;
    bytes.set(this.bytes, at);
    view.setUint32(at + 4, report.exportSeconds);
    view.setUint32(at + 8, report.sequence);
    view.setUint32(at + offsets.flowEnd, report.flowEndSeconds);
    view.setUint8(at + offsets.endReason, report.endReason);
    counters.write(view, at + offsets.counters, at + offsets.reverseCounters);
    return at + this.bytes.length;
  }
}

/** Writes a field's value into the scratch room. @returns where it ends */
function encodeField(field: RecordField, identity: FlowIdentity, tcpState: string, at: number): number {
  const { holds, length } = field;
  const value = holds === 'report' ? 0 : holds === 'tcpState' ? tcpState : identity[holds];
  if (typeof value === 'string') return encodeText(value, at);
  if (typeof value === 'number') encodeNumber(value, length, at);
  else scratch.set(value.bytes, at);
  return at + length;
}

function encodeNumber(value: number, length: number, at: number): void {
  for (let end = at + length - 1, rest = value; end >= at; end--, rest >>>= 8) scratch[end] = rest & 0xff;
}

/** A text with its length before it, in the form for short ones. Names in Kubernetes are ASCII. */
function encodeText(text: string, at: number): number {
  const { length } = text;
  if (length > SHORT_LENGTH) throw new RangeError(`the simulator knows no name of ${length} characters`);
  scratch[at] = length;
  for (let i = 0; i < length; i++) scratch[at + 1 + i] = text.charCodeAt(i);
  return at + 1 + length;
}
