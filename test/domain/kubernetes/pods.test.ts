import { describe, expect, it } from '@jest/globals';
import { addressToWords, parseAddress } from '../../../src/domain/flow/address.js';
import type { KubernetesObjects } from '../../../src/domain/kubernetes/kubernetes-objects.js';
import { FINDABLE_SECONDS } from '../../../src/domain/kubernetes/pods.js';
import { aPodObject, kubernetesObjects, KUBERNETES_NOW as NOW } from '../../support/kubernetes-objects.js';

const IP = '10.0.0.5';

function byIP({ pods }: KubernetesObjects, ip = IP, seconds = NOW): string | undefined {
  const bytes = parseAddress(ip)!;
  const words = new Uint32Array(4);
  addressToWords(bytes, 0, bytes.length, words, 0);
  return pods.byAddress(words, 0, seconds)?.name;
}

const byName = ({ pods }: KubernetesObjects, name: string, seconds = NOW): string | undefined =>
  pods.byName('default', name, seconds)?.uid;

describe('Pods', () => {
  it('are found by each of their addresses, by name and namespace, with all that is kept of them', () => {
    const known = kubernetesObjects({
      pods: [
        aPodObject({
          name: 'web-7d4b9-x2',
          namespace: 'shop',
          ips: [IP, 'fd00::5'],
          labels: { tier: 'b"c', app: 'web', '1': 'first' },
          nodeName: 'node-7',
          workloadKind: 'Deployment',
          workloadName: 'web',
        }),
      ],
    });
    expect([byIP(known), byIP(known, 'fd00::5'), byIP(known, '::ffff:10.0.0.5')]).toEqual(
      Array(3).fill('web-7d4b9-x2'),
    );
    const pod = known.pods.byName('shop', 'web-7d4b9-x2', NOW)!;
    expect([pod.namespace, pod.uid, pod.nodeName, pod.labels, pod.workloadKind, pod.workloadName]).toEqual([
      ...['shop', 'uid-of-web-7d4b9-x2', 'node-7', '{"1":"first","app":"web","tier":"b\\"c"}', 'Deployment', 'web'],
    ]);
    expect([pod.firstIP, pod.secondIP, pod.isHostNetwork]).toEqual([IP, 'fd00::5', 0]);
    expect(byName(known, 'web-7d4b9-x2')).toBeUndefined();
  });

  it('has no labels as {}', () => {
    const known = kubernetesObjects({ pods: [aPodObject({ name: 'bare' })] });
    expect(known.pods.byName('default', 'bare', NOW)!.labels).toBe('{}');
  });

  describe('by address', () => {
    it('knows no Pod without an address, with one that is none, or in the network of its host', () => {
      const known = kubernetesObjects({
        pods: [
          aPodObject({ name: 'pending', phase: 'Pending' }),
          aPodObject({ name: 'odd', ips: ['', 'none', '10.0.0.300'] }),
          aPodObject({ name: 'host', ips: [IP], hostNetwork: true }),
        ],
      });
      expect(byIP(known)).toBeUndefined();
      expect(byIP(known, '::')).toBeUndefined();
      expect(byName(known, 'host')).toBe('uid-of-host');
    });

    it('takes a single candidate whatever its times', () => {
      const known = kubernetesObjects({ pods: [aPodObject({ name: 'only', ips: [IP], createdSeconds: NOW })] });
      expect(byIP(known, IP, NOW - 500)).toBe('only');
      known.pods.delete('uid-of-only');
      expect(byIP(known, IP, NOW + 100)).toBe('only');
    });

    it('takes of several the one created last of those that lived at that time, else none', () => {
      const known = kubernetesObjects({
        pods: [
          aPodObject({ name: 'old', ips: [IP], createdSeconds: NOW - 300 }),
          aPodObject({ name: 'new', ips: [IP], createdSeconds: NOW - 100 }),
        ],
      });
      expect(byIP(known, IP, NOW - 301)).toBeUndefined();
      expect(byIP(known, IP, NOW - 300)).toBe('old');
      expect(byIP(known, IP, NOW - 101)).toBe('old');
      expect(byIP(known, IP, NOW - 100)).toBe('new');
      expect(byIP(known, IP, NOW)).toBe('new');
      known.advance(NOW + 10);
      known.pods.delete('uid-of-new');
      expect(byIP(known, IP, NOW + 10)).toBe('new');
      expect(byIP(known, IP, NOW + 11)).toBe('old');
    });

    it('counts a Pod that was Pending when it was first seen as created then', () => {
      const known = kubernetesObjects({
        pods: [
          aPodObject({ name: 'before', ips: [IP], createdSeconds: NOW - 900 }),
          aPodObject({ name: 'late', phase: 'Pending', createdSeconds: NOW - 800 }),
        ],
      });
      known.advance(NOW + 5);
      known.pods.put(aPodObject({ name: 'late', ips: [IP], createdSeconds: NOW - 800 }));
      expect(byIP(known, IP, NOW - 1)).toBe('before');
      expect(byIP(known, IP, NOW)).toBe('late');
    });

    it('counts a Pod that terminated as deleted from when it did', () => {
      const known = kubernetesObjects({
        pods: [
          aPodObject({
            name: 'job',
            ips: [IP],
            phase: 'Succeeded',
            createdSeconds: NOW - 900,
            finishedSeconds: NOW - 100,
          }),
          aPodObject({ name: 'next', ips: [IP], createdSeconds: NOW - 950 }),
        ],
      });
      expect(byIP(known, IP, NOW - 100)).toBe('job');
      expect(byIP(known, IP, NOW - 99)).toBe('next');
    });

    it('knows a terminated Pod for five minutes from then, by name for as long as it is there', () => {
      const known = kubernetesObjects({
        pods: [
          aPodObject({ name: 'job', ips: [IP], phase: 'Failed', finishedSeconds: NOW - 100 }),
          aPodObject({
            name: 'ancient',
            ips: ['10.0.0.6'],
            phase: 'Succeeded',
            finishedSeconds: NOW - FINDABLE_SECONDS,
          }),
        ],
      });
      expect(byIP(known, '10.0.0.6')).toBeUndefined();
      known.advance(NOW - 100 + FINDABLE_SECONDS - 1);
      expect(byIP(known)).toBe('job');
      known.advance(NOW - 100 + FINDABLE_SECONDS);
      expect(byIP(known)).toBeUndefined();
      expect([byName(known, 'job'), byName(known, 'ancient')]).toEqual(['uid-of-job', 'uid-of-ancient']);
    });

    it('takes the time at which it learned of it where a status does not say when a Pod terminated', () => {
      const running = aPodObject({ name: 'job', ips: [IP] });
      const known = kubernetesObjects({ pods: [running, aPodObject({ name: 'other', ips: [IP], createdSeconds: 1 })] });
      known.advance(NOW + 10);
      known.pods.put({ ...running, phase: 'Failed', ips: [] });
      known.advance(NOW + 20);
      known.pods.put({ ...running, phase: 'Failed', ips: [] });
      expect([byIP(known, IP, NOW + 10), byIP(known, IP, NOW + 11)]).toEqual(['job', 'other']);
    });

    it('finds a deleted Pod for five minutes, and nothing of it afterwards', () => {
      const known = kubernetesObjects({ pods: [aPodObject({ name: 'gone', ips: [IP] })] });
      known.pods.delete('uid-of-gone');
      known.pods.delete('uid-of-gone');
      expect(known.pods.size).toBe(0);
      known.advance(NOW + FINDABLE_SECONDS - 1);
      expect([byIP(known), byName(known, 'gone')]).toEqual(['gone', 'uid-of-gone']);
      known.advance(NOW + FINDABLE_SECONDS);
      expect([byIP(known), byName(known, 'gone')]).toEqual([undefined, undefined]);
      known.advance(NOW + FINDABLE_SECONDS + 61);
      expect(known.strings.dictionary.size).toBe(0);
    });

    it('keeps a Pod under the address that it had before another', () => {
      const pod = aPodObject({ name: 'moves', ips: [IP] });
      const known = kubernetesObjects({ pods: [pod] });
      known.advance(NOW + 10);
      known.pods.put({ ...pod, ips: ['10.0.0.6'] });
      expect(known.pods.size).toBe(1);
      expect([byIP(known), byIP(known, '10.0.0.6')]).toEqual(['moves', 'moves']);
      known.advance(NOW + 10 + FINDABLE_SECONDS);
      expect([byIP(known), byIP(known, '10.0.0.6')]).toEqual([undefined, 'moves']);
      known.pods.put({ ...pod, ips: ['10.0.0.6', 'fd00::6'] });
      expect([byIP(known, '10.0.0.6'), byIP(known, 'fd00::6'), known.pods.size]).toEqual(['moves', 'moves', 1]);
    });
  });

  describe('by name', () => {
    it('takes of several the one that lived at that time, else the one created last', () => {
      const known = kubernetesObjects({
        pods: [aPodObject({ name: 'db-0', uid: 'first', createdSeconds: NOW - 500 })],
      });
      known.pods.delete('first');
      known.advance(NOW + 20);
      known.pods.put(aPodObject({ name: 'db-0', uid: 'second', createdSeconds: NOW + 10 }));
      expect(byName(known, 'db-0', NOW - 100)).toBe('first');
      expect(byName(known, 'db-0', NOW + 12)).toBe('second');
      expect(byName(known, 'db-0', NOW + 5)).toBe('second');
    });
  });

  describe('in a list', () => {
    it('ends what was not listed again, and brings back what was deleted by mistake', () => {
      const known = kubernetesObjects({
        pods: [aPodObject({ name: 'stays' }), aPodObject({ name: 'goes', ips: [IP] })],
      });
      known.pods.beginList();
      expect(known.pods.size).toBe(2);
      known.pods.put(aPodObject({ name: 'stays' }));
      known.pods.put(aPodObject({ name: 'comes' }));
      known.pods.endList();
      expect(known.pods.size).toBe(2);
      expect(byIP(known)).toBe('goes');
      known.pods.put(aPodObject({ name: 'goes', ips: [IP] }));
      known.advance(NOW + FINDABLE_SECONDS);
      expect([byIP(known), known.pods.size]).toEqual(['goes', 3]);
    });
  });

  it('ignores an object without a UID', () => {
    const known = kubernetesObjects({ pods: [aPodObject({ name: 'a', uid: '' })] });
    expect([known.pods.size, byName(known, 'a')]).toEqual([0, undefined]);
  });

  it('leaves out labels that no flow could carry', () => {
    const labels = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key-${i}`, 'x'.repeat(63)]));
    const known = kubernetesObjects({ pods: [aPodObject({ name: 'a', labels })] });
    expect(known.pods.byName('default', 'a', NOW)!.labels).toBe('');
  });
});
