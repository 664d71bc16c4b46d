import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressToWords, parseAddress } from '../../../src/domain/flow/address.js';
import { KubernetesObjects } from '../../../src/domain/kubernetes/kubernetes-objects.js';
import { aPodObject, KUBERNETES_NOW as NOW } from '../../support/kubernetes-objects.js';

/** What one Pod was under one address, as the rules speak of it (flow-rules.md §7, a Pod lookup by IP). */
interface Life {
  readonly uid: string;
  readonly ip: string;
  readonly created: number;
  deleted: number;
  gone: boolean;
}

/** The rules by brute force: every life is looked at, for every question. */
class NaivePods {
  now = NOW;
  readonly lives: Life[] = [];

  #of(uid: string): Life | undefined {
    return this.lives.find((life) => life.uid === uid && !life.gone);
  }

  put(uid: string, ip: string, phase: string, created: number): void {
    let life = this.#of(uid);
    if (life && life.ip !== ip && ip !== '') {
      life.gone = true;
      life.deleted = Math.min(life.deleted, this.now);
      life = undefined;
      created = this.now;
    }
    if (!life) this.lives.push((life = { uid, ip, created, deleted: Infinity, gone: false }));
    if (phase === 'Failed') life.deleted = Math.min(life.deleted, this.now);
  }

  delete(uid: string): void {
    const life = this.#of(uid);
    if (!life) return;
    life.gone = true;
    life.deleted = Math.min(life.deleted, this.now);
  }

  /** One of the moments at which something happened. */
  moment(event: number): number {
    const moments = this.lives.flatMap(({ created, deleted }) => [created, Math.min(deleted, this.now)]);
    return moments[event % moments.length] ?? this.now;
  }

  find(ip: string, seconds: number): string | undefined {
    const candidates = this.lives.filter((life) => life.ip === ip && this.now < life.deleted + 300);
    if (candidates.length < 2) return candidates[0]?.uid;
    const lived = candidates.filter(({ created, deleted }) => created <= seconds && seconds <= deleted);
    const last = Math.max(...lived.map(({ created }) => created));
    const newest = lived.filter(({ created }) => created === last);
    const end = Math.max(...newest.map(({ deleted }) => deleted));
    const best = newest.filter(({ deleted }) => deleted === end);
    // Of equal ones any will do.
    return best.length > 1 ? '*' : best[0]?.uid;
  }
}

const UIDS = ['a', 'b', 'c', 'd', 'e'];
const IPS = ['10.0.0.1', '10.0.0.2', 'fd00::1'];

const step = fc.oneof(
  fc.record({
    kind: fc.constant('put' as const),
    uid: fc.constantFrom(...UIDS),
    ip: fc.constantFrom(...IPS),
    isDead: fc.boolean(),
    age: fc.constantFrom(0, 1, 50, 400),
  }),
  fc.record({ kind: fc.constant('delete' as const), uid: fc.constantFrom(...UIDS) }),
  fc.record({ kind: fc.constant('wait' as const), seconds: fc.constantFrom(1, 2, 99, 100, 199, 300) }),
  fc.record({
    kind: fc.constant('find' as const),
    ip: fc.constantFrom(...IPS),
    event: fc.nat(),
    off: fc.integer({ min: -1, max: 1 }),
  }),
);

describe('Pods', () => {
  it('find by address what the rules say, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const naive = new NaivePods();
        const known = new KubernetesObjects([5, 6], NOW);
        // A Pod that has terminated stays so, and a UID is never given again.
        const dead = new Set<string>();
        for (const each of steps) {
          if (each.kind === 'put' && !dead.has(each.uid)) {
            const phase = each.isDead ? 'Failed' : 'Running';
            const createdSeconds = naive.now - each.age;
            naive.put(each.uid, each.ip, phase, createdSeconds);
            known.pods.put(aPodObject({ name: each.uid, uid: each.uid, ips: [each.ip], phase, createdSeconds }));
            if (each.isDead) dead.add(each.uid);
          } else if (each.kind === 'delete') {
            naive.delete(each.uid);
            known.pods.delete(each.uid);
            dead.add(each.uid);
          } else if (each.kind === 'wait') {
            for (let i = 0; i < each.seconds; i++) known.advance(++naive.now);
          } else if (each.kind === 'find') {
            const words = new Uint32Array(4);
            const bytes = parseAddress(each.ip)!;
            addressToWords(bytes, 0, bytes.length, words, 0);
            const seconds = naive.moment(each.event) + each.off;
            const expected = naive.find(each.ip, seconds);
            const found = known.pods.byAddress(words, 0, seconds)?.uid;
            if (expected === '*') expect(found).toBeDefined();
            else expect(found).toBe(expected);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
