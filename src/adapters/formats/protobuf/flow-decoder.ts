import type { RecordReceiver } from '../../../application/ports/record-receiver.js';
import type { RecordContents } from '../../../application/record-contents.js';
import { isIPv4 } from '../../../domain/flow/address.js';
import { FlowRecord } from '../../../domain/flow/flow-record.js';
import { FLOW_BLOCK } from '../../../domain/flow/layout.js';
import type { DecodeObserver, RecordDropReason } from './decode-observer.js';
import type { Exporter } from './exporter.js';
import { FLOW_PLAN } from './flow-plan.js';
import { FLOW_LIMIT, FlowReader, OUT_OF_RANGE, Seen, type LabelsOctets } from './flow-reader.js';
import { LabelsText } from './labels.js';
import { ProtobufError } from './protobuf-error.js';

const { slots } = FLOW_BLOCK;
const SOURCE = slots.sourceIP.word;
const DESTINATION = slots.destinationIP.word;
const SOURCE_LABELS = slots.sourcePodLabels.word;
const DESTINATION_LABELS = slots.destinationPodLabels.word;
const CLUSTER_IP = slots.destinationClusterIP.word;
const SERVICE_IP = slots.destinationServiceIP.word;
const SNAT_IP = slots.proxySnatIP.word;

/** What a record must have to be a flow's, and no more. */
const NEEDED = Seen.Start | Seen.End | Seen.Source | Seen.Destination;
const FORBIDDEN = OUT_OF_RANGE;
const WITH_LABELS = Seen.SourceLabels | Seen.DestinationLabels;

/** The records of a dropped kind, for people. */
const DROPPED: Readonly<Record<RecordDropReason, string>> = {
  too_long: 'of 64 KiB or more',
  no_source_address: 'without a source address',
  no_destination_address: 'without a destination address',
  invalid_address: 'with an address of neither 4 nor 16 octets',
  no_start_time: 'without a start time',
  no_end_time: 'without an end time',
  out_of_range: 'with a port above 65535 or a protocol above 255',
};

/** What a decoder needs to know. */
export interface FlowDecoderOptions {
  /** Two words that nobody outside the process can know: labels are hashed with them. */
  readonly hashKey: readonly [number, number];
  /** Whether records have the labels of Pods that messages carry, asked for each; otherwise they have none. */
  readonly contents: Readonly<Pick<RecordContents, 'podLabels'>>;
}

/**
 * Decodes messages Flow and hands them to a receiver, one at a time in one and the same {@link FlowRecord}.
 *
 * One decoder serves all connections; the receiver must not call it back. What Weir has no use for (id, app, flow_direction,
 * aggregation, the address an exporter says it has) is passed over by its length and not looked into.
 */
export class FlowDecoder {
  readonly #receiver: RecordReceiver;
  readonly #observer: DecodeObserver;
  readonly #record = new FlowRecord();
  readonly #reader = new FlowReader(FLOW_PLAN, this.#record.words);
  readonly #labels: LabelsText;
  readonly #contents: Readonly<Pick<RecordContents, 'podLabels'>>;
  /** A record with labels moves here, where their text can follow it. Made when the first record needs it. */
  #buffer = new Uint8Array(0);

  constructor(receiver: RecordReceiver, observer: DecodeObserver, { hashKey, contents }: FlowDecoderOptions) {
    this.#receiver = receiver;
    this.#observer = observer;
    this.#labels = new LabelsText(hashKey);
    this.#contents = contents;
  }

  /**
   * Decodes the Flow that fills `bytes` from `start` to `end`, less than {@link FLOW_LIMIT}, and hands it over or drops it.
   *
   * @param view the same octets as `bytes`
   * @throws ProtobufError if it is none; its offset is that in `bytes`, and nothing was handed over or counted
   */
  decode(exporter: Exporter, bytes: Uint8Array, view: DataView, start: number, end: number): void {
    const record = this.#record;
    const reader = this.#reader;
    record.words.fill(0);
    reader.read(bytes, view, start, end);
    record.bytes = bytes;
    record.origin = start;
    const seen = this.#contents.podLabels ? reader.seen : reader.seen & ~WITH_LABELS;
    const isComplete = (seen & WITH_LABELS) === 0 || this.#takeLabels(seen, end - start);
    this.#observer.recordReceived();
    if (!isComplete) this.#drop(exporter, 'too_long');
    else if ((seen & (NEEDED | FORBIDDEN)) !== NEEDED) this.#drop(exporter, reasonOf(seen));
    else {
      if ((seen & Seen.OtherAddressInvalid) !== 0) this.#noticeAddress(exporter);
      this.#ignoreOtherFamily();
      record.exporter = exporter.address;
      this.#receiver.receive(record);
    }
  }

  /** Counts a Flow that is too long to be decoded. */
  refuse(exporter: Exporter): void {
    this.#observer.recordReceived();
    this.#drop(exporter, 'too_long');
  }

  /** Cluster, Service and proxySnat addresses are of the flow's family or none (flow-rules.md §1). */
  #ignoreOtherFamily(): void {
    const row = this.#record.words;
    if ((row[CLUSTER_IP]! | row[SERVICE_IP]! | row[SNAT_IP]!) === 0) return;
    const family = isIPv4(row, SOURCE) && isIPv4(row, DESTINATION) ? 4 : 16;
    if (this.#record.length(row[CLUSTER_IP]!) !== family) row[CLUSTER_IP] = 0;
    if (this.#record.length(row[SERVICE_IP]!) !== family) row[SERVICE_IP] = 0;
    if (this.#record.length(row[SNAT_IP]!) !== family) row[SNAT_IP] = 0;
  }

  /**
   * Gives the record the text of its labels.
   *
   * @returns whether it can have it: references reach 64 KiB from the record's origin
   */
  #takeLabels(seen: number, length: number): boolean {
    const record = this.#record;
    if (this.#buffer.length === 0) this.#buffer = new Uint8Array(3 * FLOW_LIMIT);
    this.#buffer.set(record.bytes.subarray(record.origin, record.origin + length));
    const source =
      (seen & Seen.SourceLabels) === 0 ? length : this.#take(SOURCE_LABELS, this.#reader.sourceLabels, length);
    if (source < 0) return false;
    if (
      (seen & Seen.DestinationLabels) !== 0 &&
      this.#take(DESTINATION_LABELS, this.#reader.destinationLabels, source) < 0
    )
      return false;
    record.bytes = this.#buffer;
    record.origin = 0;
    return true;
  }

  /** Writes the text of labels at `at`; returns where it ends, −1 if there is no room for it. */
  #take(word: number, { bytes, start, end }: LabelsOctets, at: number): number {
    const json = this.#read(bytes, start, end);
    if (at >= FLOW_LIMIT || json.length >= FLOW_LIMIT) return -1;
    this.#buffer.set(json, at);
    this.#record.words[word] = FlowRecord.reference(at, json.length);
    return at + json.length;
  }

  #read(bytes: Uint8Array, start: number, end: number): Uint8Array {
    try {
      return this.#labels.json(bytes, start, end);
    } catch (error) {
      // Offsets in labels that were put together mean nothing to who sent the record.
      if (!(error instanceof ProtobufError) || bytes === this.#record.bytes) throw error;
      throw error.movedBy(this.#record.origin - error.offset);
    }
  }

  #drop(exporter: Exporter, reason: RecordDropReason): void {
    this.#observer.recordDropped(reason);
    if (exporter.isFirst(reason)) {
      this.#observer.noticed(exporter, reason, `records ${DROPPED[reason]} are dropped`);
    }
  }

  #noticeAddress(exporter: Exporter): void {
    const notice = 'other_address';
    if (!exporter.isFirst(notice)) return;
    const message = 'an Egress, Service, cluster or SNAT address has neither 4 nor 16 octets; such are left empty';
    this.#observer.noticed(exporter, notice, message);
  }
}

/** Why a record can't be a flow's, by what was found out about it. */
function reasonOf(seen: number): RecordDropReason {
  if ((seen & (Seen.SourceInvalid | Seen.DestinationInvalid)) !== 0) return 'invalid_address';
  if ((seen & Seen.Source) === 0) return 'no_source_address';
  if ((seen & Seen.Destination) === 0) return 'no_destination_address';
  if ((seen & Seen.Start) === 0) return 'no_start_time';
  if ((seen & Seen.End) === 0) return 'no_end_time';
  return 'out_of_range';
}
