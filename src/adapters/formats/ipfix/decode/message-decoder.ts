import type { RecordReceiver } from '../../../../application/ports/record-receiver.js';
import { FlowRecord } from '../../../../domain/flow/flow-record.js';
import { FLOW_BLOCK, RECORD_BLOCK, RECORD_ROW } from '../../../../domain/flow/layout.js';
import type { DecodeObserver, SkipReason } from './decode-observer.js';
import { fixFamilies } from './fix-families.js';
import { fixTimes } from './fix-times.js';
import { IpfixError } from './ipfix-error.js';
import { HEADER, MESSAGE_HEADER_LENGTH } from './message-header.js';
import type { MessageInHand } from './message-in-hand.js';
import { readOptions, samplingIntervalOf } from './options.js';
import { FixUp, Note, NOTE_COUNT, type Plan } from './plan.js';
import { countRecords, type Notes, OVERRUN, readRecord } from './record-reader.js';
import type { ExporterSession, Notice, ObservationDomain } from './session.js';
import { FIRST_DATA_SET, OPTIONS_TEMPLATE_SET, SET_HEADER_LENGTH, TEMPLATE_SET } from './template-record.js';
import { readTemplateSet } from './template-set.js';
import { TextConverter } from './text-converter.js';
import type { PlanCache } from './plan-cache.js';

const DOMAIN_WORD = FLOW_BLOCK.slots.observationDomainId.word;
const EGRESS_IP_WORD = FLOW_BLOCK.slots.egressIP.word;
const EXPORT_TIME_WORD = RECORD_ROW.own + RECORD_BLOCK.slots.exportTimeSeconds.word;
const SEQUENCE_WORD = RECORD_ROW.own + RECORD_BLOCK.slots.sequenceNumber.word;

/** A data set of the message in hand that was found to be sound, as far as its records were counted. */
interface SoundSet {
  plan: Plan | undefined;
  start: number;
  end: number;
  /** {@link UNCOUNTED} if the first record is to be read before the others are counted. */
  records: number;
}

/** Reading finds out what counting would, so a set that has only one record, like those of Antrea's agents, needs no counting. */
const UNCOUNTED = -1;

/**
 * Decodes IPFIX messages and hands their flow records to a receiver, one at a time in one and the same {@link FlowRecord}.
 *
 * A message is looked through before anything of it is handed over, since a malformed one has to be discarded as a whole
 * (RFC 7011 §9.1). One decoder serves all sessions of a transport; the receiver must not call it back, nor change the record.
 */
export class MessageDecoder {
  readonly #receiver: RecordReceiver;
  readonly #observer: DecodeObserver;
  readonly #plans: PlanCache;
  readonly #record = new FlowRecord();
  readonly #converter = new TextConverter();
  readonly #notes: Notes = { at: new Uint32Array(NOTE_COUNT), length: new Uint32Array(NOTE_COUNT) };
  readonly #message: MessageInHand = {
    bytes: new Uint8Array(0),
    view: new DataView(new ArrayBuffer(0)),
    start: 0,
    end: 0,
  };
  /** Used again for each message; those after the first `#setCount` are stale. */
  readonly #sets: SoundSet[] = [];
  #setCount = 0;
  /** Whether the message in hand has a data set whose records can't be counted. */
  #hasUnknownSet = false;
  /** Ids of the templates that the message in hand brought. */
  readonly #learned: number[] = [];
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
    const message = this.#message;
    message.bytes = bytes;
    message.view = view;
    message.start = start;
    message.end = start + length;
    const domain = session.domain(view.getUint32(start + HEADER.observationDomain));
    const firstEnd = this.#takeIn(session, domain, message);
    const sequenceNumber = view.getUint32(start + HEADER.sequenceNumber);
    this.#followSequence(session, domain, sequenceNumber);
    let place = 0;
    for (let i = 0; i < this.#setCount; i++) {
      const set = this.#sets[i]!;
      const plan = set.plan!;
      set.plan = undefined;
      if (plan.kind === OPTIONS_TEMPLATE_SET) this.#takeOptions(session, domain, plan, set);
      else if (isFlow(plan)) this.#handOver(session, domain, plan, set, sequenceNumber + place, firstEnd);
      else this.#drop(session, domain, plan, set);
      place += set.records;
    }
  }

  /**
   * Looks through the message and reads what {@link #readFirst} does.
   *
   * @throws IpfixError if it is malformed: its templates are forgotten then, and those they replaced, which no longer are what the
   *   exporter means
   */
  #takeIn(session: ExporterSession, domain: ObservationDomain, message: MessageInHand): number {
    if (this.#learned.length > 0) this.#learned.length = 0;
    try {
      this.#lookThrough(session, domain, message);
      return this.#readFirst();
    } catch (error) {
      for (const id of this.#learned) session.remove(domain, id);
      throw error;
    }
  }

  /** Checks all sets, learns templates, and notes the data sets that can be read. */
  #lookThrough(session: ExporterSession, domain: ObservationDomain, message: MessageInHand): void {
    const { view, start, end } = message;
    const context = { session, domain, plans: this.#plans, observer: this.#observer, learned: this.#learned };
    this.#setCount = 0;
    this.#hasUnknownSet = false;
    let at = start + MESSAGE_HEADER_LENGTH;
    while (at < end) {
      if (end - at < SET_HEADER_LENGTH) throw unsound(at - start, `${end - at} octets after the last set are no set`);
      const id = view.getUint16(at);
      const length = view.getUint16(at + 2);
      const next = at + length;
      const content = at + SET_HEADER_LENGTH;
      if (next < content) throw unsound(at - start, `set ${id} has a length of ${length}, less than its header's`);
      if (next > end) throw unsound(at - start, `set ${id} of ${length} octets runs over the end of the message`);
      if (id >= FIRST_DATA_SET) this.#noteDataSet(session, domain, id, content, next);
      else if (id === TEMPLATE_SET || id === OPTIONS_TEMPLATE_SET) readTemplateSet(context, message, id, content, next);
      else this.#skip(session, 'reserved_id', 'reserved_set', `set id ${id} is reserved; the set is skipped`);
      at = next;
    }
  }

  #noteDataSet(session: ExporterSession, domain: ObservationDomain, id: number, start: number, end: number): void {
    const template = domain.find(id);
    if (template === undefined) {
      this.#hasUnknownSet = true;
      const message = `data for template ${id} of observation domain ${domain.id}, which is not known (yet), is skipped`;
      this.#skip(session, 'unknown_template', 'unknown_template', message);
      return;
    }
    const { plan } = template.shared;
    const isOnly = this.#setCount === 0 && end === this.#message.end;
    const records = isOnly && isFlow(plan) && end > start ? UNCOUNTED : this.#count(plan, start, end);
    let set = this.#sets[this.#setCount];
    if (set === undefined) {
      set = { plan, start, end, records };
      this.#sets.push(set);
    } else {
      set.plan = plan;
      set.start = start;
      set.end = end;
      set.records = records;
    }
    this.#setCount++;
  }

  #count(plan: Plan, start: number, end: number): number {
    const records = countRecords(plan, this.#message.bytes, start, end);
    if (records < 0) throw this.#overrun(-1 - records);
    return records;
  }

  /**
   * Reads the first record of a set whose records weren't counted, then counts the others.
   *
   * @returns where the record ends; 0 if there is no such set
   */
  #readFirst(): number {
    const set = this.#setCount === 1 ? this.#sets[0]! : undefined;
    if (set?.records !== UNCOUNTED) return 0;
    const { bytes, view, start: origin } = this.#message;
    const { start, end } = set;
    const plan = set.plan!;
    if (end - start < plan.shortestRecord) throw this.#overrun(start);
    this.#prepare(plan);
    const next = readRecord(plan, view, bytes, origin, start, end, this.#record.words, this.#notes);
    if (next === OVERRUN) throw this.#overrun(start);
    set.records = end - next < plan.shortestRecord ? 1 : 1 + this.#count(plan, next, end);
    return next;
  }

  #overrun(position: number): IpfixError {
    const message = 'a record runs over the end of its set: the data does not fit the template';
    return new IpfixError('record_length', position - this.#message.start, message);
  }

  #skip(session: ExporterSession, reason: SkipReason, notice: Notice, message: string): void {
    this.#observer.setSkipped(reason);
    if (session.isFirst(notice)) this.#observer.noticed(session, notice, message);
  }

  #followSequence(session: ExporterSession, domain: ObservationDomain, sequenceNumber: number): void {
    let records = 0;
    for (let i = 0; i < this.#setCount; i++) records += this.#sets[i]!.records;
    const isGap = domain.sequence.follow(sequenceNumber, this.#hasUnknownSet ? undefined : records, session.isReliable);
    if (isGap) this.#observer.sequenceGap();
  }

  #drop(session: ExporterSession, domain: ObservationDomain, plan: Plan, { start, records }: SoundSet): void {
    this.#observer.recordsReceived(records);
    this.#observer.recordsDropped(plan.hasSource ? 'no_destination_address' : 'no_source_address', records);
    if (!session.isFirst('no_address')) return;
    const id = this.#message.view.getUint16(start - SET_HEADER_LENGTH);
    const missing = plan.hasSource ? 'destination' : 'source';
    const message = `records of template ${id} of observation domain ${domain.id} have no ${missing} address; such are dropped`;
    this.#observer.noticed(session, 'no_address', message);
  }

  /** Puts every field that the plan doesn't fill at its default. */
  #prepare(plan: Plan): void {
    if (plan === this.#plan) return;
    this.#record.clear();
    this.#record.carried = plan.carried;
    this.#plan = plan;
  }

  /** @param firstEnd where the first record ends if it was read already, else 0 */
  #handOver(
    session: ExporterSession,
    domain: ObservationDomain,
    plan: Plan,
    set: SoundSet,
    sequenceNumber: number,
    firstEnd: number,
  ): void {
    const { bytes, view, start: origin } = this.#message;
    const record = this.#record;
    const row = record.words;
    this.#prepare(plan);
    this.#observer.recordsReceived(set.records);
    record.exporter = session.address;
    record.bytes = bytes;
    record.origin = origin;
    row[DOMAIN_WORD] = domain.id;
    row[EXPORT_TIME_WORD] = view.getUint32(origin + HEADER.exportTime);
    let at = set.start;
    let end = firstEnd;
    for (let i = 0; i < set.records; i++) {
      if (i > 0 || firstEnd === 0) end = readRecord(plan, view, bytes, origin, at, set.end, row, this.#notes);
      row[SEQUENCE_WORD] = sequenceNumber + i;
      if (plan.fixUps !== 0) this.#fixUp(session, domain, plan, view, at, end);
      this.#receiver.receive(record);
      if (record.bytes !== bytes) {
        record.bytes = bytes;
        record.origin = origin;
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
    if (fixUps & FixUp.EgressIP && this.#notes.length[Note.EgressIP] === 0) row[EGRESS_IP_WORD] = 0;
    else if (fixUps & FixUp.EgressIP) this.#takeEgressIP(session, start, end);
    if (fixUps & FixUp.Uuids) this.#converter.takeUuids(record, this.#message, plan, this.#notes, start, end);
  }

  #takeEgressIP(session: ExporterSession, start: number, end: number): void {
    const isAddress = this.#converter.takeEgressIP(this.#record, this.#message, this.#notes, start, end);
    if (!isAddress && session.isFirst('egress_ip')) {
      this.#observer.noticed(session, 'egress_ip', 'an egressIP is no address; such are left empty');
    }
  }

  #takeOptions(session: ExporterSession, domain: ObservationDomain, plan: Plan, set: SoundSet): void {
    const { bytes, view, start: origin } = this.#message;
    let at = set.start;
    for (let i = 0; i < set.records; i++) {
      at = readRecord(plan, view, bytes, origin, at, set.end, this.#record.words, this.#notes);
      readOptions(domain, plan, this.#notes, view);
      this.#noticeSampling(session, samplingIntervalOf(plan, this.#notes, view));
    }
  }

  #noticeSampling(session: ExporterSession, interval: number): void {
    if (interval <= 1) return;
    session.samplingInterval = interval;
    if (!session.isFirst('sampling')) return;
    const message = `the exporter samples 1 packet in ${interval}; counters are taken as they are reported`;
    this.#observer.noticed(session, 'sampling', message);
  }
}

/** Whether records of a plan are flows: those without both addresses are dropped (flow-rules.md §1). */
function isFlow(plan: Plan): boolean {
  return plan.kind === TEMPLATE_SET && plan.hasSource && plan.hasDestination;
}

function unsound(offset: number, message: string): IpfixError {
  return new IpfixError('set_length', offset, message);
}
