/**
 * Reads IPFIX (RFC 7011) for tests. An oracle: it shares no code with the program, knows its elements from a table of its own, and is
 * strict where a collector would be lenient.
 */

/** A value of a record: integers as bigint, addresses and strings as text, octets in hexadecimal. */
export type IpfixValue = bigint | string;

/** A data record, by element name; elements that the reader does not know are named "enterprise/id". */
export type IpfixRecord = Readonly<Record<string, IpfixValue>>;

/** A template: the elements of its records, in order. */
export interface IpfixTemplate {
  readonly id: number;
  readonly fields: readonly {
    readonly name: string;
    readonly enterprise: number;
    readonly id: number;
    readonly length: number;
  }[];
}

/** A set of a message, read. */
export interface IpfixSet {
  readonly id: number;
  /** Octets, its header included. */
  readonly length: number;
  readonly templates: readonly IpfixTemplate[];
  readonly records: readonly IpfixRecord[];
}

/** A message, read. */
export interface IpfixMessage {
  readonly version: number;
  readonly length: number;
  /** Unix seconds. */
  readonly exportTime: number;
  readonly sequenceNumber: number;
  readonly observationDomainId: number;
  readonly sets: readonly IpfixSet[];
  /** The templates of all its sets. */
  readonly templates: readonly IpfixTemplate[];
  /** The data records of all its sets. */
  readonly records: readonly IpfixRecord[];
}

type Kind = 'unsigned' | 'signed' | 'address' | 'text' | 'octets';

const ANTREA = 56506;
const REVERSE = 29305;

/** Per kind "enterprise: id name id name …". */
const KNOWN: Readonly<Record<Kind, readonly string[]>> = {
  unsigned: [
    `0: 1 octetDeltaCount 2 packetDeltaCount 4 protocolIdentifier 7 sourceTransportPort 11 destinationTransportPort 61 flowDirection
     85 octetTotalCount 86 packetTotalCount 136 flowEndReason 150 flowStartSeconds 151 flowEndSeconds 152 flowStartMilliseconds
     153 flowEndMilliseconds 405 originalObservationDomainId`,
    `${REVERSE}: 1 reverseOctetDeltaCount 2 reversePacketDeltaCount 85 reverseOctetTotalCount 86 reversePacketTotalCount`,
    `${ANTREA}: 108 destinationServicePort 115 ingressNetworkPolicyType 118 egressNetworkPolicyType
     120 packetTotalCountFromSourceNode 121 octetTotalCountFromSourceNode 122 packetDeltaCountFromSourceNode
     123 octetDeltaCountFromSourceNode 124 reversePacketTotalCountFromSourceNode 125 reverseOctetTotalCountFromSourceNode
     126 reversePacketDeltaCountFromSourceNode 127 reverseOctetDeltaCountFromSourceNode
     128 packetTotalCountFromDestinationNode 129 octetTotalCountFromDestinationNode 130 packetDeltaCountFromDestinationNode
     131 octetDeltaCountFromDestinationNode 132 reversePacketTotalCountFromDestinationNode
     133 reverseOctetTotalCountFromDestinationNode 134 reversePacketDeltaCountFromDestinationNode
     135 reverseOctetDeltaCountFromDestinationNode 137 flowType 139 ingressNetworkPolicyRuleAction
     140 egressNetworkPolicyRuleAction 145 throughput 146 reverseThroughput 147 throughputFromSourceNode
     148 throughputFromDestinationNode 149 reverseThroughputFromSourceNode 150 reverseThroughputFromDestinationNode
     151 flowEndSecondsFromSourceNode 152 flowEndSecondsFromDestinationNode 172 proxySnatPort`,
  ],
  signed: [`${ANTREA}: 116 ingressNetworkPolicyRulePriority 119 egressNetworkPolicyRulePriority`],
  address: [
    `0: 8 sourceIPv4Address 12 destinationIPv4Address 27 sourceIPv6Address 28 destinationIPv6Address
     403 originalExporterIPv4Address 404 originalExporterIPv6Address`,
    `${ANTREA}: 106 destinationClusterIPv4 107 destinationClusterIPv6 168 destinationServiceIPv4 169 destinationServiceIPv6
     170 proxySnatIPv4 171 proxySnatIPv6`,
  ],
  text: [
    `${ANTREA}: 100 sourcePodNamespace 101 sourcePodName 102 destinationPodNamespace 103 destinationPodName 104 sourceNodeName
     105 destinationNodeName 109 destinationServicePortName 110 ingressNetworkPolicyName 111 ingressNetworkPolicyNamespace
     112 egressNetworkPolicyName 113 egressNetworkPolicyNamespace 114 ingressNetworkPolicyUID 117 egressNetworkPolicyUID
     136 tcpState 138 tcpStatePrevList 141 ingressNetworkPolicyRuleName 142 egressNetworkPolicyRuleName 143 sourcePodLabels
     144 destinationPodLabels 153 egressName 154 egressIP 155 appProtocolName 156 httpVals 157 egressNodeName 158 clusterId`,
  ],
  octets: [
    `${ANTREA}: 159 sourcePodUUID 160 destinationPodUUID 161 sourceNodeUUID 162 destinationNodeUUID 163 destinationServiceUUID
     164 ingressNetworkPolicyUUID 165 egressNetworkPolicyUUID 166 egressUUID 167 egressNodeUUID`,
  ],
};

const elements = new Map<string, { name: string; kind: Kind }>();
for (const [kind, registries] of Object.entries(KNOWN) as [Kind, readonly string[]][]) {
  for (const registry of registries) {
    const [enterprise, list] = registry.split(':') as [string, string];
    for (const [, id, name] of list.matchAll(/(\d+) (\w+)/g))
      elements.set(`${enterprise}/${id!}`, { name: name!, kind });
  }
}

/** The text of 4 or 16 bytes: dotted decimal, or IPv6 as URLs have it, which is RFC 5952's form (of mapped addresses too, in hexadecimal). */
function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

function valueOf(kind: Kind, bytes: Buffer): IpfixValue {
  switch (kind) {
    case 'unsigned':
    case 'signed': {
      const hex = bytes.toString('hex');
      const value = hex === '' ? 0n : BigInt(`0x${hex}`);
      return kind === 'signed' ? BigInt.asIntN(8 * bytes.length, value) : value;
    }
    case 'address':
      return addressText(bytes);
    case 'text':
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    case 'octets':
      return bytes.toString('hex');
  }
}

/** Reads the messages of one transport session, whose templates it keeps. */
export class IpfixReader {
  readonly templates = new Map<string, IpfixTemplate>();

  /**
   * Reads one message.
   *
   * @throws Error if it is no IPFIX message, or has data whose template did not come before
   */
  message(bytes: Uint8Array): IpfixMessage {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const header = {
      version: buffer.readUInt16BE(0),
      length: buffer.readUInt16BE(2),
      exportTime: buffer.readUInt32BE(4),
      sequenceNumber: buffer.readUInt32BE(8),
      observationDomainId: buffer.readUInt32BE(12),
    };
    if (header.version !== 10) throw new Error(`version ${header.version}`);
    if (header.length !== buffer.length) throw new Error(`a message of ${buffer.length} octets says ${header.length}`);
    const sets: IpfixSet[] = [];
    for (let at = 16; at < buffer.length; at += sets.at(-1)!.length) {
      const length = buffer.readUInt16BE(at + 2);
      if (length < 4 || at + length > buffer.length) throw new Error(`a set of ${length} octets at ${at}`);
      sets.push(this.#set(buffer.readUInt16BE(at), buffer.subarray(at + 4, at + length), header.observationDomainId));
    }
    return {
      ...header,
      sets,
      templates: sets.flatMap(({ templates }) => templates),
      records: sets.flatMap(({ records }) => records),
    };
  }

  /** Reads all whole messages of a stream. What follows them, a message cut short, is `rest`. */
  stream(bytes: Uint8Array): { messages: IpfixMessage[]; rest: Uint8Array } {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const messages: IpfixMessage[] = [];
    let at = 0;
    while (at + 4 <= bytes.length && at + view.getUint16(at + 2) <= bytes.length) {
      const length = view.getUint16(at + 2);
      if (length < 16) throw new Error(`a message of ${length} octets`);
      messages.push(this.message(bytes.subarray(at, at + length)));
      at += length;
    }
    return { messages, rest: bytes.subarray(at) };
  }

  #set(id: number, body: Buffer, domain: number): IpfixSet {
    const length = body.length + 4;
    if (id === 2) return { id, length, templates: this.#templates(body, domain), records: [] };
    if (id < 256) throw new Error(`a set with id ${id}`);
    const template = this.templates.get(`${domain}/${id}`);
    if (!template) throw new Error(`data of template ${id} before the template`);
    return { id, length, templates: [], records: recordsOf(body, template) };
  }

  #templates(body: Buffer, domain: number): IpfixTemplate[] {
    const templates: IpfixTemplate[] = [];
    let at = 0;
    while (at + 4 <= body.length) {
      const id = body.readUInt16BE(at);
      const count = body.readUInt16BE(at + 2);
      at += 4;
      const fields = Array.from({ length: count }, () => {
        const specifier = body.readUInt16BE(at);
        const length = body.readUInt16BE(at + 2);
        const enterprise = specifier & 0x8000 ? body.readUInt32BE(at + 4) : 0;
        at += specifier & 0x8000 ? 8 : 4;
        const element = specifier & 0x7fff;
        return {
          name: elements.get(`${enterprise}/${element}`)?.name ?? `${enterprise}/${element}`,
          enterprise,
          id: element,
          length,
        };
      });
      const template = { id, fields };
      this.templates.set(`${domain}/${id}`, template);
      templates.push(template);
    }
    return templates;
  }
}

function recordsOf(body: Buffer, { fields }: IpfixTemplate): IpfixRecord[] {
  const least = fields.reduce((sum, { length }) => sum + (length === 65_535 ? 1 : length), 0);
  const records: IpfixRecord[] = [];
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > body.length) throw new Error(`a record ends ${at + length - body.length} octets after its set`);
    at += length;
    return body.subarray(at - length, at);
  };
  while (body.length - at >= least) {
    const record: Record<string, IpfixValue> = {};
    for (const { name, enterprise, id, length } of fields) {
      let octets = length;
      if (length === 65_535) {
        octets = take(1).readUInt8();
        if (octets === 255) octets = take(2).readUInt16BE();
      }
      record[name] = valueOf(elements.get(`${enterprise}/${id}`)?.kind ?? 'octets', take(octets));
    }
    records.push(record);
  }
  if (body.subarray(at).some((octet) => octet !== 0))
    throw new Error(`${body.length - at} octets after the last record`);
  return records;
}
