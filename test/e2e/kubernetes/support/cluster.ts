import type { KubernetesApiServer } from '../../../support/kubernetes/api-server.js';
import { aNode } from '../../../support/kubernetes/a-node.js';
import { aPod } from '../../../support/kubernetes/a-pod.js';
import { aService } from '../../../support/kubernetes/a-service.js';

/** A Pod of the tests' cluster; times are Unix seconds. */
export interface ClusterPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly ips: readonly string[];
  /** Empty if it is not scheduled. */
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly hostNetwork: boolean;
  readonly createdSeconds: number;
  /** When it ended, if it has. */
  readonly finishedSeconds: number | undefined;
}

/** A Node of the tests' cluster. */
export interface ClusterNode {
  readonly name: string;
  readonly uid: string;
  readonly internalIPs: readonly string[];
}

/** A Service of the tests' cluster. */
export interface ClusterService {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly clusterIP: string;
  /** Empty for a port without a name. */
  readonly portName: string;
}

/** All that the tests' API server has, in plain words. */
export interface TestCluster {
  /** Of Antrea's ConfigMap; none if undefined. */
  readonly uuid: string | undefined;
  readonly pods: readonly ClusterPod[];
  readonly nodes: readonly ClusterNode[];
  readonly services: readonly ClusterService[];
}

/** Different for each number. */
export const uidOf = (number: number): string =>
  `${number.toString(16).padStart(8, '0')}-1111-4222-8333-${(number * 257).toString(16).padStart(12, '0')}`;

/** What Antrea calls the tests' cluster. */
export const CLUSTER_UUID = '5d0e9a3c-70f5-4c1a-b1de-0a1b2c3d4e5f';

let uids = 100;

function pod(values: Partial<ClusterPod> & Pick<ClusterPod, 'namespace' | 'name' | 'node'>): ClusterPod {
  const nothing = {
    ips: [],
    labels: {},
    hostNetwork: false,
    createdSeconds: 1_600_000_000,
    finishedSeconds: undefined,
  };
  return { uid: uidOf(++uids), ...nothing, ...values };
}

/** Addresses that are not one Pod's alone. */
export const SHARED = { host4: '192.168.77.1', host6: 'fd00:77::1', reused4: '10.10.1.9', reused6: 'fd00:10:1::9' };

const NODES: readonly ClusterNode[] = [
  { name: 'node-a', uid: uidOf(1), internalIPs: [SHARED.host4, SHARED.host6] },
  { name: 'node-b', uid: uidOf(2), internalIPs: ['192.168.77.2', 'fd00:77::2'] },
  { name: 'node-e', uid: uidOf(3), internalIPs: ['192.168.77.3'] },
  // Has just been registered.
  { name: 'node-bare', uid: uidOf(4), internalIPs: [] },
];

const SERVICES: readonly ClusterService[] = [
  { namespace: 'backend', name: 'server', uid: uidOf(21), clusterIP: '10.96.0.10', portName: 'http' },
  { namespace: 'backend', name: 'nameless', uid: uidOf(22), clusterIP: '10.96.0.11', portName: '' },
];

/** Pods that run, on two Nodes and more; two in the host's network; some that have no address, or none any more. */
function pods(nowSeconds: number): ClusterPod[] {
  const reused = { namespace: 'batch', ips: [SHARED.reused4, SHARED.reused6], node: 'node-a' };
  const agent = { namespace: 'kube-system', ips: [SHARED.host4, SHARED.host6], node: 'node-a', hostNetwork: true };
  return [
    pod({
      ...{ namespace: 'shop', name: 'client-0', node: 'node-a', ips: ['10.10.1.2', 'fd00:10:1::2'] },
      // Neither in order nor only of letters.
      labels: { tier: 'web', 'app.kubernetes.io/name': 'client', app: 'client', Zone: 'b_1', empty: '' },
    }),
    pod({
      ...{ namespace: 'backend', name: 'server-0', node: 'node-b', ips: ['10.10.2.3', 'fd00:10:2::3'] },
      labels: { app: 'server', 'pod-template-hash': '7d4b9f' },
    }),
    pod({ namespace: 'backend', name: 'server-1', node: 'node-a', ips: ['10.10.1.4'], labels: { app: 'server' } }),
    pod({ namespace: 'shop', name: 'plain-0', node: 'node-b', ips: ['10.10.2.5', 'fd00:10:2::5'] }),
    pod({
      namespace: 'shop',
      name: 'lone-0',
      node: 'node-bare',
      ips: ['10.10.4.2', 'fd00:10:4::2'],
      labels: { a: 'b' },
    }),
    pod({ ...agent, name: 'antrea-agent-a', labels: { app: 'antrea' } }),
    pod({ ...agent, name: 'kube-proxy-a', labels: { app: 'kube-proxy' } }),
    pod({ namespace: 'shop', name: 'pending-0', node: '', labels: { app: 'pending' } }),
    pod({
      ...{ ...reused, name: 'job-1', labels: { job: '1' } },
      ...{ createdSeconds: nowSeconds - 150, finishedSeconds: nowSeconds - 100 },
    }),
    pod({ ...reused, name: 'job-2', labels: { job: '2' }, createdSeconds: nowSeconds - 60 }),
  ];
}

/** The cluster of these tests as it is at a time, Unix seconds. */
export function testCluster(nowSeconds: number): TestCluster {
  return { uuid: CLUSTER_UUID, pods: pods(nowSeconds), nodes: NODES, services: SERVICES };
}

const rfc3339 = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000', '');

function phaseOf({ node, finishedSeconds }: ClusterPod): 'Pending' | 'Running' | 'Succeeded' {
  if (node === '') return 'Pending';
  return finishedSeconds === undefined ? 'Running' : 'Succeeded';
}

/** Has an API server have a Pod. */
export function putPod(server: KubernetesApiServer, pod: ClusterPod): void {
  const { node, createdSeconds, finishedSeconds, ...same } = pod;
  const object = aPod({
    ...same,
    phase: phaseOf(pod),
    createdAt: rfc3339(createdSeconds),
    ...(node !== '' && { node }),
    ...(finishedSeconds !== undefined && { finishedAt: rfc3339(finishedSeconds) }),
  });
  server.put('pods', object);
}

/** Has an API server have all that is in a cluster. */
export function putCluster(server: KubernetesApiServer, { uuid, pods: all, nodes, services }: TestCluster): void {
  for (const { internalIPs, ...node } of nodes)
    server.put('nodes', aNode({ ...node, internalIPs, withoutAddresses: internalIPs.length === 0 }));
  for (const { clusterIP, portName, ...service } of services)
    server.put('services', aService({ ...service, clusterIPs: [clusterIP], ports: [portOf(portName)] }));
  for (const one of all) putPod(server, one);
  if (uuid === undefined) return;
  const metadata = { name: 'antrea-cluster-identity', namespace: 'kube-system' };
  server.put('configmaps', { metadata, data: { uuid } });
}

const portOf = (name: string): { name?: string; port: number } => ({ port: 80, ...(name !== '' && { name }) });
