import { formatAddress } from '../../../src/domain/flow/address.js';
import { fieldOf, numberOf, textOf, type DecodedRecord } from './tiny-decoder.js';

/** The four totals, or the sums of the four deltas, by the names of the totals. */
export interface Counters {
  packetTotalCount: number;
  octetTotalCount: number;
  reversePacketTotalCount: number;
  reverseOctetTotalCount: number;
}

/** What one agent sent of one flow, counted from its records. */
export interface Recount {
  observationDomain: number;
  key: {
    sourceIP: string;
    destinationIP: string;
    protocolIdentifier: number;
    sourceTransportPort: number;
    destinationTransportPort: number;
  };
  records: number;
  messageBytes: number;
  totals: Counters;
  deltas: Counters;
  flowStartSeconds: number;
  flowEndSeconds: number;
  flowEndReason: number;
  tcpState: string;
}

/** What one record says. */
export interface Report extends Omit<Recount, 'records'> {
  /** In the record itself. */
  readonly deltas: Counters;
}

/** Counts again what the agents' IPFIX records say, one entry for each agent and 5-tuple. */
export function recount(sessions: readonly (readonly DecodedRecord[])[]): Recount[] {
  return recountReports(sessions.flat().map(reportOf));
}

/** Counts again what records say, one entry for each agent and 5-tuple. */
export function recountReports(reports: readonly Report[]): Recount[] {
  const counted = new Map<string, Recount>();
  for (const report of reports) {
    const id = JSON.stringify([report.observationDomain, report.key]);
    const before = counted.get(id);
    counted.set(id, {
      observationDomain: report.observationDomain,
      key: report.key,
      records: (before?.records ?? 0) + 1,
      messageBytes: (before?.messageBytes ?? 0) + report.messageBytes,
      totals: report.totals,
      deltas: before ? sum(before.deltas, report.deltas) : report.deltas,
      flowStartSeconds: Math.min(before?.flowStartSeconds ?? Infinity, report.flowStartSeconds),
      flowEndSeconds: Math.max(before?.flowEndSeconds ?? 0, report.flowEndSeconds),
      flowEndReason: report.flowEndReason,
      tcpState: report.tcpState,
    });
  }
  return [...counted.values()];
}

function reportOf(record: DecodedRecord): Report {
  return {
    observationDomain: record.observationDomain,
    key: keyOf(record),
    messageBytes: sizeOf(record),
    totals: countersOf(record, '0/86', '0/85', '29305/86', '29305/85'),
    deltas: countersOf(record, '0/2', '0/1', '29305/2', '29305/1'),
    flowStartSeconds: numberOf(record, '0/150'),
    flowEndSeconds: numberOf(record, '0/151'),
    flowEndReason: numberOf(record, '0/136'),
    tcpState: textOf(record, '56506/136'),
  };
}

function keyOf(record: DecodedRecord): Recount['key'] {
  const ipv4 = record.fields.has('0/8');
  return {
    sourceIP: formatAddress(fieldOf(record, ipv4 ? '0/8' : '0/27')),
    destinationIP: formatAddress(fieldOf(record, ipv4 ? '0/12' : '0/28')),
    protocolIdentifier: numberOf(record, '0/4'),
    sourceTransportPort: numberOf(record, '0/7'),
    destinationTransportPort: numberOf(record, '0/11'),
  };
}

function countersOf(
  record: DecodedRecord,
  packets: string,
  octets: string,
  reversePackets: string,
  reverseOctets: string,
): Counters {
  return {
    packetTotalCount: numberOf(record, packets),
    octetTotalCount: numberOf(record, octets),
    reversePacketTotalCount: numberOf(record, reversePackets),
    reverseOctetTotalCount: numberOf(record, reverseOctets),
  };
}

function sum(a: Counters, b: Counters): Counters {
  return {
    packetTotalCount: a.packetTotalCount + b.packetTotalCount,
    octetTotalCount: a.octetTotalCount + b.octetTotalCount,
    reversePacketTotalCount: a.reversePacketTotalCount + b.reversePacketTotalCount,
    reverseOctetTotalCount: a.reverseOctetTotalCount + b.reverseOctetTotalCount,
  };
}

/** Bytes of a record's message: headers, fields, and a length of one byte before each text. */
function sizeOf(record: DecodedRecord): number {
  let size = 20;
  for (const [name, bytes] of record.fields) size += bytes.length + (TEXTS.has(name) ? 1 : 0);
  return size;
}

const TEXTS = new Set(
  [100, 101, 102, 103, 104, 105, 109, 110, 111, 112, 113, 136, 141, 142, 153, 154, 157].map((id) => `56506/${id}`),
);
