import { describe, expect, it } from '@jest/globals';
import { aNode } from './a-node.js';
import { aPod } from './a-pod.js';
import { aService } from './a-service.js';
import type { KubernetesApiServer } from './api-server.js';
import { manyPods } from './many.js';
import { clientOf, testApiServer } from './test-server.js';

const PODS = '/api/v1/pods';

async function withPods(names: readonly string[]): Promise<KubernetesApiServer> {
  const server = await testApiServer();
  server.load(
    'pods',
    names.map((name) => aPod({ name, namespace: name < 'm' ? 'a' : 'a-b', ips: ['10.0.0.1'], node: 'node-1' })),
  );
  return server;
}

const names = ({ items }: { items: readonly { metadata: { name: string } }[] }): string[] =>
  items.map(({ metadata }) => metadata.name);

describe('a list of the API server', () => {
  it('has all objects in the order of their keys, without kind and apiVersion, and the revision of the list', async () => {
    const server = await withPods(['z', 'n', 'b', 'a']);
    const list = await clientOf(server).list(PODS);
    expect(list).toMatchObject({ kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '1004' } });
    // 'a-b/n' is before 'a/a' in etcd, as '-' is before '/'.
    expect(names(list)).toEqual(['n', 'z', 'a', 'b']);
    expect(list.metadata).not.toHaveProperty('continue');
    expect(list.items[0]).not.toHaveProperty('kind');
    expect(list.items[0]!.metadata).toMatchObject({ uid: expect.any(String), resourceVersion: '1002' });
    expect(list.items[0]!.status).toMatchObject({ podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }], phase: 'Running' });
  });

  it('is of one namespace where the path says so', async () => {
    const server = await withPods(['z', 'n', 'b', 'a']);
    expect(names(await clientOf(server).list('/api/v1/namespaces/a/pods'))).toEqual(['a', 'b']);
  });

  it('comes in pages of one snapshot, whatever happens meanwhile', async () => {
    const server = await withPods(['a', 'b', 'c', 'd', 'e']);
    const client = clientOf(server);
    const first = await client.list(`${PODS}?limit=2`);
    expect(names(first)).toEqual(['a', 'b']);
    expect(first.metadata.remainingItemCount).toBe(3);
    server.remove('pods', 'a', 'c');
    server.put('pods', aPod({ name: 'dd', namespace: 'a' }));
    server.edit('pods', 'a', 'd', (pod) => (pod.metadata.labels = { changed: 'yes' }));
    const second = await client.list(`${PODS}?limit=2&continue=${first.metadata.continue!}`);
    expect(names(second)).toEqual(['c', 'd']);
    expect(second.items[1]!.metadata.labels).not.toHaveProperty('changed');
    expect(second.metadata).toMatchObject({ resourceVersion: first.metadata.resourceVersion, remainingItemCount: 1 });
    const third = await client.list(`${PODS}?limit=2&continue=${second.metadata.continue!}`);
    expect(names(third)).toEqual(['e']);
    expect(third.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
    expect(names(await client.list(PODS))).toEqual(['a', 'b', 'd', 'dd', 'e']);
  });

  it('expires with 410 when history is compacted, and says how to go on with what is there now', async () => {
    const server = await withPods(['a', 'b', 'c']);
    const client = clientOf(server);
    const { metadata } = await client.list(`${PODS}?limit=1`);
    server.remove('pods', 'a', 'b');
    server.compact();
    const answer = await client.send('GET', `${PODS}?limit=1&continue=${metadata.continue!}`);
    expect(answer.code).toBe(410);
    const status = JSON.parse(answer.text) as { metadata: { continue: string } };
    expect(status).toMatchObject({ kind: 'Status', status: 'Failure', reason: 'Expired', code: 410 });
    expect(names(await client.list(`${PODS}?limit=1&continue=${status.metadata.continue}`))).toEqual(['c']);
  });

  it('is at a revision if it is to be exact, and refuses revisions that are forgotten or yet to come', async () => {
    const server = await withPods(['a']);
    const client = clientOf(server);
    server.put('pods', aPod({ name: 'b', namespace: 'a' }));
    expect(names(await client.list(`${PODS}?resourceVersion=1001&resourceVersionMatch=Exact`))).toEqual(['a']);
    expect(names(await client.list(`${PODS}?resourceVersion=1001&resourceVersionMatch=NotOlderThan`))).toEqual([
      'a',
      'b',
    ]);
    expect(names(await client.list(`${PODS}?resourceVersion=1001&limit=5`))).toEqual(['a']);
    expect(names(await client.list(`${PODS}?resourceVersion=0`))).toEqual(['a', 'b']);
    expect((await client.send('GET', `${PODS}?resourceVersion=2000`)).code).toBe(504);
    expect((await client.send('GET', `${PODS}?resourceVersion=x`)).code).toBe(400);
    server.compact();
    expect((await client.send('GET', `${PODS}?resourceVersion=1001&resourceVersionMatch=Exact`)).code).toBe(410);
  });

  it('ignores the limit where it comes from the cache', async () => {
    const server = await withPods(['a', 'b', 'c']);
    expect(names(await clientOf(server).list(`${PODS}?resourceVersion=0&limit=1`))).toHaveLength(3);
    const other = await testApiServer({ ignoresLimitAtZero: false });
    other.load('pods', manyPods(3));
    expect(names(await clientOf(other).list(`${PODS}?resourceVersion=0&limit=1`))).toHaveLength(1);
  });

  it.each([
    ['fieldSelector=metadata.name=b', ['b']],
    ['fieldSelector=metadata.name!=b,metadata.namespace=a', ['a', 'c']],
    ['fieldSelector=spec.nodeName=node-2', []],
    ['labelSelector=app=c', ['c']],
    ['labelSelector=app in (a, c),!gone', ['a', 'c']],
    ['labelSelector=app!=a', ['b', 'c']],
    ['labelSelector=app', ['a', 'b', 'c']],
  ])('selects by %s', async (query, wanted) => {
    const server = await withPods(['a', 'b', 'c']);
    expect(names(await clientOf(server).list(`${PODS}?${query.replaceAll(' ', '%20')}`))).toEqual(wanted);
  });

  it('is compressed for who accepts that, if it is large', async () => {
    const server = await testApiServer();
    const client = clientOf(server);
    server.load('pods', manyPods(100));
    const { headers } = await client.send('GET', PODS, undefined, { 'Accept-Encoding': 'gzip' });
    expect(headers['content-encoding']).toBe('gzip');
    expect((await client.send('GET', PODS)).headers['content-encoding']).toBeUndefined();
  });

  it('takes all Pods of a large cluster in pages', async () => {
    const server = await testApiServer();
    server.load('pods', manyPods(5000));
    const client = clientOf(server);
    const seen = new Set<string>();
    let token: string | undefined = '';
    while (token !== undefined) {
      const page = await client.list(`${PODS}?limit=500&continue=${token}`);
      for (const { metadata } of page.items) seen.add(metadata.uid!);
      token = page.metadata.continue;
    }
    expect(seen.size).toBe(5000);
    expect(server.requests).toHaveLength(10);
  });
});

describe('an object of the API server', () => {
  it('is got by its name, with kind and apiVersion', async () => {
    const server = await testApiServer();
    server.put('nodes', aNode({ name: 'node-1', internalIPs: ['192.168.0.1'], zone: 'zone-a' }));
    server.put('services', aService({ name: 'web', clusterIPs: ['10.96.0.1'], ports: [{ port: 80 }] }));
    const client = clientOf(server);
    const node = await client.get('/api/v1/nodes/node-1');
    expect(node).toMatchObject({
      kind: 'Node',
      apiVersion: 'v1',
      metadata: { name: 'node-1', labels: { 'topology.kubernetes.io/zone': 'zone-a' }, resourceVersion: '1001' },
    });
    const service = await client.get('/api/v1/namespaces/default/services/web');
    expect(service).toMatchObject({
      kind: 'Service',
      spec: { clusterIP: '10.96.0.1', ports: [{ port: 80, protocol: 'TCP' }] },
    });
    const missing = await client.send('GET', '/api/v1/nodes/node-2');
    expect(missing.code).toBe(404);
    expect(JSON.parse(missing.text)).toMatchObject({ message: 'nodes "node-2" not found', reason: 'NotFound' });
  });

  it('is as large as real ones', async () => {
    const { json } = (await testApiServer()).store.put('pods', [...manyPods(1)][0]!);
    expect(json.length).toBeGreaterThan(4000);
    expect(json.length).toBeLessThan(9000);
  });
});
