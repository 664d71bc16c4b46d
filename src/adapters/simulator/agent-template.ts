import {
  IANA_ENTERPRISE,
  VARIABLE_LENGTH,
  informationElement,
  type InformationElement,
} from '../formats/ipfix/information-elements.js';
import type { Family } from './address-plan.js';
import { emptyIdentity, type FlowIdentity } from './flow-identity.js';

/** Bytes of a message header, RFC 7011 §3.1. */
export const MESSAGE_HEADER_BYTES = 16;

/** Bytes of a set header, RFC 7011 §3.3.2. */
export const SET_HEADER_BYTES = 4;

/** Version in a message header. */
export const IPFIX_VERSION = 10;

const TEMPLATE_SET_ID = 2;
const ENTERPRISE_BIT = 0x8000;

/** What an Antrea agent's record consists of, in its order; `#` stands for the address family. */
const ELEMENT_NAMES = `
  flowStartSeconds flowEndSeconds flowEndReason sourceTransportPort destinationTransportPort protocolIdentifier
  packetTotalCount octetTotalCount packetDeltaCount octetDeltaCount sourceIPv#Address destinationIPv#Address
  reversePacketTotalCount reverseOctetTotalCount reversePacketDeltaCount reverseOctetDeltaCount
  sourcePodName sourcePodNamespace sourceNodeName destinationPodName destinationPodNamespace destinationNodeName
  destinationServicePort destinationServicePortName
  ingressNetworkPolicyName ingressNetworkPolicyNamespace ingressNetworkPolicyType
  ingressNetworkPolicyRuleName ingressNetworkPolicyRuleAction
  egressNetworkPolicyName egressNetworkPolicyNamespace egressNetworkPolicyType
  egressNetworkPolicyRuleName egressNetworkPolicyRuleAction
  tcpState flowType egressName egressIP egressNodeName proxySnatPort
  destinationClusterIPv# proxySnatIPv# destinationServiceIPv#
`;

const IDENTITY_FIELDS = emptyIdentity(4);

/** Where in a message what changes from record to record is. */
export interface RecordOffsets {
  readonly flowStart: number;
  readonly flowEnd: number;
  readonly endReason: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sourceAddress: number;
  readonly destinationAddress: number;
  /** The four counters of the flow's direction, 8 bytes each. */
  readonly counters: number;
  /** The four counters against the flow's direction, 8 bytes each. */
  readonly reverseCounters: number;
}

/** A field of a record as the encoder sees it. */
export interface RecordField {
  /** The part of a flow's identity that it holds; "report": a time, a counter, what each report fills in anew. */
  readonly holds: keyof FlowIdentity | 'tcpState' | 'report';
  /** Bytes; {@link VARIABLE_LENGTH} for texts. */
  readonly length: number;
}

/** One of the two templates that every agent sends: the records of one address family. */
export class AgentTemplate {
  readonly elements: readonly InformationElement[];
  readonly fields: readonly RecordField[];
  readonly offsets: RecordOffsets;

  /** @param id template ID, from 256 */
  constructor(
    readonly id: number,
    readonly family: Family,
  ) {
    this.elements = ELEMENT_NAMES.trim()
      .split(/\s+/)
      .map((name) => informationElement(name.replace('#', String(family))));
    this.fields = this.elements.map(({ name, length }) => ({ holds: heldBy(name), length }));
    this.offsets = {
      flowStart: this.#offsetOf('flowStartSeconds'),
      flowEnd: this.#offsetOf('flowEndSeconds'),
      endReason: this.#offsetOf('flowEndReason'),
      sourcePort: this.#offsetOf('sourceTransportPort'),
      destinationPort: this.#offsetOf('destinationTransportPort'),
      sourceAddress: this.#offsetOf(`sourceIPv${family}Address`),
      destinationAddress: this.#offsetOf(`destinationIPv${family}Address`),
      counters: this.#offsetOf('packetTotalCount'),
      reverseCounters: this.#offsetOf('reversePacketTotalCount'),
    };
  }

  /** A message of this template alone (RFC 7011 §3.4.1). It counts no data record, so it has the next record's sequence number. */
  message(observationDomain: number, exportSeconds: number, sequence: number): Uint8Array {
    const fields = this.elements.flatMap(({ id, enterpriseNumber, length }) =>
      enterpriseNumber === IANA_ENTERPRISE
        ? [id, length]
        : [id | ENTERPRISE_BIT, length, enterpriseNumber >>> 16, enterpriseNumber & 0xffff],
    );
    const words = [this.id, this.elements.length, ...fields];
    const bytes = new Uint8Array(MESSAGE_HEADER_BYTES + SET_HEADER_BYTES + 2 * words.length);
    const view = new DataView(bytes.buffer);
    writeMessageHeader(view, bytes.length, exportSeconds, sequence, observationDomain);
    view.setUint16(MESSAGE_HEADER_BYTES, TEMPLATE_SET_ID);
    view.setUint16(MESSAGE_HEADER_BYTES + 2, bytes.length - MESSAGE_HEADER_BYTES);
    words.forEach((word, index) => view.setUint16(MESSAGE_HEADER_BYTES + SET_HEADER_BYTES + 2 * index, word));
    return bytes;
  }

  /** Where an element of fixed length, with none of variable length before it, is in a message of one record. */
  #offsetOf(name: string): number {
    let offset = MESSAGE_HEADER_BYTES + SET_HEADER_BYTES;
    for (const element of this.elements) {
      if (element.name === name) return offset;
      if (element.length === VARIABLE_LENGTH) break;
      offset += element.length;
    }
    throw new RangeError(`${name} has no fixed place`);
  }
}

/** Writes the header of a message at the beginning of the view. */
export function writeMessageHeader(
  view: DataView,
  length: number,
  exportSeconds: number,
  sequence: number,
  observationDomain: number,
): void {
  view.setUint16(0, IPFIX_VERSION);
  view.setUint16(2, length);
  view.setUint32(4, exportSeconds);
  view.setUint32(8, sequence);
  view.setUint32(12, observationDomain);
}

/** The templates of all agents; IDs are the same in each, as one program's are. */
export const AGENT_TEMPLATES: Readonly<Record<Family, AgentTemplate>> = {
  4: new AgentTemplate(256, 4),
  6: new AgentTemplate(257, 6),
};

/** Elements with addresses are named after the identity's part, with their family. */
function heldBy(elementName: string): RecordField['holds'] {
  if (elementName === 'tcpState') return elementName;
  const name = elementName.replace(/IPv[46](Address)?$/, 'IP');
  return isIdentityField(name) ? name : 'report';
}

function isIdentityField(name: string): name is keyof FlowIdentity {
  return Object.hasOwn(IDENTITY_FIELDS, name);
}
