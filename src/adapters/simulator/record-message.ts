import { VARIABLE_LENGTH, type InformationElement } from '../formats/ipfix/information-elements.js';
import { MESSAGE_HEADER_BYTES, SET_HEADER_BYTES, writeMessageHeader, type AgentTemplate } from './agent-template.js';
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

/** The elements that are not named as the part of a flow's identity that they hold. */
const IDENTITY_FIELDS: Readonly<Record<string, keyof FlowIdentity>> = {
  sourceIPv4Address: 'sourceIP',
  sourceIPv6Address: 'sourceIP',
  destinationIPv4Address: 'destinationIP',
  destinationIPv6Address: 'destinationIP',
  destinationClusterIPv4: 'destinationClusterIP',
  destinationClusterIPv6: 'destinationClusterIP',
  destinationServiceIPv4: 'destinationServiceIP',
  destinationServiceIPv6: 'destinationServiceIP',
  proxySnatIPv4: 'proxySnatIP',
  proxySnatIPv6: 'proxySnatIP',
};

const encoder = new TextEncoder();

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
    const parts = template.elements.map((element) => encodeElement(element, identity, tcpState));
    const length = parts.reduce((sum, part) => sum + part.length, MESSAGE_HEADER_BYTES + SET_HEADER_BYTES);
    this.bytes = new Uint8Array(length);
    const view = new DataView(this.bytes.buffer);
    writeMessageHeader(view, length, 0, 0, observationDomain);
    view.setUint16(MESSAGE_HEADER_BYTES, template.id);
    view.setUint16(MESSAGE_HEADER_BYTES + 2, length - MESSAGE_HEADER_BYTES);
    let offset = MESSAGE_HEADER_BYTES + SET_HEADER_BYTES;
    for (const part of parts) {
      this.bytes.set(part, offset);
      offset += part.length;
    }
    view.setUint32(template.offsets.flowStart, flowStartSeconds);
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

function encodeElement(element: InformationElement, identity: FlowIdentity, tcpState: string): Uint8Array {
  const field = IDENTITY_FIELDS[element.name] ?? element.name;
  const value = element.name === 'tcpState' ? tcpState : field in identity ? identity[field as keyof FlowIdentity] : 0;
  if (typeof value === 'object') return value.bytes;
  return typeof value === 'string' ? encodeText(element, value) : encodeNumber(element, value);
}

function encodeText(element: InformationElement, text: string): Uint8Array {
  if (element.length !== VARIABLE_LENGTH) throw new RangeError(`${element.name} is no text`);
  const bytes = encoder.encode(text);
  const header = bytes.length <= SHORT_LENGTH ? [bytes.length] : [255, bytes.length >>> 8, bytes.length & 0xff];
  const encoded = new Uint8Array(header.length + bytes.length);
  encoded.set(header);
  encoded.set(bytes, header.length);
  return encoded;
}

/** A number, or the room for what each report writes there. */
function encodeNumber(element: InformationElement, value: number): Uint8Array {
  const encoded = new Uint8Array(element.length);
  for (let at = element.length - 1, rest = value; at >= 0; at--, rest = Math.floor(rest / 256))
    encoded[at] = rest % 256;
  return encoded;
}
