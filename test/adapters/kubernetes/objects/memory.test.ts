import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from '@jest/globals';
import type { PodObject } from '../../../../src/domain/kubernetes/objects.js';
import { isObject } from '../../../../src/adapters/kubernetes/objects/json.js';
import { podOf } from '../../../../src/adapters/kubernetes/objects/pod.js';
import { ListScanner } from '../../../../src/adapters/kubernetes/reading/list-scanner.js';
import { aPod } from '../../../support/kubernetes/a-pod.js';

const PODS = 400;

/** Bytes of the heap that something holds. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed + process.memoryUsage().external;
}

function pageOfPods(): Buffer {
  const items = Array.from({ length: PODS }, (_, index) =>
    aPod({
      name: `frontend-of-the-shop-5d9c7b8f6d-${index}`,
      ips: ['10.0.0.1', 'fd00::1'],
      node: 'node-1.example.com',
      labels: { 'pod-template-hash': '5d9c7b8f6d', 'app.kubernetes.io/name': 'frontend-of-the-shop' },
      owner: { kind: 'ReplicaSet', name: 'frontend-of-the-shop-5d9c7b8f6d' },
      padding: 50_000,
    }),
  );
  return Buffer.from(JSON.stringify({ kind: 'PodList', metadata: { resourceVersion: '1' }, items }));
}

it('holds on to nothing of a list but what it keeps', () => {
  const pods: PodObject[] = [];
  const scanner = new ListScanner((item) => {
    const object: unknown = JSON.parse(item);
    pods.push(podOf(isObject(object) ? object : {})!);
  });
  const page = pageOfPods();
  const before = heldBytes();
  for (let at = 0; at < page.length; at += 65_536) scanner.write(page.subarray(at, at + 65_536));
  const bytes = (heldBytes() - before) / PODS;
  expect(pods.length).toBe(PODS);
  expect(pods[7]!.workloadName).toBe('frontend-of-the-shop');
  // Each came as more than 50,000.
  expect(bytes).toBeLessThan(2_500);
});
