import { ALL_COUNTERS, FlowRecord } from '../../src/domain/flow/flow-record.js';
import { counterBit, COUNTER_NAMES } from '../../src/domain/flow/counters.js';
import type { CounterName, FLOW_FIELDS } from '../../src/domain/flow/fields.js';
import { COUNTER_BLOCK, FLOW_BLOCK, RECORD_ROW } from '../../src/domain/flow/layout.js';
import { addressBytes, fillField, type FieldValue } from './fill-row.js';

/** Fields of a record by name; what is not given is at its default. */
export type RecordValues = Partial<Record<keyof typeof FLOW_FIELDS | CounterName, FieldValue>> & {
  exportTimeSeconds?: number;
  sequenceNumber?: number;
  /** The counters that the record's template has; all if not given. */
  carries?: readonly CounterName[];
};

/** What a record of a test has unless it says otherwise: a TCP connection between two addresses. */
const DEFAULTS: RecordValues = {
  sourceIP: '10.0.0.1',
  destinationIP: '10.0.0.2',
  sourceTransportPort: 40_000,
  destinationTransportPort: 80,
  protocolIdentifier: 6,
  flowStartSeconds: 1_000_000,
  flowEndSeconds: 1_000_010,
  exporterIP: '192.0.2.1',
};

/** A record as a decoder would hand it over, of its own memory. */
export function aRecord(values: RecordValues = {}): FlowRecord {
  const record = new FlowRecord();
  const bytes: number[] = [];
  const keep = (text: Uint8Array): number => {
    bytes.push(...text);
    return FlowRecord.reference(bytes.length - text.length, text.length);
  };
  const { carries, exportTimeSeconds, sequenceNumber, exporterIP, ...fields } = { ...DEFAULTS, ...values };
  for (const [name, value] of Object.entries(fields)) {
    if (name in COUNTER_BLOCK.slots) {
      fillField(record.words, RECORD_ROW.counters, COUNTER_BLOCK.slots[name as CounterName], value, keep);
    } else {
      fillField(record.words, 0, FLOW_BLOCK.slots[name as keyof typeof FLOW_FIELDS], value, keep);
    }
  }
  record.exportTimeSeconds = exportTimeSeconds ?? Number(fields.flowEndSeconds);
  record.sequenceNumber = sequenceNumber ?? 0;
  record.exporter = addressBytes(String(exporterIP));
  record.bytes = Uint8Array.from(bytes);
  record.carried = carries
    ? COUNTER_NAMES.reduce((bits, name) => (carries.includes(name) ? bits | counterBit(name) : bits), 0)
    : ALL_COUNTERS;
  return record;
}
