import { MessageDecoder } from '../src/adapters/formats/ipfix/decode/message-decoder.js';
import { PlanCache } from '../src/adapters/formats/ipfix/decode/plan-cache.js';
import { ExporterSession } from '../src/adapters/formats/ipfix/decode/session.js';
import { RecordStream } from '../src/adapters/simulator/record-stream.js';
import { ExpiryPolicy } from '../src/domain/expiry/expiry-policy.js';
import type { FlowRecord } from '../src/domain/flow/flow-record.js';
import { FlowTable } from '../src/domain/table/flow-table.js';

/** What decoding and aggregating cost by themselves, on one core, without sockets. */
export interface InProcessResult {
  readonly flows: number;
  readonly decodeNanoseconds: number;
  /** Decoding and taking the record into the table, all flows known. */
  readonly aggregateNanoseconds: number;
  /** The same while flows are new. */
  readonly growthNanoseconds: number;
}

const CHUNK_BYTES = 64 * 1024;

/** Decodes and aggregates a stream of records made in advance, chunk by chunk; only what Weir does is timed. */
export function runInProcess(flows: number, records: number): InProcessResult {
  const table = new FlowTable(
    new ExpiryPolicy(60_000, 90_000),
    { maxFlows: 2 * flows, maxStringBytes: 2 ** 29 },
    { take: () => undefined },
    [0x243f6a88, 0x85a308d3],
    0,
  );
  const growing = new Decoding(flows, (record) => table.receive(record));
  const growth = growing.run(growing.stream.recordsARound);
  growing.run(Math.min(records, 1_000_000));
  const aggregate = growing.run(records);
  let seen = 0;
  const decoding = new Decoding(flows, () => seen++);
  decoding.run(1_000_000);
  return {
    flows,
    decodeNanoseconds: decoding.run(records),
    aggregateNanoseconds: aggregate,
    growthNanoseconds: growth,
  };
}

/** A stream of records and the decoder it goes through. */
class Decoding {
  readonly stream: RecordStream;
  readonly #decoder: MessageDecoder;
  readonly #session: ExporterSession;

  constructor(flows: number, receive: (record: FlowRecord) => unknown) {
    const plans = new PlanCache();
    const limits = { maxTemplates: 4096 };
    const address = Uint8Array.of(127, 0, 0, 1);
    this.stream = new RecordStream({ flows, kind: 'interNode', ipv6Share: 0.1 });
    this.#session = new ExporterSession({ peer: '127.0.0.1:1', address, isReliable: true, limits, plans });
    this.#decoder = new MessageDecoder({ receive }, SILENT, plans);
    this.#decode(this.stream.templates(0));
  }

  /** Nanoseconds a record. */
  run(records: number): number {
    let nanoseconds = 0n;
    for (const chunk of this.stream.chunks(0, records, Buffer.alloc(CHUNK_BYTES))) {
      const started = process.hrtime.bigint();
      this.#decode(chunk);
      nanoseconds += process.hrtime.bigint() - started;
    }
    return Number(nanoseconds) / records;
  }

  #decode(chunk: Uint8Array): void {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    for (let at = 0; at < chunk.length;) {
      const length = view.getUint16(at + 2);
      this.#decoder.decode(this.#session, chunk, view, at, length);
      at += length;
    }
  }
}

const SILENT = {
  recordsReceived: () => undefined,
  recordsDropped: () => undefined,
  setSkipped: () => undefined,
  sequenceGap: () => undefined,
  noticed: () => undefined,
  elementsUnknown: () => undefined,
};
