import type { ExpiryPolicy } from '../expiry/expiry-policy.js';
import { WAITING_ROUNDS } from '../expiry/expiry-policy.js';
import { AggregatedFlow, Outcome } from '../flow/aggregated-flow.js';
import { FlowFlag } from '../flow/flow-flags.js';
import { FlowKey, KEY_WORDS } from '../flow/flow-key.js';
import type { FlowRecord } from '../flow/flow-record.js';
import { FLOW_ROW } from '../flow/layout.js';
import { Dictionary } from './dictionary.js';
import { EvictionHand } from './eviction-hand.js';
import { HashIndex, NONE } from './hash-index.js';
import { KeyedHash } from './keyed-hash.js';
import { NO_ROW, RowSlabs, TABLE_ROW } from './row-slabs.js';
import { TimingWheel } from './timing-wheel.js';

/** Why a flow left the table. */
export type EndReason = 'inactive' | 'uncorrelated' | 'evicted' | 'shutdown';

/** Takes the flows that are to be exported. */
export interface FlowOutlet {
  /** Copies what it needs of the flow before it returns; the cursor and its row are the table's. */
  take(flow: AggregatedFlow): void;
}

/** What the table may hold. */
export interface TableLimits {
  /** Flows, at least 1. */
  readonly maxFlows: number;
  /** Bytes of the dictionary. */
  readonly maxStringBytes: number;
}

/** Flows that are evicted at most to make room for one record's strings, before the record is dropped. */
const EVICTIONS_FOR_STRINGS = 8;

/** Words of a key that say all of an IPv4 flow: the last words of both addresses, ports, protocol. */
const IPV4_WORDS = [3, 7, 8, 9] as const;

/**
 * The flows there are, by their keys: takes records (flow-rules.md §4, §5), says which flows are due and lets them go (§6), and keeps to
 * its limits. It knows the time only from `advance`, in whole seconds of a clock that never goes back.
 */
export class FlowTable {
  readonly strings: Dictionary;
  readonly #policy: ExpiryPolicy;
  readonly #limits: TableLimits;
  readonly #outlet: FlowOutlet;
  readonly #hash: KeyedHash;
  readonly #slabs = new RowSlabs();
  readonly #index = new HashIndex();
  readonly #wheel: TimingWheel;
  readonly #hand: EvictionHand;
  readonly #key = new FlowKey();
  readonly #ipv4Key = new Uint32Array(IPV4_WORDS.length);
  /** On the flow of the record at hand. */
  readonly #flow: AggregatedFlow;
  /** On a flow that is due or must go. */
  readonly #leaving: AggregatedFlow;
  #now: number;
  #waiting = 0;
  #begun = 0;
  #drained = 0;
  readonly #ended: Record<EndReason, number> = { inactive: 0, uncorrelated: 0, evicted: 0, shutdown: 0 };

  /**
   * @param hashKey two random words, other ones in each process
   * @param now the time in whole seconds
   */
  constructor(
    policy: ExpiryPolicy,
    limits: TableLimits,
    outlet: FlowOutlet,
    hashKey: readonly [number, number],
    now: number,
  ) {
    this.#policy = policy;
    this.#limits = limits;
    this.#outlet = outlet;
    this.#hash = new KeyedHash(hashKey);
    this.strings = new Dictionary(this.#hash, limits.maxStringBytes);
    this.#wheel = new TimingWheel(this.#slabs, now);
    this.#hand = new EvictionHand(this.#slabs);
    this.#flow = new AggregatedFlow(this.strings);
    this.#leaving = new AggregatedFlow(this.strings);
    this.#now = now;
  }

  /** Flows in the table. */
  get size(): number {
    return this.#slabs.used;
  }

  /** Flows that wait for their other half. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Flows that ever began: what is in the table and what has ended. */
  get begun(): number {
    return this.#begun;
  }

  /** Flows that have ended, by reason. */
  get ended(): Readonly<Record<EndReason, number>> {
    return this.#ended;
  }

  /** Bytes of rows and key index. */
  get byteLength(): number {
    return this.#slabs.byteLength + this.#index.byteLength;
  }

  /** Sets the time. */
  advance(now: number): void {
    this.#now = now;
    this.strings.advance(now);
  }

  /** Takes a record: it becomes a flow, or its flow takes it. */
  receive(record: FlowRecord): Outcome {
    this.#key.take(record);
    const hash = this.#hashOfKey();
    const row = this.#find(hash);
    return row === NONE ? this.#begin(record, hash) : this.#aggregate(record, row);
  }

  /** The flow of a key, for readers; undefined if there is none. Valid until the next call. */
  find(key: FlowKey): AggregatedFlow | undefined {
    this.#key.words.set(key.words);
    const row = this.#find(this.#hashOfKey());
    return row === NONE ? undefined : this.#at(this.#leaving, row);
  }

  /** Whether a flow is to be looked at by now. */
  get hasDue(): boolean {
    return this.#wheel.hasDue(this.#now);
  }

  /**
   * Deals with the next flow that is to be looked at (§6): exports it, ends it, sets its deadlines, as is due.
   *
   * @returns whether there was one
   */
  expireNext(): boolean {
    const row = this.#wheel.takeDue(this.#now);
    if (row === NO_ROW) return false;
    const flow = this.#at(this.#leaving, row);
    const due = this.#deadline(flow);
    if (due > this.#now) this.#wheel.schedule(row, due);
    else if (flow.isWaiting) this.#expireWaiting(flow, row);
    else this.#expireReady(flow, row);
    return true;
  }

  /**
   * Ends the next flow, whatever its deadlines, exporting it if it was updated: for the shutdown (§6).
   *
   * @returns whether there was one
   */
  drainNext(): boolean {
    while (this.#drained < this.#slabs.highest) {
      const row = this.#drained++;
      if (!this.#isLive(row)) continue;
      this.#wheel.unschedule(row);
      const flow = this.#at(this.#leaving, row);
      this.#end(flow, row, flow.isWaiting ? 'uncorrelated' : 'shutdown');
      return true;
    }
    this.#drained = 0;
    return false;
  }

  /** Ends one of the flows that have been silent longest, exporting it if it was updated; whether there was one. */
  evict(): boolean {
    return this.#evictOther(NO_ROW);
  }

  #begin(record: FlowRecord, hash: number): Outcome {
    if (this.#slabs.used >= this.#limits.maxFlows) this.#evictOther(NO_ROW);
    const row = this.#slabs.allocate();
    const flow = this.#at(this.#flow, row);
    let outcome = flow.begin(record);
    for (let i = 0; outcome === Outcome.StringsFull && i < EVICTIONS_FOR_STRINGS && this.#evictOther(row); i++) {
      outcome = flow.begin(record);
    }
    if (outcome === Outcome.StringsFull) {
      this.#slabs.release(row);
      return outcome;
    }
    const { words, base } = flow;
    const isWaiting = flow.isWaiting;
    if (isWaiting) this.#waiting++;
    this.#begun++;
    words[base + TABLE_ROW.hash] = hash;
    words[base + TABLE_ROW.activeDeadline] = this.#now + (isWaiting ? this.#policy.activeSeconds : 0);
    words[base + TABLE_ROW.inactiveDeadline] = this.#now + this.#policy.inactiveSeconds;
    this.#index.insert(hash, row);
    this.#wheel.schedule(row, this.#deadline(flow));
    return outcome;
  }

  #aggregate(record: FlowRecord, row: number): Outcome {
    const flow = this.#at(this.#flow, row);
    const wasWaiting: boolean = flow.isWaiting;
    let outcome = flow.aggregate(record);
    for (let i = 0; outcome === Outcome.StringsFull && i < EVICTIONS_FOR_STRINGS && this.#evictOther(row); i++) {
      outcome = flow.aggregate(record);
    }
    if (outcome === Outcome.StringsFull || outcome === Outcome.Duplicate) return outcome;
    flow.words[flow.base + TABLE_ROW.inactiveDeadline] = this.#now + this.#policy.inactiveSeconds;
    if (wasWaiting && !flow.isWaiting) {
      this.#waiting--;
      flow.words[flow.base + TABLE_ROW.activeDeadline] = this.#now;
      this.#wheel.unschedule(row);
      this.#wheel.schedule(row, this.#now);
    }
    return outcome;
  }

  #expireWaiting(flow: AggregatedFlow, row: number): void {
    if (flow.countRound() < WAITING_ROUNDS) {
      flow.words[flow.base + TABLE_ROW.activeDeadline] = this.#now + this.#policy.activeSeconds;
      flow.words[flow.base + TABLE_ROW.inactiveDeadline] = this.#now + this.#policy.inactiveSeconds;
      this.#wheel.schedule(row, this.#deadline(flow));
    } else {
      this.#end(flow, row, 'uncorrelated');
    }
  }

  #expireReady(flow: AggregatedFlow, row: number): void {
    const { words, base } = flow;
    if (words[base + TABLE_ROW.inactiveDeadline]! <= this.#now) {
      this.#end(flow, row, 'inactive');
      return;
    }
    if (flow.isUpdated) {
      this.#outlet.take(flow);
      flow.exported();
    }
    words[base + TABLE_ROW.activeDeadline] = this.#now + this.#policy.activeSeconds;
    this.#wheel.schedule(row, this.#deadline(flow));
  }

  #evictOther(spared: number): boolean {
    const row = this.#hand.choose(spared);
    if (row === NO_ROW) return false;
    this.#wheel.unschedule(row);
    this.#end(this.#at(this.#leaving, row), row, 'evicted');
    return true;
  }

  /** Forgets a flow that is in no bucket, exported first if there is something new to say. */
  #end(flow: AggregatedFlow, row: number, reason: EndReason): void {
    if (flow.isWaiting) {
      this.#waiting--;
      flow.giveUp();
      if (this.#policy.uncorrelated === 'export') this.#outlet.take(flow);
    } else if (flow.isUpdated) {
      this.#outlet.take(flow);
    }
    this.#index.delete(flow.words[flow.base + TABLE_ROW.hash]! | 0, row);
    flow.forget();
    this.#slabs.release(row);
    this.#ended[reason]++;
  }

  #find(hash: number): number {
    for (let row = this.#index.first(hash); row !== NONE; row = this.#index.next()) {
      if (this.#key.isOf(this.#slabs.slab(row), RowSlabs.base(row), this.strings)) return row;
    }
    return NONE;
  }

  #hashOfKey(): number {
    const { words } = this.#key;
    if (!this.#key.isIPv4) return this.#hash.words(words, 0, KEY_WORDS);
    for (let i = 0; i < IPV4_WORDS.length; i++) this.#ipv4Key[i] = words[IPV4_WORDS[i]!]!;
    return this.#hash.words(this.#ipv4Key, 0, IPV4_WORDS.length);
  }

  #at(cursor: AggregatedFlow, row: number): AggregatedFlow {
    return cursor.moveTo(this.#slabs.slab(row), RowSlabs.base(row));
  }

  #deadline({ words, base }: AggregatedFlow): number {
    return Math.min(words[base + TABLE_ROW.activeDeadline]!, words[base + TABLE_ROW.inactiveDeadline]!);
  }

  #isLive(row: number): boolean {
    return (this.#slabs.slab(row)[RowSlabs.base(row) + FLOW_ROW.flags]! & FlowFlag.Live) !== 0;
  }
}
