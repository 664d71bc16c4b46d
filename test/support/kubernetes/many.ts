import { aNode } from './a-node.js';
import { aPod } from './a-pod.js';
import type { KubernetesObject } from './object.js';

/** Pods of a Node. */
const PER_NODE = 100;

/** The address of the Pod of a number: a different one for each of the first 16 million. */
export const podAddress = (number: number): string =>
  `10.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;

/** The InternalIP of the Node of a number, of the first 65536. */
export const nodeAddress = (number: number): string => `192.168.${(number >>> 8) & 255}.${number & 255}`;

/** Pods in 100 namespaces, 100 on each Node, of Deployments with 10 Pods each. */
export function* manyPods(count: number): Generator<KubernetesObject> {
  for (let number = 0; number < count; number++) {
    const node = Math.floor(number / PER_NODE);
    const application = `app-${Math.floor(number / 10)}`;
    const hash = (0x7d4b9f + Math.floor(number / 10)).toString(36);
    yield aPod({
      name: `${application}-${hash}-${number.toString(36).padStart(5, '0')}`,
      namespace: `team-${number % 100}`,
      ips: [
        podAddress(number),
        `fd00:10::${number
          .toString(16)
          .padStart(5, '0')
          .replace(/(.+)(....)$/, '$1:$2')}`,
      ],
      node: `node-${node}`,
      hostIP: nodeAddress(node),
      labels: { app: application, 'app.kubernetes.io/name': application, 'pod-template-hash': hash },
      owner: { kind: 'ReplicaSet', name: `${application}-${hash}` },
    });
  }
}

/** Nodes `node-0` …, in three zones. */
export function* manyNodes(count: number): Generator<KubernetesObject> {
  for (let number = 0; number < count; number++) {
    yield aNode({ name: `node-${number}`, internalIPs: [nodeAddress(number)], zone: `zone-${'abc'[number % 3]!}` });
  }
}
