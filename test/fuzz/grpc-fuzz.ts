import type { FlowRecord } from '../../src/domain/flow/flow-record.js';
import { FLOW_BLOCK, REFERENCE_WORDS, type Slot } from '../../src/domain/flow/layout.js';
import { GrpcError } from '../../src/adapters/grpc/collector/grpc-error.js';
import { MessageFramer } from '../../src/adapters/grpc/collector/message-framer.js';
import { ExportRequestReader } from '../../src/adapters/formats/protobuf/export-request-reader.js';
import { Exporter } from '../../src/adapters/formats/protobuf/exporter.js';
import { FlowDecoder } from '../../src/adapters/formats/protobuf/flow-decoder.js';
import { ProtobufError } from '../../src/adapters/formats/protobuf/protobuf-error.js';
import { plain } from '../support/decoding.js';
import { ANTREA, encodeRequest, MINIMAL } from '../support/flow-proto.js';
import { bytesField, unknownFields } from '../support/protobuf-wire.js';
import { FuzzFailure, type FuzzResult } from './fuzz-result.js';
import { Chance, mutate } from './mutate.js';

const LABELS = { app: 'client', 'pod-template-hash': '7d9f5c6b8', 'ü"\n': '\u{1f600}' };
const LABELLED = {
  ...ANTREA,
  k8s: { source_pod_labels: { labels: LABELS }, destination_pod_labels: { labels: {} }, source_pod_name: 'ünï' },
};
const IPV6 = { source: new Uint8Array(16).fill(0xfd), destination: new Uint8Array(16).fill(0xfe) };

/** Messages that mutations start from, as a stream has them: each after its prefix. */
const STREAMS: readonly (readonly Uint8Array[])[] = [
  [encodeRequest(ANTREA), encodeRequest(MINIMAL)],
  [encodeRequest(ANTREA, MINIMAL, LABELLED, ANTREA)],
  [encodeRequest(LABELLED), encodeRequest({ ...LABELLED, id: 'x'.repeat(300) })],
  [encodeRequest({ ...ANTREA, ip: IPV6, proxy_snat_ip: IPV6.source, k8s: { egress_ip: IPV6.source } })],
  [Buffer.concat([unknownFields(3), encodeRequest(MINIMAL), bytesField(1, unknownFields(50), unknownFields(60))])],
  [encodeRequest({ ...MINIMAL, id: 'x'.repeat(2000) }), new Uint8Array(1), encodeRequest({})],
].map((messages) => messages.map(framed));

const VICTIM = framed(encodeRequest(LABELLED));
const ADDRESS_WORDS = new Set(
  Object.values<Slot>(FLOW_BLOCK.slots)
    .filter(({ kind }) => kind === 'address')
    .map(({ word }) => word),
);

/** What a stream may hold of a record that has not fully arrived, and the room that its buffer grows by. */
const LARGEST_BUFFER = 2 * 0x1_0000;

/**
 * Feeds mutations of sound streams to the framer and the decoder of the gRPC collector, split anywhere.
 *
 * @throws FuzzFailure if they throw anything but their own errors, a record refers to what is not there, records are not counted, a
 *   stream holds more than a record, or another stream notices anything
 */
export function fuzzGrpc(cases: number, seed: number): FuzzResult {
  return new GrpcFuzzer(seed).run(cases);
}

class GrpcFuzzer {
  readonly #seed: number;
  readonly #chance: Chance;
  readonly #errors = new Map<string, number>();
  readonly #decoder: FlowDecoder;
  #records = 0;
  #received = 0;
  #dropped = 0;
  #case = 0;
  #latest = '';

  constructor(seed: number) {
    this.#seed = seed;
    this.#chance = new Chance(seed);
    const observer = {
      recordReceived: () => {
        this.#received++;
      },
      recordDropped: () => {
        this.#dropped++;
      },
      noticed: () => undefined,
    };
    this.#decoder = new FlowDecoder({ receive: (record) => this.#check(record) }, observer, {
      hashKey: [seed, 1],
      contents: { podLabels: true },
    });
  }

  run(cases: number): FuzzResult {
    this.#push(this.#reader(), VICTIM);
    const expected = this.#latest;
    for (this.#case = 0; this.#case < cases; this.#case++) {
      this.#stream(mutate(this.#chance.of(STREAMS), this.#chance, STREAMS));
      this.#push(this.#reader(), VICTIM);
      if (this.#case % 16 === 0) this.#require(this.#latest === expected, 'another stream was disturbed');
    }
    this.#require(this.#received === this.#records + this.#dropped, 'records were not counted');
    return { cases, errors: this.#errors, records: this.#records };
  }

  #reader(): ExportRequestReader {
    return new ExportRequestReader(this.#decoder, new Exporter('192.0.2.1:1', Uint8Array.of(192, 0, 2, 1)));
  }

  /** Messages keep their prefixes half of the time, so that what lies beneath is reached too. */
  #stream(messages: readonly Uint8Array[]): void {
    const isReframed = this.#chance.below(2) === 0;
    const stream = Buffer.concat(messages.map((each) => (isReframed ? framed(each.subarray(5)) : each)));
    const reader = this.#reader();
    try {
      this.#push(reader, stream);
    } catch (error) {
      if (error instanceof FuzzFailure) throw error;
      if (!(error instanceof ProtobufError) && !(error instanceof GrpcError))
        throw new FuzzFailure(this.#seed, this.#case, `it threw ${String(error)}`, error);
      this.#errors.set(error.reason, (this.#errors.get(error.reason) ?? 0) + 1);
      const isInMessage = error instanceof GrpcError || (error.offset >= 0 && error.offset <= stream.length);
      this.#require(isInMessage, 'an error at no octet of the message');
    }
    this.#require(reader.capacity <= LARGEST_BUFFER, `a stream holds ${reader.capacity} octets`);
  }

  #push(reader: ExportRequestReader, stream: Uint8Array): void {
    const framer = new MessageFramer(reader);
    for (let at = 0; at < stream.length;) {
      const end = Math.min(stream.length, at + 1 + this.#chance.below(this.#chance.below(2) === 0 ? 20 : 2000));
      // A copy for each part: what the decoder must not look at isn't there.
      framer.push(Uint8Array.from(stream.subarray(at, end)));
      at = end;
    }
  }

  #check(record: FlowRecord): void {
    this.#records++;
    for (const word of REFERENCE_WORDS) {
      const reference = record.words[word]!;
      if (reference === 0) continue;
      const start = record.start(reference);
      const length = record.length(reference);
      this.#require(start >= record.origin && start + length <= record.bytes.length, `a reference to ${start}`);
      this.#require(!ADDRESS_WORDS.has(word) || length === 4 || length === 16, `an address of ${length} octets`);
    }
    if (this.#case % 16 === 0) this.#latest = Object.entries(plain(record)).join();
  }

  #require(isSo: boolean, problem: string): void {
    if (!isSo) throw new FuzzFailure(this.#seed, this.#case, problem);
  }
}

/** A message with what gRPC puts before it. */
function framed(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(5 + message.length);
  new DataView(framed.buffer).setUint32(1, message.length);
  framed.set(message, 5);
  return framed;
}
