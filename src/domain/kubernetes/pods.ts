import { addressToWords, parseAddress } from '../flow/address.js';
import { HashIndex, NONE } from '../table/hash-index.js';
import type { KeyedHash } from '../table/keyed-hash.js';
import { Agenda } from './agenda.js';
import type { KubernetesStrings } from './kubernetes-strings.js';
import { labelsText } from './labels-text.js';
import type { ObjectStore, PodObject } from './objects.js';
import { Pod } from './pod.js';
import { NEVER, POD_BLOCK } from './pod-fields.js';
import { PodRows } from './pod-rows.js';

/** A deleted Pod is findable for so long: flows of its last minutes are still to come (flow-rules.md §7). */
export const FINDABLE_SECONDS = 300;

const { slots } = POD_BLOCK;
const ADDRESSES = [slots.firstIP.word, slots.secondIP.word] as const;
const ADDRESS_WORDS = 4;
const CREATED = slots.createdSeconds.word;
const DELETED = slots.deletedSeconds.word;
const GONE = slots.goneSeconds.word;
const LISTED = slots.listed.word;
const NAME = slots.name.word;
const NAMESPACE = slots.namespace.word;
const UID = slots.uid.word;
const TEXT_WORDS = Object.values(slots).flatMap(({ kind, word }) => (kind === 'text' ? [word] : []));

/** Phases in which a Pod has ended for good. */
const TERMINATED: ReadonlySet<string> = new Set(['Succeeded', 'Failed']);

/**
 * The Pods there are and lately were, found by address and time, by name and by UID (flow-rules.md §7, a Pod lookup by IP).
 * A lookup is a hash and a comparison: nothing is allocated.
 */
export class Pods implements ObjectStore<PodObject> {
  readonly #strings: KubernetesStrings;
  readonly #hash: KeyedHash;
  readonly #rows = new PodRows();
  readonly #byAddress = new HashIndex();
  readonly #byName = new HashIndex();
  readonly #byUid = new HashIndex();
  /** Rows to look at when Pods are no longer findable. */
  readonly #agenda = new Agenda();
  readonly #pod: Pod;
  readonly #key = new Uint32Array(ADDRESS_WORDS);
  readonly #addresses = new Uint32Array(ADDRESSES.length * ADDRESS_WORDS);
  #now = 0;
  #list = 0;
  #size = 0;

  constructor(strings: KubernetesStrings, hash: KeyedHash) {
    this.#strings = strings;
    this.#hash = hash;
    this.#pod = new Pod(strings.dictionary, this.#rows.words, 0);
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes of rows and indexes. */
  get byteLength(): number {
    const { byteLength } = this.#rows;
    return byteLength + this.#byAddress.byteLength + this.#byName.byteLength + this.#byUid.byteLength;
  }

  /** Sets the time, Unix seconds, and forgets Pods that are deleted for long. */
  advance(now: number): void {
    this.#now = now;
    this.#agenda.due(now, (row) => this.#expire(row));
  }

  put(object: PodObject): void {
    const uid = this.#strings.hold(object.uid);
    if (uid === 0) return;
    let row = this.#rowOf(uid);
    const moved = row !== NONE && this.#hasMoved(row, object);
    if (moved) {
      // Flows of before still belong to the old address: the row stays for those, and the Pod goes on in another.
      this.#byUid.delete(this.#hashOf(uid), row);
      this.#end(row);
      row = NONE;
    }
    if (row === NONE) row = this.#begin(uid, object, moved);
    else this.#strings.drop(uid);
    this.#update(row, object);
  }

  delete(uid: string): void {
    const row = this.#rowOf(this.#strings.find(uid));
    if (row !== NONE) this.#end(row);
  }

  beginList(): void {
    this.#list++;
  }

  endList(): void {
    for (let row = 0; row < this.#rows.highest; row++) {
      if (this.#word(row, UID) !== 0 && this.#word(row, GONE) === NEVER && this.#word(row, LISTED) !== this.#list)
        this.#end(row);
    }
  }

  /**
   * The Pod that had an address at a time: the only one that has or lately had it, whatever its times; of several the one created last of
   * those that lived then. undefined if there is none, or several of which none lived then.
   *
   * @param words has the address in four words from `at` on
   * @param seconds Unix time
   */
  byAddress(words: Uint32Array, at: number, seconds: number): Pod | undefined {
    const hash = this.#hash.words(words, at, ADDRESS_WORDS);
    let candidates = 0;
    let found = NONE;
    let last = NONE;
    for (let row = this.#byAddress.first(hash); row !== NONE; row = this.#byAddress.next()) {
      if (!this.#hasAddress(row, words, at)) continue;
      candidates++;
      last = row;
      if (this.#lived(row, seconds) && this.#isNewer(row, found)) found = row;
    }
    return this.#at(candidates === 1 ? last : found);
  }

  /** The Pod of a name that lived at a time; if none did, the one created last. undefined if there is none of that name. */
  byName(namespace: string, name: string, seconds: number): Pod | undefined {
    return this.byNameIds(this.#strings.find(namespace), this.#strings.find(name), seconds);
  }

  /** The same by ids of the metadata's dictionary, NONE included. */
  byNameIds(namespace: number, name: number, seconds: number): Pod | undefined {
    if (namespace === NONE || name === NONE) return undefined;
    let found = NONE;
    let last = NONE;
    const index = this.#byName;
    for (let row = index.first(this.#hashOf(namespace, name)); row !== NONE; row = index.next()) {
      if (this.#word(row, NAMESPACE) !== namespace || this.#word(row, NAME) !== name) continue;
      if (this.#isNewer(row, last)) last = row;
      if (this.#lived(row, seconds) && this.#isNewer(row, found)) found = row;
    }
    return this.#at(found === NONE ? last : found);
  }

  #begin(uid: number, object: PodObject, moved: boolean): number {
    const row = this.#rows.allocate();
    const { words } = this.#rows;
    const base = PodRows.base(row);
    const isNew = moved || object.phase === 'Pending';
    words[base + UID] = uid;
    words[base + CREATED] = isNew ? this.#now : object.createdSeconds;
    words[base + DELETED] = NEVER;
    words[base + GONE] = NEVER;
    words[base + NAME] = this.#strings.hold(object.name);
    words[base + NAMESPACE] = this.#strings.hold(object.namespace);
    this.#byUid.insert(this.#hashOf(uid), row);
    this.#byName.insert(this.#hashOf(words[base + NAMESPACE]!, words[base + NAME]), row);
    this.#size++;
    return row;
  }

  #update(row: number, object: PodObject): void {
    const pod = this.#at(row)!;
    if (pod.goneSeconds !== NEVER) {
      pod.goneSeconds = NEVER;
      this.#size++;
    }
    pod.listed = this.#list;
    pod.isHostNetwork = object.hostNetwork ? 1 : 0;
    this.#replace(row, slots.labels.word, labelsText(object.labels));
    this.#replace(row, slots.nodeName.word, object.nodeName);
    this.#replace(row, slots.workloadKind.word, object.workloadKind);
    this.#replace(row, slots.workloadName.word, object.workloadName);
    if (!TERMINATED.has(object.phase)) {
      pod.deletedSeconds = NEVER;
      this.#setAddresses(row, object);
    } else {
      if (pod.deletedSeconds === NEVER) pod.deletedSeconds = Math.min(object.finishedSeconds ?? this.#now, this.#now);
      const until = pod.deletedSeconds + FINDABLE_SECONDS;
      if (until > this.#now) {
        this.#setAddresses(row, object);
        this.#agenda.add(until, row);
      } else {
        this.#unindexAddresses(row);
      }
    }
  }

  /** The object is gone: it stays findable for a while. */
  #end(row: number): void {
    const pod = this.#at(row)!;
    if (pod.goneSeconds !== NEVER) return;
    pod.goneSeconds = this.#now;
    pod.deletedSeconds = Math.min(pod.deletedSeconds, this.#now);
    this.#size--;
    this.#agenda.add(this.#now + FINDABLE_SECONDS, row);
  }

  #expire(row: number): void {
    const pod = this.#at(row)!;
    if (pod.id('uid') === 0) return;
    if (pod.deletedSeconds !== NEVER && pod.deletedSeconds + FINDABLE_SECONDS <= this.#now) this.#unindexAddresses(row);
    if (pod.goneSeconds !== NEVER && pod.goneSeconds + FINDABLE_SECONDS <= this.#now) this.#forget(row);
  }

  #forget(row: number): void {
    this.#byUid.delete(this.#hashOf(this.#word(row, UID)), row);
    this.#byName.delete(this.#hashOf(this.#word(row, NAMESPACE), this.#word(row, NAME)), row);
    for (const word of TEXT_WORDS) this.#strings.drop(this.#word(row, word));
    this.#rows.release(row);
  }

  /** Whether the Pod has other addresses than the row's, in place of these. */
  #hasMoved(row: number, { ips, hostNetwork }: PodObject): boolean {
    if (this.#word(row, GONE) !== NEVER) return false;
    const count = hostNetwork ? 0 : this.#parse(ips);
    return count > 0 && ADDRESSES.some((word) => this.#isSet(row, word) && !this.#isAmong(row, word, count));
  }

  /** Finds the Pod by its addresses from now on. One that has none any more is still found by those it had. */
  #setAddresses(row: number, { ips, hostNetwork }: PodObject): void {
    const count = hostNetwork ? 0 : this.#parse(ips);
    if (count === 0) return;
    this.#unindexAddresses(row);
    const { words } = this.#rows;
    for (let i = 0; i < count; i++) {
      const at = PodRows.base(row) + ADDRESSES[i]!;
      words.set(this.#addresses.subarray(i * ADDRESS_WORDS, (i + 1) * ADDRESS_WORDS), at);
      this.#byAddress.insert(this.#hash.words(words, at, ADDRESS_WORDS), row);
    }
  }

  #unindexAddresses(row: number): void {
    const { words } = this.#rows;
    for (const word of ADDRESSES) {
      const at = PodRows.base(row) + word;
      if (this.#isSet(row, word)) this.#byAddress.delete(this.#hash.words(words, at, ADDRESS_WORDS), row);
      words.fill(0, at, at + ADDRESS_WORDS);
    }
  }

  /** Puts the addresses of texts into words, the first of each family; how many there are. */
  #parse(ips: readonly string[]): number {
    let count = 0;
    for (const ip of ips) {
      const bytes = parseAddress(ip);
      if (bytes === undefined || count === ADDRESSES.length) continue;
      addressToWords(bytes, 0, bytes.length, this.#addresses, count * ADDRESS_WORDS);
      count++;
    }
    return count;
  }

  #isSet(row: number, word: number): boolean {
    const at = PodRows.base(row) + word;
    const { words } = this.#rows;
    return (words[at]! | words[at + 1]! | words[at + 2]! | words[at + 3]!) !== 0;
  }

  /** Whether an address of the row is among the first `count` of those that were parsed. */
  #isAmong(row: number, word: number, count: number): boolean {
    const at = PodRows.base(row) + word;
    for (let i = 0; i < count; i++) {
      if (sameAddress(this.#rows.words, at, this.#addresses, i * ADDRESS_WORDS)) return true;
    }
    return false;
  }

  #hasAddress(row: number, words: Uint32Array, at: number): boolean {
    const base = PodRows.base(row);
    const own = this.#rows.words;
    return sameAddress(own, base + ADDRESSES[0], words, at) || sameAddress(own, base + ADDRESSES[1], words, at);
  }

  #lived(row: number, seconds: number): boolean {
    return this.#word(row, CREATED) <= seconds && seconds <= this.#word(row, DELETED);
  }

  /** Whether the Pod was created after another, or there is no other; of two of one second the one that is still there counts as newer. */
  #isNewer(row: number, other: number): boolean {
    if (other === NONE) return true;
    const difference = this.#word(row, CREATED) - this.#word(other, CREATED);
    return difference === 0 ? this.#word(row, DELETED) > this.#word(other, DELETED) : difference > 0;
  }

  #replace(row: number, word: number, text: string): void {
    const at = PodRows.base(row) + word;
    const id = this.#strings.hold(text);
    this.#strings.drop(this.#rows.words[at]!);
    this.#rows.words[at] = id;
  }

  #rowOf(uid: number): number {
    if (uid === NONE || uid === 0) return NONE;
    for (let row = this.#byUid.first(this.#hashOf(uid)); row !== NONE; row = this.#byUid.next()) {
      if (this.#word(row, UID) === uid) return row;
    }
    return NONE;
  }

  #hashOf(first: number, second = 0): number {
    this.#key[0] = first;
    this.#key[1] = second;
    return this.#hash.words(this.#key, 0, 2);
  }

  #word(row: number, word: number): number {
    return this.#rows.words[PodRows.base(row) + word]!;
  }

  #at(row: number): Pod | undefined {
    if (row === NONE) return undefined;
    this.#pod.words = this.#rows.words;
    this.#pod.base = PodRows.base(row);
    return this.#pod;
  }
}

function sameAddress(a: Uint32Array, at: number, b: Uint32Array, bAt: number): boolean {
  for (let i = ADDRESS_WORDS - 1; i >= 0; i--) if (a[at + i] !== b[bAt + i]) return false;
  return true;
}
