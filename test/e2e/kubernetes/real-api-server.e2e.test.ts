import { expect } from '@jest/globals';
import { aNode } from '../../support/kubernetes/a-node.js';
import { aPod, type PodOptions } from '../../support/kubernetes/a-pod.js';
import { aService } from '../../support/kubernetes/a-service.js';
import type { KubernetesObject } from '../../support/kubernetes/object.js';
import type { IpfixRecord } from '../../support/ipfix-reader.js';
import { balancedAtRest } from '../support/balance.js';
import { tcpCollector } from '../support/collector.js';
import { eventually } from '../support/eventually.js';
import { itWithKubernetes, Kubernetes } from '../support/kubernetes.js';
import { CLUSTER_UUID } from './support/cluster.js';
import { between, passedOn } from './support/passed-on.js';
import { complaintsOf, weirInCluster } from './support/weir-in-cluster.js';

const hexOf = ({ metadata }: KubernetesObject): string => metadata.uid!.replaceAll('-', '');

/** A real API server with Nodes, a Service and what Antrea's controller leaves of the cluster's identity. */
async function startCluster() {
  const cluster = await Kubernetes.start();
  const access = await cluster.serviceAccount();
  for (const name of ['shop', 'backend']) await cluster.createNamespace(name);
  await cluster.create('/api/v1/namespaces/kube-system/configmaps', {
    metadata: { name: 'antrea-cluster-identity' },
    data: { uuid: CLUSTER_UUID },
  });
  const nodeA = await cluster.put('nodes', aNode({ name: 'node-a', internalIPs: ['192.168.77.1'] }));
  const nodeB = await cluster.put('nodes', aNode({ name: 'node-b', internalIPs: ['192.168.77.2'] }));
  const ports = [{ name: 'http', port: 80 }];
  const service = await cluster.put(
    'services',
    aService({ name: 'server', namespace: 'backend', clusterIPs: ['10.96.0.10'], ports }),
  );
  return { cluster, kubeconfig: cluster.kubeconfig(access), nodeA, nodeB, service };
}

itWithKubernetes(
  "a real API server's Pods are listed and watched with Antrea's ClusterRole: created, changed, deleted, and after a restart",
  async () => {
    const { cluster, kubeconfig, nodeA, nodeB, service } = await startCluster();
    const put = (options: PodOptions): Promise<KubernetesObject> => cluster.put('pods', aPod(options));
    const client = await put({ name: 'client', namespace: 'shop', ips: ['10.10.1.2'], node: 'node-a' });
    const server = await put({ name: 'server', namespace: 'backend', ips: ['10.10.2.3', 'fd00::3'], node: 'node-b' });
    const collector = await tcpCollector();
    const weir = await weirInCluster(kubeconfig, { collector: { address: collector.address } });

    // Listed.
    const named = { destinationServicePortName: 'backend/server:http', egressNodeName: 'node-b' };
    expect(await passedOn(weir, collector, { ...between('10.10.1.2', '10.10.2.3'), ...named })).toMatchObject({
      ...{ flowType: 2n, flowDirection: 255n, clusterId: CLUSTER_UUID },
      ...{ sourcePodName: 'client', sourcePodNamespace: 'shop', sourceNodeName: 'node-a' },
      ...{ destinationPodName: 'server', destinationPodNamespace: 'backend', destinationNodeName: 'node-b' },
      ...{ sourcePodLabels: '{"app":"client"}', destinationPodLabels: '{"app":"server"}' },
      ...{ sourcePodUUID: hexOf(client), destinationPodUUID: hexOf(server) },
      ...{ sourceNodeUUID: hexOf(nodeA), destinationNodeUUID: hexOf(nodeB) },
      ...{ destinationServiceUUID: hexOf(service), egressNodeUUID: hexOf(nodeB) },
    });

    // Watched: a Pod is created, changes its labels, is deleted; another one gets its address.
    const until = (what: string, condition: (record: IpfixRecord) => boolean): Promise<IpfixRecord> =>
      eventually(what, async () => {
        const record = await passedOn(weir, collector, between('10.10.1.9', '10.10.2.3'));
        return condition(record) && record;
      });
    const first = await put({ name: 'first', namespace: 'shop', ips: ['10.10.1.9'], node: 'node-a' });
    expect(await until('the Pod is known', ({ sourcePodName }) => sourcePodName === 'first')).toMatchObject({
      ...{ sourcePodUUID: hexOf(first), sourcePodLabels: '{"app":"first"}', flowType: 2n },
    });
    await cluster.edit('pods', 'shop', 'first', ({ metadata }) => (metadata.labels = { b: '2', a: '1' }));
    await until('its labels are known', ({ sourcePodLabels }) => sourcePodLabels === '{"a":"1","b":"2"}');
    await cluster.remove('pods', 'shop', 'first');
    await eventually('it is known to be gone', async () => {
      return (await weir.metrics()).value('weir_kubernetes_objects', { kind: 'pods' }) === 2;
    });
    // For some minutes its flows are still told of.
    expect(await passedOn(weir, collector, between('10.10.1.9', '10.10.2.3'))).toMatchObject({
      sourcePodName: 'first',
    });

    // The API server dies, and comes back.
    expect(complaintsOf(weir)).toEqual([]);
    await cluster.killApiServer();
    expect(await passedOn(weir, collector, between('10.10.1.2', '10.10.2.3'))).toMatchObject({
      sourcePodName: 'client',
    });
    await cluster.startApiServer();
    const late = await put({ name: 'late', namespace: 'shop', ips: ['10.10.1.7'], node: 'node-b' });
    const found = await eventually(
      'the Pod is known',
      async () => {
        const record = await passedOn(weir, collector, between('10.10.1.7', '10.10.2.3'));
        return record['sourcePodName'] === 'late' && record;
      },
      { withinMs: 60_000 },
    );
    expect(found).toMatchObject({ sourcePodUUID: hexOf(late), flowType: 1n });

    const metrics = await balancedAtRest(weir);
    expect(metrics.sum('weir_records_taken_total')).toBe(collector.records.length);
    expect(collector.problems).toEqual([]);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
    // One that starts refuses everything until it has read who may do what.
    const expected = /unreachable|refuses it \(403\)/;
    expect(complaintsOf(weir).filter(({ message }) => !expected.test(message))).toEqual([]);
    expect(weir.logged(/^Kubernetes works again$/)).not.toEqual([]);
  },
);
