import { randomUUID } from 'node:crypto';
import { fieldsOf, managedBy } from './managed-fields.js';
import type { KubernetesObject } from './object.js';

/** What is particular of a Node. */
export interface NodeOptions {
  readonly name: string;
  readonly uid?: string;
  /** Its InternalIPs; none for one without addresses. @default [] */
  readonly internalIPs?: readonly string[];
  /** @default [] */
  readonly externalIPs?: readonly string[];
  /** Goes to the label topology.kubernetes.io/zone. */
  readonly zone?: string;
  /** Goes to the label topology.kubernetes.io/region. */
  readonly region?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly podCIDRs?: readonly string[];
  /** RFC 3339. @default '2026-11-01T00:00:00Z' */
  readonly createdAt?: string;
  /** Leaves the list of addresses away, as a Node has it that has just been registered. @default false */
  readonly withoutAddresses?: boolean;
}

/** A Node as the API server of a real cluster gives it. */
export function aNode(options: NodeOptions): KubernetesObject {
  const { name, uid = randomUUID(), zone, region, podCIDRs = [], createdAt = '2026-11-01T00:00:00Z' } = options;
  const labels = {
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }),
    ...(region === undefined ? {} : { 'topology.kubernetes.io/region': region }),
    ...options.labels,
  };
  const spec = podCIDRs[0] === undefined ? {} : { podCIDR: podCIDRs[0], podCIDRs };
  const status = statusOf(options, createdAt);
  return {
    metadata: {
      name,
      uid,
      creationTimestamp: createdAt,
      labels,
      annotations: {
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
      managedFields: [
        managedBy('kubelet', createdAt, fieldsOf({ metadata: { labels }, spec })),
        managedBy('kubelet', createdAt, fieldsOf({ status }), 'status'),
      ],
    },
    spec,
    status,
  };
}

function statusOf(options: NodeOptions, createdAt: string): Record<string, unknown> {
  const { name, internalIPs = [], externalIPs = [], withoutAddresses = false } = options;
  const size = {
    cpu: '8',
    'ephemeral-storage': '101430960Ki',
    'hugepages-2Mi': '0',
    memory: '32870588Ki',
    pods: '110',
  };
  const conditions = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) => ({
    type,
    status: type === 'Ready' ? 'True' : 'False',
    lastHeartbeatTime: createdAt,
    lastTransitionTime: createdAt,
    reason: type === 'Ready' ? 'KubeletReady' : `KubeletHasNo${type}`,
    message: type === 'Ready' ? 'kubelet is posting ready status' : `kubelet has no ${type}`,
  }));
  const addresses = [
    ...internalIPs.map((address) => ({ type: 'InternalIP', address })),
    ...externalIPs.map((address) => ({ type: 'ExternalIP', address })),
    { type: 'Hostname', address: name },
  ];
  const images = Array.from({ length: 20 }, (_, index) => ({
    names: [
      `registry.example.com/team/image-${index}@sha256:${'0f'.repeat(32)}`,
      `registry.example.com/team/image-${index}:1.0`,
    ],
    sizeBytes: 50_000_000 + index,
  }));
  return {
    capacity: size,
    allocatable: size,
    conditions,
    ...(withoutAddresses ? {} : { addresses }),
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      machineID: 'd3b07384d113edec49eaa6238ad5ff00',
      systemUUID: 'd3b07384-d113-edec-49ea-a6238ad5ff00',
      kernelVersion: '6.1.0-40-amd64',
      osImage: 'Debian GNU/Linux 12 (bookworm)',
      containerRuntimeVersion: 'containerd://2.1.4',
      kubeletVersion: 'v1.37.2',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
    images,
  };
}
