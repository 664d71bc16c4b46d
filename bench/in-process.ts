import { FlowDecoder } from '../src/adapters/formats/protobuf/flow-decoder.js';
import { Exporter } from '../src/adapters/formats/protobuf/exporter.js';
import { ExportRequestReader } from '../src/adapters/formats/protobuf/export-request-reader.js';
import { MessageDecoder } from '../src/adapters/formats/ipfix/decode/message-decoder.js';
import { PlanCache } from '../src/adapters/formats/ipfix/decode/plan-cache.js';
import { ExporterSession } from '../src/adapters/formats/ipfix/decode/session.js';
import { IPFIX_FORMAT, PROTOBUF_FORMAT } from '../src/adapters/simulator/record-format.js';
import { RecordStream } from '../src/adapters/simulator/record-stream.js';
import { ExpiryPolicy } from '../src/domain/expiry/expiry-policy.js';
import type { FlowRecord } from '../src/domain/flow/flow-record.js';
import { FlowTable } from '../src/domain/table/flow-table.js';

/** What decoding and aggregating cost by themselves, on one core, without sockets: nanoseconds a record. */
export interface InProcessResult {
  readonly flows: number;
  readonly decodeNanoseconds: number;
  /** The same of the flow API's messages. */
  readonly protobufDecodeNanoseconds: number;
  /** Decoding and taking the record into the table, all flows known. */
  readonly aggregateNanoseconds: number;
  /** The same while flows are new. */
  readonly growthNanoseconds: number;
}

const CHUNK_BYTES = 64 * 1024;

/** The compiler has seen everything after so many records. */
const WARM_UP_RECORDS = 1_000_000;

const ADDRESS = Uint8Array.of(127, 0, 0, 1);
const PEER = '127.0.0.1:1';
const SEED = [0x243f6a88, 0x85a308d3] as const;

/** Decodes and aggregates a stream of records made in advance, chunk by chunk; only what Weir does is timed. */
export function runInProcess(flows: number, records: number): InProcessResult {
  const table = new FlowTable(
    new ExpiryPolicy(60_000, 90_000),
    { maxFlows: 2 * flows, maxStringBytes: 2 ** 29 },
    { take: () => undefined },
    SEED,
    0,
  );
  const growing = new IpfixDecoding(flows, (record) => table.receive(record));
  const growth = growing.run(growing.stream.recordsARound);
  growing.run(Math.min(records, WARM_UP_RECORDS));
  const aggregate = growing.run(records);
  let seen = 0;
  const [ipfix, protobuf] = [IpfixDecoding, ProtobufDecoding].map((Kind) => {
    const decoding = new Kind(flows, () => seen++);
    decoding.run(WARM_UP_RECORDS);
    return decoding.run(records);
  });
  return {
    flows,
    decodeNanoseconds: ipfix!,
    protobufDecodeNanoseconds: protobuf!,
    aggregateNanoseconds: aggregate,
    growthNanoseconds: growth,
  };
}

/** A stream of records and the decoder it goes through. */
abstract class Decoding {
  readonly stream: RecordStream;

  constructor(stream: RecordStream) {
    this.stream = stream;
  }

  /** Nanoseconds a record. */
  run(records: number): number {
    let nanoseconds = 0n;
    for (const chunk of this.stream.chunks(0, records, Buffer.alloc(CHUNK_BYTES))) {
      const started = process.hrtime.bigint();
      this.decode(chunk);
      nanoseconds += process.hrtime.bigint() - started;
    }
    return Number(nanoseconds) / records;
  }

  /** Decodes whole records. */
  protected abstract decode(chunk: Uint8Array): void;
}

/** Of IPFIX messages. */
class IpfixDecoding extends Decoding {
  readonly #decoder: MessageDecoder;
  readonly #session: ExporterSession;

  constructor(flows: number, receive: (record: FlowRecord) => unknown) {
    super(new RecordStream({ flows, kind: 'interNode', ipv6Share: 0.1, format: IPFIX_FORMAT }));
    const plans = new PlanCache();
    const limits = { maxTemplates: 4096 };
    this.#session = new ExporterSession({ peer: PEER, address: ADDRESS, isReliable: true, limits, plans });
    this.#decoder = new MessageDecoder({ receive }, SILENT, plans);
    this.decode(this.stream.templates(0));
  }

  protected decode(chunk: Uint8Array): void {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    for (let at = 0; at < chunk.length;) {
      const length = view.getUint16(at + 2);
      this.#decoder.decode(this.#session, chunk, view, at, length);
      at += length;
    }
  }
}

/** Of the flow API's: each chunk is one message with all its flows. */
class ProtobufDecoding extends Decoding {
  readonly #reader: ExportRequestReader;

  constructor(flows: number, receive: (record: FlowRecord) => unknown) {
    super(new RecordStream({ flows, kind: 'interNode', ipv6Share: 0.1, format: PROTOBUF_FORMAT }));
    this.#reader = new ExportRequestReader(
      new FlowDecoder({ receive }, SILENT, { hashKey: SEED, contents: { podLabels: false } }),
      new Exporter(PEER, ADDRESS),
    );
  }

  protected decode(chunk: Uint8Array): void {
    this.#reader.begin(chunk.length);
    this.#reader.push(chunk, new DataView(chunk.buffer, chunk.byteOffset, chunk.length), 0, chunk.length);
    this.#reader.end();
  }
}

const SILENT = {
  recordReceived: () => undefined,
  recordDropped: () => undefined,
  recordsReceived: () => undefined,
  recordsDropped: () => undefined,
  setSkipped: () => undefined,
  sequenceGap: () => undefined,
  noticed: () => undefined,
  elementsUnknown: () => undefined,
};
