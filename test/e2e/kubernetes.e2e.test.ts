import { describe, expect } from '@jest/globals';
import { aConfigMap, aSecret } from '../support/kubernetes/a-secret.js';
import { aNode } from '../support/kubernetes/a-node.js';
import { aPod } from '../support/kubernetes/a-pod.js';
import { aService } from '../support/kubernetes/a-service.js';
import { PlainClient } from '../support/kubernetes/client.js';
import type { KubernetesObject } from '../support/kubernetes/object.js';
import { itWithKubernetes, Kubernetes } from './support/kubernetes.js';

const PODS = '/api/v1/pods';

describe('a real API server of Kubernetes', () => {
  itWithKubernetes('gives what was created, in pages, and tells of changes to who watches', async () => {
    const cluster = await Kubernetes.start();
    const client = new PlainClient(await cluster.serviceAccount());
    await cluster.put('nodes', aNode({ name: 'node-1', internalIPs: ['192.168.77.100'], zone: 'zone-a' }));
    await cluster.put(
      'services',
      aService({ name: 'web', clusterIPs: ['10.96.0.7'], ports: [{ name: 'http', port: 80 }] }),
    );
    for (const name of ['a', 'b', 'c']) {
      const owner = { kind: 'ReplicaSet', name: `${name}-5d4f` };
      await cluster.put('pods', aPod({ name, ips: ['10.10.0.1', 'fd00::1'], node: 'node-1', owner }));
    }

    const node = await client.get<KubernetesObject>('/api/v1/nodes/node-1');
    expect(node.metadata.labels).toMatchObject({ 'topology.kubernetes.io/zone': 'zone-a' });
    expect(node.status).toMatchObject({
      addresses: [{ type: 'InternalIP', address: '192.168.77.100' }, { type: 'Hostname' }],
    });
    const services = await client.list('/api/v1/services');
    expect(services.items.map(({ spec }) => spec?.['clusterIP'])).toContain('10.96.0.7');

    const first = await client.list(`${PODS}?limit=2`);
    expect(first).toMatchObject({ kind: 'PodList', items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }] });
    expect(first.items[0]).not.toHaveProperty('kind');
    expect(first.items[0]!.status).toMatchObject({
      phase: 'Running',
      podIP: '10.10.0.1',
      podIPs: [{ ip: '10.10.0.1' }, { ip: 'fd00::1' }],
    });
    expect(first.items[0]!.metadata.ownerReferences).toMatchObject([
      { kind: 'ReplicaSet', name: 'a-5d4f', controller: true },
    ]);
    expect(first.metadata.remainingItemCount).toBe(1);
    await cluster.remove('pods', 'default', 'c');
    const second = await client.list(`${PODS}?limit=2&continue=${first.metadata.continue!}`);
    expect(second.items.map(({ metadata }) => metadata.name)).toEqual(['c']);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);

    const watch = await client.watch(`${PODS}?watch=1&resourceVersion=${first.metadata.resourceVersion}`);
    // Of a Pod that runs, that it is to be deleted is told first.
    expect(await watch.next()).toMatchObject({ type: 'MODIFIED', object: { metadata: { name: 'c' } } });
    expect(await watch.next()).toMatchObject({ type: 'DELETED', object: { kind: 'Pod', metadata: { name: 'c' } } });
    await cluster.edit('pods', 'default', 'a', (pod) => (pod.metadata.labels = { changed: 'yes' }));
    expect(await watch.next()).toMatchObject({
      type: 'MODIFIED',
      object: { metadata: { name: 'a', labels: { changed: 'yes' } } },
    });
    watch.close();
  });

  itWithKubernetes("grants what Antrea's chart does, and no more", async () => {
    const cluster = await Kubernetes.start();
    const client = new PlainClient(await cluster.serviceAccount());
    const secrets = '/api/v1/namespaces/flow-aggregator/secrets';
    const name = 'flow-aggregator-ca-tls';
    const code = async (method: string, path: string, body?: unknown): Promise<number> =>
      (await client.send(method, path, body)).code;
    expect(await code('GET', '/api/v1/namespaces')).toBe(403);
    expect(await code('GET', secrets)).toBe(403);
    expect(await code('GET', `${secrets}?fieldSelector=metadata.name%3D${name}`)).toBe(200);
    expect(await code('POST', secrets, aSecret({ name, namespace: 'flow-aggregator', data: { key: 'a' } }))).toBe(201);
    const map = aConfigMap({ name: 'flow-aggregator-ca', namespace: 'flow-aggregator', data: {} });
    expect(await code('POST', '/api/v1/namespaces/flow-aggregator/configmaps', map)).toBe(201);
    expect(await code('DELETE', `${secrets}/${name}`)).toBe(403);

    const before = await client.get<KubernetesObject>(`${secrets}/${name}`);
    expect(await code('PUT', `${secrets}/${name}`, { ...before, data: { key: 'Yg==' } })).toBe(200);
    const late = await client.send('PUT', `${secrets}/${name}`, { ...before, data: { key: 'Yw==' } });
    expect(late.code).toBe(409);
    expect(JSON.parse(late.text)).toMatchObject({ reason: 'Conflict', details: { name, kind: 'secrets' } });
  });

  itWithKubernetes('comes back on the same port, and has forgotten what was before', async () => {
    const cluster = await Kubernetes.start();
    await cluster.put('pods', aPod({ name: 'a' }));
    const { metadata } = await cluster.admin.list(PODS);
    const paged = await cluster.put('pods', aPod({ name: 'b' })).then(() => cluster.admin.list(`${PODS}?limit=1`));
    await cluster.put('pods', aPod({ name: 'c' }));
    await cluster.stopApiServer();
    await expect(cluster.admin.list(PODS)).rejects.toThrow('ECONNREFUSED');
    await cluster.etcd.compact();
    await cluster.startApiServer();
    const watch = await cluster.admin.watch(`${PODS}?watch=1&resourceVersion=${metadata.resourceVersion}`);
    expect(await watch.next()).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 410, reason: 'Expired' },
    });
    const page = await cluster.admin.send('GET', `${PODS}?limit=1&continue=${paged.metadata.continue!}`);
    expect(page.code).toBe(410);
    expect(JSON.parse(page.text)).toMatchObject({ reason: 'Expired', metadata: { continue: expect.any(String) } });
  });
});
