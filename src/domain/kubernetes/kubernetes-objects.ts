import { KeyedHash } from '../table/keyed-hash.js';
import { KubernetesStrings } from './kubernetes-strings.js';
import { Nodes } from './nodes.js';
import { Pods } from './pods.js';
import { Services } from './services.js';

/** Entries of the dictionary that are looked at each second for strings nobody has any more. */
const SWEEP_ENTRIES = 8192;

/** What is known of a cluster's objects: a local copy, read synchronously (flow-rules.md §7). */
export class KubernetesObjects {
  readonly strings: KubernetesStrings;
  readonly pods: Pods;
  readonly nodes: Nodes;
  readonly services: Services;

  /**
   * @param hashKey two random words, other ones in each process
   * @param now Unix seconds
   */
  constructor(hashKey: readonly [number, number], now: number) {
    const hash = new KeyedHash(hashKey);
    this.strings = new KubernetesStrings(hash);
    this.pods = new Pods(this.strings, hash);
    this.nodes = new Nodes(this.strings);
    this.services = new Services(this.strings);
    this.advance(now);
  }

  /** Bytes of memory that Pods and all texts take. */
  get byteLength(): number {
    return this.pods.byteLength + this.strings.dictionary.byteLength;
  }

  /** Sets the time in Unix seconds, once a second, and forgets what was deleted for long. */
  advance(now: number): void {
    this.strings.dictionary.advance(now);
    this.pods.advance(now);
    this.strings.dictionary.sweep(SWEEP_ENTRIES);
  }
}
