import type { RecordReceiver } from '../../../../application/ports/record-receiver.js';
import { FlowRecord } from '../../../../domain/flow/flow-record.js';
import { FLOW_BLOCK, RECORD_BLOCK, RECORD_ROW } from '../../../../domain/flow/layout.js';
import { fixFamilies } from './fix-families.js';
import { fixTimes } from './fix-times.js';
import { IpfixError } from './ipfix-error.js';
import { HEADER, MESSAGE_HEADER_LENGTH } from './message-header.js';
import { readOptions, samplingIntervalOf } from './options.js';
import { FixUp, NOTE_COUNT, type Plan } from './plan.js';
import { countRecords, type Notes, readRecord } from './record-reader.js';
import type { ExporterSession, Notice, ObservationDomain } from './session.js';
import { FIRST_DATA_SET, OPTIONS_TEMPLATE_SET, SET_HEADER_LENGTH, TEMPLATE_SET } from './template-record.js';
import { readTemplateSet } from './template-set.js';
import { TextConverter } from './text-converter.js';
import type { PlanCache } from './plan-cache.js';

const DOMAIN_WORD = FLOW_BLOCK.slots.observationDomainId.word;
const EXPORT_TIME_WORD = RECORD_ROW.own + RECORD_BLOCK.slots.exportTimeSeconds.word;
const SEQUENCE_WORD = RECORD_ROW.own + RECORD_BLOCK.slots.sequenceNumber.word;

/** Why a record is not handed over. */
export type DropReason = 'no_source_address' | 'no_destination_address';

/** Why a set is passed over. */
export type SkipReason = 'unknown_template' | 'reserved_id';

/** What the decoder counts and tells. Nothing here may throw. */
export interface DecodeObserver {
  /** Flow records were found in a data set; each is then either handed over or dropped. */
  recordsReceived(count: number): void;
  recordsDropped(reason: DropReason, count: number): void;
  setSkipped(reason: SkipReason): void;
  /** Records are missing between this message and the one before. */
  sequenceGap(): void;
  /** Something about an exporter that is said once a session. */
  noticed(session: ExporterSession, notice: Notice, message: string): void;
}

/** A data set of the message in hand that was found to be sound. */
interface SoundSet {
  plan: Plan | undefined;
  start: number;
  records: number;
}

/**
 * Decodes IPFIX messages and hands their flow records to a receiver, one at a time in one and the same {@link FlowRecord}.
 *
 * A message is looked through before anything of it is handed over, since a malformed one has to be discarded as a whole
 * (RFC 7011 §9.1). One decoder serves all sessions of a transport.
 */
export class MessageDecoder {
  readonly #receiver: RecordReceiver;
  readonly #observer: DecodeObserver;
  readonly #plans: PlanCache;
  readonly #record = new FlowRecord();
  readonly #converter = new TextConverter();
  readonly #notes: Notes = { at: new Uint32Array(NOTE_COUNT), length: new Uint32Array(NOTE_COUNT) };
  /** Used again for each message; those after the first `#setCount` are stale. */
  readonly #sets: SoundSet[] = [];
  #setCount = 0;
  /** Whether the message in hand has a data set whose records can't be counted. */
  #hasUnknownSet = false;
  /** The plan that the record's row was last filled by. */
  #plan: Plan | undefined;

  constructor(receiver: RecordReceiver, observer: DecodeObserver, plans: PlanCache) {
    this.#receiver = receiver;
    this.#observer = observer;
    this.#plans = plans;
  }

  /**
   * Decodes the message at `start`, which is complete: `length` is what its header says.
   *
   * @param view the same octets as `bytes`
   * @throws IpfixError if the message is malformed or exceeds a limit: no record of it was handed over
   */
  decode(session: ExporterSession, bytes: Uint8Array, view: DataView, start: number, length: number): void {
    const domain = session.domain(view.getUint32(start + HEADER.observationDomain));
    this.#lookThrough(session, domain, bytes, view, start, start + length);
    const sequenceNumber = view.getUint32(start + HEADER.sequenceNumber);
    let place = 0;
    for (let i = 0; i < this.#setCount; i++) place += this.#sets[i]!.records;
    if (domain.sequence.follow(sequenceNumber, this.#hasUnknownSet ? undefined : place, session.isReliable))
      this.#observer.sequenceGap();
    place = 0;
    for (let i = 0; i < this.#setCount; i++) {
      const set = this.#sets[i]!;
      const plan = set.plan!;
      set.plan = undefined;
      if (plan.kind === OPTIONS_TEMPLATE_SET) this.#takeOptions(session, domain, plan, bytes, view, start, set);
      else if (plan.hasSource && plan.hasDestination)
        this.#handOver(session, domain, plan, bytes, view, start, set, sequenceNumber + place);
      else this.#drop(plan, set.records);
      place += set.records;
    }
  }

  /** Checks all sets, learns templates, and notes the data sets that can be read. */
  #lookThrough(
    session: ExporterSession,
    domain: ObservationDomain,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
  ): void {
    this.#setCount = 0;
    this.#hasUnknownSet = false;
    let next = 0;
    for (let at = start + MESSAGE_HEADER_LENGTH; at < end; at = next) {
      if (end - at < SET_HEADER_LENGTH)
        throw new IpfixError('set_length', at - start, `${end - at} octets after the last set are no set`);
      const id = view.getUint16(at);
      const length = view.getUint16(at + 2);
      next = at + length;
      if (length < SET_HEADER_LENGTH)
        throw new IpfixError('set_length', at - start, `set ${id} has a length of ${length}, less than its header`);
      if (next > end)
        throw new IpfixError(
          'set_length',
          at - start,
          `set ${id} of ${length} octets runs over the end of the message`,
        );
      if (id >= FIRST_DATA_SET) this.#noteDataSet(session, domain, id, bytes, start, at + SET_HEADER_LENGTH, next);
      else if (id === TEMPLATE_SET || id === OPTIONS_TEMPLATE_SET) {
        readTemplateSet(
          session,
          domain,
          this.#plans,
          this.#observer,
          id,
          bytes,
          view,
          start,
          at + SET_HEADER_LENGTH,
          next,
        );
      } else this.#skip(session, 'reserved_id', 'reserved_set', `set id ${id} is reserved; the set is skipped`);
    }
  }

  #noteDataSet(
    session: ExporterSession,
    domain: ObservationDomain,
    id: number,
    bytes: Uint8Array,
    messageStart: number,
    start: number,
    end: number,
  ): void {
    const template = domain.find(id);
    if (template === undefined) {
      this.#hasUnknownSet = true;
      const message = `data for template ${id} of observation domain ${domain.id}, which is not known (yet); skipped until it is`;
      this.#skip(session, 'unknown_template', 'unknown_template', message);
      return;
    }
    const { plan } = template.shared;
    const records = countRecords(plan, bytes, start, end);
    if (records < 0) {
      throw new IpfixError(
        'record_length',
        -1 - records - messageStart,
        `a record of template ${id} runs over the end of its set`,
      );
    }
    let set = this.#sets[this.#setCount];
    if (set === undefined) {
      set = { plan, start, records };
      this.#sets.push(set);
    } else {
      set.plan = plan;
      set.start = start;
      set.records = records;
    }
    this.#setCount++;
  }

  #skip(session: ExporterSession, reason: SkipReason, notice: Notice, message: string): void {
    this.#observer.setSkipped(reason);
    if (session.isFirst(notice)) this.#observer.noticed(session, notice, message);
  }

  #drop(plan: Plan, count: number): void {
    this.#observer.recordsReceived(count);
    this.#observer.recordsDropped(plan.hasSource ? 'no_destination_address' : 'no_source_address', count);
  }

  #handOver(
    session: ExporterSession,
    domain: ObservationDomain,
    plan: Plan,
    bytes: Uint8Array,
    view: DataView,
    messageStart: number,
    set: SoundSet,
    sequenceNumber: number,
  ): void {
    const record = this.#record;
    const row = record.words;
    const notes = this.#notes;
    if (plan !== this.#plan) {
      record.clear();
      record.carried = plan.carried;
      this.#plan = plan;
    }
    this.#observer.recordsReceived(set.records);
    record.exporter = session.address;
    record.bytes = bytes;
    record.origin = messageStart;
    row[DOMAIN_WORD] = domain.id;
    row[EXPORT_TIME_WORD] = view.getUint32(messageStart + HEADER.exportTime);
    let at = set.start;
    for (let i = 0; i < set.records; i++) {
      const end = readRecord(plan, view, bytes, messageStart, at, row, notes);
      row[SEQUENCE_WORD] = sequenceNumber + i;
      if (plan.fixUps !== 0) this.#fixUp(session, domain, plan, view, at, end);
      this.#receiver.receive(record);
      if (record.bytes !== bytes) {
        record.bytes = bytes;
        record.origin = messageStart;
      }
      at = end;
    }
  }

  #fixUp(
    session: ExporterSession,
    domain: ObservationDomain,
    plan: Plan,
    view: DataView,
    start: number,
    end: number,
  ): void {
    const { fixUps } = plan;
    const record = this.#record;
    const row = record.words;
    if (fixUps & FixUp.Times) fixTimes(plan, this.#notes, view, row, row[EXPORT_TIME_WORD]!, domain.systemInitTime);
    if (fixUps & FixUp.Families) fixFamilies(plan, this.#notes, view, record.origin, row);
    if (fixUps & FixUp.Sampling) this.#noticeSampling(session, samplingIntervalOf(plan, this.#notes, view));
    if (
      fixUps & FixUp.Texts &&
      !this.#converter.convert(record, plan, this.#notes, start, end) &&
      session.isFirst('egress_ip')
    ) {
      this.#observer.noticed(session, 'egress_ip', 'an egressIP is no address; such are left empty');
    }
  }

  #takeOptions(
    session: ExporterSession,
    domain: ObservationDomain,
    plan: Plan,
    bytes: Uint8Array,
    view: DataView,
    origin: number,
    set: SoundSet,
  ): void {
    let at = set.start;
    for (let i = 0; i < set.records; i++) {
      at = readRecord(plan, view, bytes, origin, at, this.#record.words, this.#notes);
      readOptions(domain, plan, this.#notes, view);
      this.#noticeSampling(session, samplingIntervalOf(plan, this.#notes, view));
    }
  }

  #noticeSampling(session: ExporterSession, interval: number): void {
    if (interval <= 1) return;
    session.samplingInterval = interval;
    if (!session.isFirst('sampling')) return;
    this.#observer.noticed(
      session,
      'sampling',
      `the exporter samples 1 packet in ${interval}; counters are taken as they are reported`,
    );
  }
}
