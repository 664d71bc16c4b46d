import { IANA_ENTERPRISE, type InformationElement } from '../information-elements.js';
import type { Family } from './exported-elements.js';

/** RFC 7011 §3.1: the message header's length and the version it begins with. */
export const MESSAGE_HEADER = 16;
const VERSION = 10;

/** RFC 7011 §3.3.2: a set's header; id 2 is that of a template set. */
export const SET_HEADER = 4;
const TEMPLATE_SET = 2;

/** RFC 7011 §3.4.1: ids below are those of sets. */
export const TEMPLATE_IDS: Readonly<Record<Family, number>> = { IPv4: 256, IPv6: 257 };

/** Length fields have 16 bits. */
export const LONGEST_MESSAGE = 65_535;

/** What stands in a message's header beside its length (RFC 7011 §3.1). */
export interface MessageHeader {
  /** Unix seconds. */
  readonly exportTime: number;
  /** Data records sent before this message in the transport session, modulo 2³². */
  readonly sequenceNumber: number;
  readonly observationDomainId: number;
}

/** Writes the headers of a message of one set that lies between `start` and `end`. */
export function writeHeaders(view: DataView, start: number, end: number, setId: number, header: MessageHeader): void {
  view.setUint16(start, VERSION);
  view.setUint16(start + 2, end - start);
  view.setUint32(start + 4, header.exportTime);
  view.setUint32(start + 8, header.sequenceNumber);
  view.setUint32(start + 12, header.observationDomainId);
  view.setUint16(start + MESSAGE_HEADER, setId);
  view.setUint16(start + MESSAGE_HEADER + 2, end - start - MESSAGE_HEADER);
}

/** Bytes of a message with one template (RFC 7011 §3.4.1). */
export function templateMessage(
  family: Family,
  elements: readonly InformationElement[],
  header: MessageHeader,
): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_HEADER + SET_HEADER + 4 + 8 * elements.length);
  const view = new DataView(bytes.buffer);
  let at = MESSAGE_HEADER + SET_HEADER;
  view.setUint16(at, TEMPLATE_IDS[family]);
  view.setUint16(at + 2, elements.length);
  at += 4;
  for (const { id, length, enterpriseNumber } of elements) {
    const enterprise = enterpriseNumber === IANA_ENTERPRISE ? 0 : 0x8000;
    view.setUint16(at, enterprise | id);
    view.setUint16(at + 2, length);
    at += 4;
    if (enterprise === 0) continue;
    view.setUint32(at, enterpriseNumber);
    at += 4;
  }
  writeHeaders(view, 0, at, TEMPLATE_SET, header);
  return bytes.subarray(0, at);
}
