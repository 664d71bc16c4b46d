import type {
  DecodeObserver,
  RecordDropReason,
  SkipReason,
} from '../../src/adapters/formats/ipfix/decode/decode-observer.js';
import { MessageDecoder } from '../../src/adapters/formats/ipfix/decode/message-decoder.js';
import { PlanCache } from '../../src/adapters/formats/ipfix/decode/plan-cache.js';
import { ExporterSession, type Notice } from '../../src/adapters/formats/ipfix/decode/session.js';
import { COUNTER_NAMES } from '../../src/domain/flow/counters.js';
import { FLOW_FIELDS } from '../../src/domain/flow/fields.js';
import type { FlowRecord } from '../../src/domain/flow/flow-record.js';

/** A record as plain values, which stay when the decoder goes on. */
export type PlainRecord = Readonly<Record<string, number | bigint | string>>;

/** All fields of a record through its accessors. */
export function plain(record: FlowRecord): PlainRecord {
  const fields = Object.keys(FLOW_FIELDS).map((name) => [name, record[name as keyof typeof FLOW_FIELDS]]);
  const counters = COUNTER_NAMES.map((name) => [name, record.counters.read(name)]);
  const { exportTimeSeconds, sequenceNumber, carried } = record;
  const exporter = Array.from(record.exporter).join('.');
  return {
    ...Object.fromEntries([...fields, ...counters]),
    exportTimeSeconds,
    sequenceNumber,
    carried,
    exporter,
  } as PlainRecord;
}

/** A decoder with one session, and all that it handed over, counted and said. */
export class Decoding implements DecodeObserver {
  readonly records: PlainRecord[] = [];
  readonly notices: { readonly notice: Notice; readonly message: string }[] = [];
  /** Unknown elements of templates: "template: elements". */
  readonly unknown: string[] = [];
  readonly dropped: Partial<Record<RecordDropReason, number>> = {};
  readonly skipped: Partial<Record<SkipReason, number>> = {};
  received = 0;
  gaps = 0;
  readonly plans: PlanCache;
  readonly decoder: MessageDecoder;
  readonly session: ExporterSession;

  constructor({ isReliable = true, maxTemplates = 4096, plans = new PlanCache() } = {}) {
    this.plans = plans;
    this.decoder = new MessageDecoder({ receive: (record) => void this.records.push(plain(record)) }, this, plans);
    this.session = this.newSession({ isReliable, maxTemplates });
  }

  /** Another session of the same decoder. */
  newSession({ isReliable = true, maxTemplates = 4096 } = {}): ExporterSession {
    const address = Uint8Array.of(192, 0, 2, 7);
    return new ExporterSession({
      peer: '192.0.2.7:4000',
      address,
      isReliable,
      limits: { maxTemplates },
      plans: this.plans,
    });
  }

  /** Decodes whole messages. */
  feed(...messages: readonly Uint8Array[]): this {
    for (const bytes of messages) this.feedTo(this.session, bytes);
    return this;
  }

  /** Decodes a message of another session. */
  feedTo(session: ExporterSession, bytes: Uint8Array): void {
    this.decoder.decode(session, bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
  }

  /** The only record so far. */
  get only(): PlainRecord {
    if (this.records.length !== 1) throw new Error(`there are ${this.records.length} records`);
    return this.records[0]!;
  }

  recordsReceived(count: number): void {
    this.received += count;
  }

  recordsDropped(reason: RecordDropReason, count: number): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + count;
  }

  setSkipped(reason: SkipReason): void {
    this.skipped[reason] = (this.skipped[reason] ?? 0) + 1;
  }

  sequenceGap(): void {
    this.gaps++;
  }

  noticed(_session: ExporterSession, notice: Notice, message: string): void {
    this.notices.push({ notice, message });
  }

  elementsUnknown(_session: ExporterSession, templateId: number, elements: () => string): void {
    this.unknown.push(`${templateId}: ${elements()}`);
  }
}
