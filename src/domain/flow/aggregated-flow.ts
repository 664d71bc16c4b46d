import type { EnrichableRow } from './enrichable-row.js';
import { FlowEndReason, FlowType } from './enumerations.js';
import { FlowFlag } from './flow-flags.js';
import { Flow } from './flow.js';
import { Reporter, type FlowRecord } from './flow-record.js';
import { IDENTITY_NUMBERS, IDENTITY_WORDS } from './identity.js';
import { FLOW_BLOCK, FLOW_ROW, REFERENCE_WORDS } from './layout.js';
import { Side } from './side.js';
import { FULL, type StringStore, type StringTable } from './string-table.js';

/** What became of a record (design.md, counters that balance). */
export const Outcome = {
  /** A side of the flow took it: it was news. */
  Taken: 0,
  /** An older report of what is known already. */
  Older: 1,
  /** The same traffic seen by another exporter. */
  Duplicate: 2,
  /** Its strings do not fit into the dictionary; nothing changed. */
  StringsFull: 3,
} as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];

/** What a flow takes of a record's identity. */
const Join = { Nothing: 0, Overwrite: 1, Complete: 2 } as const;
type Join = (typeof Join)[keyof typeof Join];

const { slots } = FLOW_BLOCK;
const TCP_STATE = slots.tcpState.word;
const EXPORTER = slots.exporterIP.word;
const PROXY_SNAT_IP = slots.proxySnatIP.word;
const SOURCE = slots.sourceIP.word;

/** What a flow remembers of each kind of reporter, by its number. */
const HEARD = [0, FlowFlag.HeardFromSource, FlowFlag.HeardFromDestination] as const;
const HEARD_BOTH = FlowFlag.HeardFromSource | FlowFlag.HeardFromDestination;

/** Identity an ingress-Node half brings beside the others' (flow-rules.md §5). */
const HALF_IDENTITY_WORDS = [...IDENTITY_WORDS, PROXY_SNAT_IP];
/** What a first record brings: every text and address; its exporter stands beside the row. */
const FIRST_WORDS = REFERENCE_WORDS.filter((word) => word !== EXPORTER);
const STATE_WORDS = [TCP_STATE];

/** Where a text from elsewhere is put to be interned; none is longer. */
const scratch = new Uint8Array(0x10000);

/**
 * A flow in the table, and the rules by which records change it (flow-rules.md §4 and §5): a cursor over the flow's row.
 */
export class AggregatedFlow extends Flow implements EnrichableRow {
  /** What the source Node reported. */
  readonly source: Side;
  /** What the destination Node reported. */
  readonly destination: Side;
  /** The dictionary that the ids are of. */
  readonly store: StringStore;
  /** Ids for the words that a record may change, held until they are in place or not needed; else 0. */
  readonly #interned = new Uint32Array(FLOW_BLOCK.words);

  constructor(store: StringStore) {
    const nowhere = new Uint32Array(0);
    super(store, nowhere, 0);
    this.store = store;
    this.source = new Side(nowhere, 0);
    this.destination = new Side(nowhere, 0);
  }

  /** Moves the cursor to a row. */
  moveTo(words: Uint32Array, base: number): this {
    this.words = words;
    this.base = base;
    this.source.words = words;
    this.source.at = base + FLOW_ROW.source;
    this.destination.words = words;
    this.destination.at = base + FLOW_ROW.destination;
    return this;
  }

  /** Whether the other half of the connection is awaited (§4). */
  get isWaiting(): boolean {
    return this.#has(FlowFlag.Waiting);
  }

  /** Whether there is something new since the last export (§5). */
  get isUpdated(): boolean {
    return this.#has(FlowFlag.Updated);
  }

  /** Whether the two halves were joined (§5). */
  get isCorrelated(): boolean {
    return this.#has(FlowFlag.Correlated);
  }

  /** Whether the other half was given up (§6). */
  get isUncorrelated(): boolean {
    return this.#has(FlowFlag.Uncorrelated);
  }

  /** Whether the flow began as, or was joined with, the ingress-Node half of a connection from outside (§2). */
  get isKeyedByProxySnat(): boolean {
    return this.#has(FlowFlag.KeyedByProxySnat);
  }

  /** Whether what Kubernetes knows of the flow has been added (§7). */
  get isEnriched(): boolean {
    return this.#has(FlowFlag.Enriched);
  }

  /** It has been added. */
  enriched(): void {
    this.#set(FlowFlag.Enriched);
  }

  /** Becomes what a flow's first record says (§4), in a row without a flow. */
  begin(record: FlowRecord): Outcome {
    if (!this.#intern(record, FIRST_WORDS)) return Outcome.StringsFull;
    const exporter = this.store.intern(record.exporter, 0, record.exporter.length);
    if (exporter === FULL) {
      this.#letGo(FIRST_WORDS);
      return Outcome.StringsFull;
    }

    const { words, base } = this;
    for (let i = 0; i < FLOW_BLOCK.words; i++) words[base + i] = record.words[i]!;
    for (const word of FIRST_WORDS) {
      words[base + word] = this.#interned[word]!;
      this.#interned[word] = 0;
    }
    words[base + EXPORTER] = exporter;
    this.store.hold(exporter);

    const waits = record.requiresCorrelation;
    const { reporter } = record;
    words[base + FLOW_ROW.flags] =
      FlowFlag.Live |
      FlowFlag.Updated |
      HEARD[reporter] |
      (waits ? FlowFlag.Waiting : 0) |
      (record.isIngressNodeHalf ? FlowFlag.KeyedByProxySnat : 0) |
      (record.flowType === FlowType.Unknown ? FlowFlag.BegunWithoutType : 0);
    this.source.clear();
    this.destination.clear();
    this.#takeCounters(record, waits ? reporter : Reporter.Neither);
    return Outcome.Taken;
  }

  /** Takes a later record of the flow (§5). A flow that is due for export thereby is no longer waiting. */
  aggregate(record: FlowRecord): Outcome {
    if (record.flowType === FlowType.Unknown && this.#isSeenTwice(record)) return Outcome.Duplicate;
    const isHalf = record.requiresCorrelation;
    const { reporter } = record;
    const join = this.#joinOf(reporter, isHalf);
    // Everything that can fail comes before anything that changes the flow.
    const statesDiffer = !this.#hasStateOf(record);
    if (statesDiffer && !this.#intern(record, STATE_WORDS)) return Outcome.StringsFull;
    if (join !== Join.Nothing && !this.#intern(record, HALF_IDENTITY_WORDS)) {
      this.#letGo(STATE_WORDS);
      return Outcome.StringsFull;
    }
    this.#set(HEARD[reporter]);
    if (join !== Join.Nothing) this.#join(record, join);

    const end = this.flowEndSeconds;
    const reason = this.flowEndReason;
    const isNews = this.#takeCounters(record, isHalf ? reporter : Reporter.Neither);
    if (statesDiffer) {
      if (isNews && record.flowEndSeconds >= end) this.#replace(TCP_STATE);
      else this.#letGo(STATE_WORDS);
    }
    if (isNews) {
      this.#set(FlowFlag.Updated);
      if (reason !== FlowEndReason.EndOfFlow) this.flowEndReason = record.flowEndReason;
      if (record.flowEndSeconds > end) this.flowEndSeconds = record.flowEndSeconds;
      if (record.flowStartSeconds < this.flowStartSeconds) this.flowStartSeconds = record.flowStartSeconds;
      return Outcome.Taken;
    }
    if (record.flowEndReason === FlowEndReason.EndOfFlow && reason !== FlowEndReason.EndOfFlow) {
      this.flowEndReason = FlowEndReason.EndOfFlow;
      this.#set(FlowFlag.Updated);
    }
    return Outcome.Older;
  }

  /** Counts one more time at which a waiting flow fell due; how many there were (§6). */
  countRound(): number {
    const flags = this.words[this.base + FLOW_ROW.flags]!;
    const rounds = ((flags >>> FlowFlag.RetryShift) & FlowFlag.RetryMask) + 1;
    this.words[this.base + FLOW_ROW.flags] =
      (flags & ~(FlowFlag.RetryMask << FlowFlag.RetryShift)) | (rounds << FlowFlag.RetryShift);
    return rounds;
  }

  /** The other half is no longer awaited: the flow leaves as it is (§6). */
  giveUp(): void {
    this.#set(FlowFlag.Uncorrelated);
    this.#unset(FlowFlag.Waiting);
  }

  /** The flow was exported: all deltas and throughputs begin anew (§6). */
  exported(): void {
    this.source.clearInterval();
    this.destination.clearInterval();
    this.#unset(FlowFlag.Updated);
  }

  copyText(word: number, to: Uint8Array): number {
    return this.store.copy(this.words[this.base + word]!, to, 0);
  }

  putText(word: number, from: StringTable, id: number): void {
    const length = from.copy(id, scratch, 0);
    const own = this.store.intern(scratch, 0, length);
    // What does not fit is not worth a flow of another connection: the field stays as it is.
    if (own === FULL) return;
    const at = this.base + word;
    const old = this.words[at]!;
    this.store.hold(own);
    this.words[at] = own;
    this.store.drop(old);
  }

  /** Lets go of all strings, before the row is given back. */
  forget(): void {
    for (const word of REFERENCE_WORDS) this.store.drop(this.words[this.base + word]!);
  }

  /** §5: what another exporter than the flow's reports without a flowType is the same traffic seen twice. */
  #isSeenTwice(record: FlowRecord): boolean {
    if (!this.#has(FlowFlag.BegunWithoutType)) return false;
    if (record.observationDomainId !== this.observationDomainId) return true;
    return !this.store.matches(this.words[this.base + EXPORTER]!, record.exporter, 0, record.exporter.length);
  }

  /** Which identity the record brings to the flow (§5). */
  #joinOf(reporter: Reporter, isHalf: boolean): Join {
    const flags = this.words[this.base + FLOW_ROW.flags]!;
    const heard = flags & HEARD_BOTH;
    if (flags & FlowFlag.Waiting) return isHalf && heard & HEARD[reporter] ? Join.Nothing : Join.Overwrite;
    if (heard === HEARD_BOTH || heard === 0 || reporter === Reporter.Neither) return Join.Nothing;
    return heard & HEARD[reporter] ? Join.Nothing : Join.Complete;
  }

  /** Takes identity fields: all the record has, or those the flow lacks; and all that an ingress-Node half brings (§5). */
  #join(record: FlowRecord, join: Join): void {
    const { words, base } = this;
    for (const word of IDENTITY_WORDS) {
      if (record.words[word] !== 0 && (join === Join.Overwrite || words[base + word] === 0)) this.#replace(word);
    }
    for (const name of IDENTITY_NUMBERS) {
      if (record[name] !== 0 && (join === Join.Overwrite || this[name] === 0)) this[name] = record[name];
    }
    if (record.isIngressNodeHalf) {
      for (let i = 0; i < 4; i++) words[base + SOURCE + i] = record.words[SOURCE + i]!;
      this.sourceTransportPort = record.sourceTransportPort;
      this.#replace(PROXY_SNAT_IP);
      this.proxySnatPort = record.proxySnatPort;
      this.flowType = FlowType.FromExternal;
      this.#set(FlowFlag.KeyedByProxySnat);
    }
    this.#letGo(HALF_IDENTITY_WORDS);
    this.#unset(FlowFlag.Waiting | FlowFlag.Enriched);
    const hasBothHalves = (words[base + FLOW_ROW.flags]! & HEARD_BOTH) === HEARD_BOTH;
    this.#set(FlowFlag.Updated | (hasBothHalves ? FlowFlag.Correlated : 0));
  }

  /** Gives the record to its reporter's side, or to both (§4); whether any took it. */
  #takeCounters(record: FlowRecord, reporter: Reporter): boolean {
    let isNews = false;
    if (reporter !== Reporter.Destination) isNews = this.#takeSide(record, this.source, FlowFlag.SourceReported);
    if (reporter !== Reporter.Source) {
      isNews = this.#takeSide(record, this.destination, FlowFlag.DestinationReported) || isNews;
    }
    return isNews;
  }

  #takeSide(record: FlowRecord, side: Side, reported: number): boolean {
    if (this.#has(reported)) return side.takeNext(record);
    this.#set(reported);
    side.takeFirst(record);
    return true;
  }

  #hasStateOf(record: FlowRecord): boolean {
    const reference = record.words[TCP_STATE]!;
    const id = this.words[this.base + TCP_STATE]!;
    return this.store.matches(id, record.bytes, record.start(reference), record.length(reference));
  }

  /** Learns and holds the ids of what these words of the record refer to; false, and holds none, if one does not fit. */
  #intern(record: FlowRecord, at: readonly number[]): boolean {
    for (const word of at) {
      const reference = record.words[word]!;
      if (reference === 0) continue;
      const id = this.store.intern(record.bytes, record.start(reference), record.length(reference));
      if (id === FULL) {
        this.#letGo(at);
        return false;
      }
      this.store.hold(id);
      this.#interned[word] = id;
    }
    return true;
  }

  /** Puts the id that was learned for a word in its place. */
  #replace(word: number): void {
    const at = this.base + word;
    const old = this.words[at]!;
    this.words[at] = this.#interned[word]!;
    this.#interned[word] = 0;
    this.store.drop(old);
  }

  /** Lets go of the learned ids that were not put in place. */
  #letGo(at: readonly number[]): void {
    for (const word of at) {
      this.store.drop(this.#interned[word]!);
      this.#interned[word] = 0;
    }
  }

  #has(flag: number): boolean {
    return (this.words[this.base + FLOW_ROW.flags]! & flag) !== 0;
  }

  #set(flags: number): void {
    this.words[this.base + FLOW_ROW.flags]! |= flags;
  }

  #unset(flags: number): void {
    this.words[this.base + FLOW_ROW.flags]! &= ~flags;
  }
}
