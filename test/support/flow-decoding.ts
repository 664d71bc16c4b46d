import type { DecodeObserver, RecordDropReason } from '../../src/adapters/formats/protobuf/decode-observer.js';
import { ExportRequestReader } from '../../src/adapters/formats/protobuf/export-request-reader.js';
import { Exporter } from '../../src/adapters/formats/protobuf/exporter.js';
import { FlowDecoder } from '../../src/adapters/formats/protobuf/flow-decoder.js';
import type { FlowRecord } from '../../src/domain/flow/flow-record.js';
import { plain, type PlainRecord } from './decoding.js';
import { encodeRequest, type Message } from './flow-proto.js';
import { bytesField } from './protobuf-wire.js';

/** A decoder of one exporter's messages, and all that it handed over, counted and said. */
export class FlowDecoding implements DecodeObserver {
  readonly records: PlainRecord[] = [];
  readonly dropped: Partial<Record<RecordDropReason, number>> = {};
  readonly notices: string[] = [];
  received = 0;
  readonly exporter = new Exporter('192.0.2.7:4000', Uint8Array.of(192, 0, 2, 7));
  readonly decoder: FlowDecoder;
  readonly reader: ExportRequestReader;

  constructor(contents = { podLabels: true }) {
    const receiver = { receive: (record: FlowRecord): void => void this.records.push(plain(record)) };
    this.decoder = new FlowDecoder(receiver, this, { hashKey: [7, 9], contents });
    this.reader = new ExportRequestReader(this.decoder, this.exporter);
  }

  /** Decodes messages as an encoder other than Weir's writes them. */
  feed(...flows: readonly Message[]): this {
    return this.read(encodeRequest(...flows));
  }

  /** Decodes a Flow of these octets. */
  flow(...octets: readonly Uint8Array[]): this {
    return this.read(bytesField(1, ...octets));
  }

  /** Decodes a message, in parts that end where `cuts` says. What a part does not have the decoder can't see. */
  read(message: Uint8Array, cuts: readonly number[] = []): this {
    this.reader.begin(message.length);
    let at = 0;
    for (const cut of [...cuts, message.length]) {
      if (cut <= at || cut > message.length) continue;
      const part = message.slice(at, cut);
      this.reader.push(part, new DataView(part.buffer, part.byteOffset, part.length), 0, part.length);
      at = cut;
    }
    this.reader.end();
    return this;
  }

  /** The only record so far. */
  get only(): PlainRecord {
    if (this.records.length !== 1) throw new Error(`there are ${this.records.length} records`);
    return this.records[0]!;
  }

  recordReceived(): void {
    this.received++;
  }

  recordDropped(reason: RecordDropReason): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + 1;
  }

  noticed(_exporter: Exporter, notice: string): void {
    this.notices.push(notice);
  }
}
