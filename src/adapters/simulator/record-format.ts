import { AGENT_TEMPLATES } from './agent-template.js';
import type { Family } from './address-plan.js';
import type { EncodedRecord } from './encoded-record.js';
import { readCounters } from './flow-counters.js';
import { FLOW_ROOM, FlowMessage, countersOfFlow } from './flow-message.js';
import type { Transport } from './options.js';
import { MESSAGE_ROOM, RecordMessage } from './record-message.js';

/** How agents write their records. */
export interface RecordFormat {
  /** Bytes kept for a record: more than any of the simulated cluster takes. */
  readonly room: number;
  /** A record to encode a half in. @param bytes `room` bytes for it alone */
  newRecord(bytes: Buffer): EncodedRecord;
  /** What a collector is told before the first record of a session, each a message by itself. */
  preamble(observationDomain: number, exportSeconds: number, sequence: number): readonly Uint8Array[];
  /** The counters of the record that was written to `at`, as {@link FlowCounters.values} had them. */
  countersOf(view: DataView, at: number, family: Family): Float64Array;
}

/** IPFIX messages of one record each. */
export const IPFIX_FORMAT: RecordFormat = {
  room: MESSAGE_ROOM,
  newRecord: (bytes) => new RecordMessage(bytes),
  preamble: (observationDomain, exportSeconds, sequence) =>
    [AGENT_TEMPLATES[4], AGENT_TEMPLATES[6]].map((template) =>
      template.message(observationDomain, exportSeconds, sequence),
    ),
  countersOf: (view, at, family) => {
    const { offsets } = AGENT_TEMPLATES[family];
    return readCounters(view, at + offsets.counters, at + offsets.reverseCounters);
  },
};

/** Flows of the flow API, as fields of an ExportRequest. */
export const PROTOBUF_FORMAT: RecordFormat = {
  room: FLOW_ROOM,
  newRecord: (bytes) => new FlowMessage(bytes),
  preamble: () => [],
  countersOf: countersOfFlow,
};

/** What agents write over a transport. */
export function formatOver(transport: Transport): RecordFormat {
  return transport === 'grpc' ? PROTOBUF_FORMAT : IPFIX_FORMAT;
}
