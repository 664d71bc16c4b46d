import { describe, expect } from '@jest/globals';
import { clusterUuid } from '../../src/adapters/kubernetes/cluster-uuid.js';
import { KubernetesCaches } from '../../src/adapters/kubernetes/kubernetes-caches.js';
import { podOf } from '../../src/adapters/kubernetes/objects/pod.js';
import type { NodeObject, PodObject, ServiceObject } from '../../src/domain/kubernetes/objects.js';
import { SystemClock } from '../../src/infrastructure/clock.js';
import { aNode } from '../support/kubernetes/a-node.js';
import { aPod } from '../support/kubernetes/a-pod.js';
import { aConfigMap } from '../support/kubernetes/a-secret.js';
import { MemoryStore } from '../support/memory-store.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { RecordingMetrics } from '../support/recording-metrics.js';
import { eventually } from './support/eventually.js';
import { itWithKubernetes, Kubernetes } from './support/kubernetes.js';

const UUID = '5b3b5ba4-6a22-4a6c-a0b9-2d4a0a2b1e9c';

describe('the caches of Kubernetes', () => {
  itWithKubernetes('equal a fresh list of a real API server, also after it restarted', async () => {
    const cluster = await Kubernetes.start();
    const account = await cluster.serviceAccount();
    const data = { uuid: UUID };
    await cluster.put('configmaps', aConfigMap({ name: 'antrea-cluster-identity', namespace: 'kube-system', data }));
    await cluster.put('nodes', aNode({ name: 'node-1', internalIPs: ['192.168.77.100'], zone: 'zone-a' }));
    const put = (name: string): Promise<unknown> =>
      cluster.put('pods', aPod({ name, ips: ['10.10.0.1'], node: 'node-1', owner: { kind: 'ReplicaSet', name } }));
    for (let number = 0; number < 520; number++) await put(`pod-${number}`);

    const options = { kubeconfig: cluster.kubeconfig(account), environment: {} };
    const stores = {
      pods: new MemoryStore<PodObject>(),
      nodes: new MemoryStore<NodeObject>(),
      services: new MemoryStore<ServiceObject>(),
    };
    const context = {
      clock: new SystemClock(),
      logger: new RecordingLogger(),
      metrics: new RecordingMetrics(),
      random: () => 0.5,
    };
    expect(await clusterUuid(options, context)).toBe(UUID);
    const caches = new KubernetesCaches(options, stores, context);
    caches.start();
    await caches.synced();
    const same = async (): Promise<true> => {
      const { items } = await cluster.admin.list('/api/v1/pods');
      const byUid = new Map(items.map((item) => [item.metadata.uid, podOf({ ...item })]));
      expect(stores.pods.objects).toEqual(byUid);
      return true;
    };
    await same();
    expect(stores.nodes.size).toBe(1);
    expect([...stores.services.objects.values()].map(({ name }) => name)).toContain('kubernetes');

    await put('late');
    await cluster.edit('pods', 'default', 'pod-1', (pod) => (pod.metadata.labels = { changed: 'yes' }));
    await cluster.remove('pods', 'default', 'pod-2');
    await eventually('the store has what the server has', same);

    // Where the watches were is not known any more.
    await cluster.stopApiServer();
    await cluster.etcd.compact();
    await cluster.startApiServer();
    await cluster.remove('pods', 'default', 'pod-3');
    await put('after');
    await eventually('the store has what the server has', same);
    expect(context.logger.of('error')).toEqual([]);
    await caches.close();
  });
});
