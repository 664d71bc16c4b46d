import { randomUUID } from 'node:crypto';
import { fieldsOf, fieldsOfShape, managedBy } from './managed-fields.js';
import type { KubernetesObject } from './object.js';

/** A workload that a Pod is owned by. */
export interface PodOwner {
  /** ReplicaSet, DaemonSet, StatefulSet, Job, Node … */
  readonly kind: string;
  readonly name: string;
}

/** What is particular of a Pod. */
export interface PodOptions {
  readonly name: string;
  /** @default 'default' */
  readonly namespace?: string;
  /** A random one if not given. */
  readonly uid?: string;
  /** Its addresses, the first is `podIP`; none for a Pod that has none yet. @default [] */
  readonly ips?: readonly string[];
  /** The Node it is scheduled to; undefined for one that is not yet. */
  readonly node?: string;
  /** @default '192.168.77.100' */
  readonly hostIP?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** @default 'Running' */
  readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  /** @default false */
  readonly hostNetwork?: boolean;
  /** Who controls it; none for one that was created by hand. */
  readonly owner?: PodOwner;
  /** RFC 3339. @default '2026-11-20T08:00:00Z' */
  readonly createdAt?: string;
  /** RFC 3339; when the kubelet took it. As `createdAt` if not given. */
  readonly startedAt?: string;
  /** RFC 3339, for one that is being deleted. */
  readonly deletedAt?: string;
  /** When its containers ended, for one that is over; as `startedAt` if not given. */
  readonly finishedAt?: string;
  /** Octets of an annotation that makes it as large as a test wants it. @default 0 */
  readonly padding?: number;
}

/** A Pod as the API server of a real cluster gives it, with all that nobody needs: some 6 kB. */
export function aPod(options: PodOptions): KubernetesObject {
  const { name, namespace = 'default', uid = randomUUID(), labels = { app: name }, padding = 0, owner } = options;
  const { createdAt = '2026-11-20T08:00:00Z', deletedAt } = options;
  const annotations = {
    'kubernetes.io/limit-ranger': 'LimitRanger plugin set: cpu, memory request for container main',
    ...options.annotations,
    ...(padding > 0 ? { 'test/padding': 'x'.repeat(padding) } : {}),
  };
  const spec = specOf(options);
  const status = statusOf(options);
  return {
    metadata: {
      name,
      namespace,
      uid,
      creationTimestamp: createdAt,
      ...(deletedAt === undefined ? {} : { deletionTimestamp: deletedAt, deletionGracePeriodSeconds: 30 }),
      labels: { ...labels },
      annotations,
      ...(owner === undefined ? {} : { ownerReferences: [ownerReference(owner)] }),
      managedFields: managedFields(options, createdAt, labels, spec, status),
    },
    spec,
    status,
  };
}

function managedFields(
  { node, hostNetwork = false, phase = 'Running', ips = [] }: PodOptions,
  time: string,
  labels: Readonly<Record<string, string>>,
  spec: Record<string, unknown>,
  { podIPs, ...status }: Record<string, unknown>,
): Record<string, unknown>[] {
  const metadata = { 'f:labels': { '.': {}, ...fieldsOf(labels) } };
  const specFields = fieldsOfShape(`pod spec ${node !== undefined} ${hostNetwork}`, spec);
  const statusFields = fieldsOfShape(`pod status ${phase} ${node !== undefined} ${ips.length}`, status);
  const addresses = podIPs === undefined ? {} : { 'f:podIPs': fieldsOf(podIPs) };
  return [
    managedBy('kube-controller-manager', time, { 'f:metadata': metadata, 'f:spec': specFields }),
    managedBy('kubelet', time, { 'f:status': { ...statusFields, ...addresses } }, 'status'),
  ];
}

function ownerReference({ kind, name }: PodOwner): Record<string, unknown> {
  const apiVersion = kind === 'Node' ? 'v1' : kind === 'Job' ? 'batch/v1' : 'apps/v1';
  return { apiVersion, kind, name, uid: randomUUID(), controller: true, blockOwnerDeletion: true };
}

function specOf({ node, hostNetwork = false }: PodOptions): Record<string, unknown> {
  const mount = {
    name: 'kube-api-access-x7k2m',
    readOnly: true,
    mountPath: '/var/run/secrets/kubernetes.io/serviceaccount',
  };
  const toleration = { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 };
  return {
    volumes: [
      {
        name: mount.name,
        projected: {
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            {
              downwardAPI: {
                items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
              },
            },
          ],
          defaultMode: 420,
        },
      },
    ],
    containers: [
      {
        name: 'main',
        image: 'registry.example.com/team/application:1.4.2',
        ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
        env: [{ name: 'LOG_LEVEL', value: 'info' }],
        resources: { limits: { memory: '256Mi' }, requests: { cpu: '100m', memory: '128Mi' } },
        volumeMounts: [mount],
        livenessProbe: {
          httpGet: { path: '/healthz', port: 'http', scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
        },
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        imagePullPolicy: 'IfNotPresent',
      },
    ],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'default',
    serviceAccount: 'default',
    ...(node === undefined ? {} : { nodeName: node }),
    ...(hostNetwork ? { hostNetwork } : {}),
    securityContext: {},
    schedulerName: 'default-scheduler',
    tolerations: ['not-ready', 'unreachable'].map((taint) => ({ key: `node.kubernetes.io/${taint}`, ...toleration })),
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: 'PreemptLowerPriority',
  };
}

function statusOf(options: PodOptions): Record<string, unknown> {
  const { ips = [], phase = 'Running', hostIP = '192.168.77.100', node, createdAt = '2026-11-20T08:00:00Z' } = options;
  const { startedAt = createdAt, finishedAt = startedAt } = options;
  if (phase === 'Pending' && node === undefined) {
    return { phase, conditions: [condition('PodScheduled', 'False', createdAt)], qosClass: 'Burstable' };
  }
  const ready = phase === 'Running' ? 'True' : 'False';
  return {
    phase,
    conditions: [
      condition('PodReadyToStartContainers', ready, startedAt),
      condition('Initialized', 'True', createdAt),
      condition('Ready', ready, startedAt),
      condition('ContainersReady', ready, startedAt),
      condition('PodScheduled', 'True', createdAt),
    ],
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(ips[0] === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    startTime: createdAt,
    containerStatuses: [
      {
        name: 'main',
        state: containerState(phase, startedAt, finishedAt),
        lastState: {},
        ready: phase === 'Running',
        restartCount: 0,
        image: 'registry.example.com/team/application:1.4.2',
        imageID: `registry.example.com/team/application@sha256:${'5d'.repeat(32)}`,
        containerID: `containerd://${'a7'.repeat(32)}`,
        started: phase === 'Running',
      },
    ],
    qosClass: 'Burstable',
  };
}

const condition = (type: string, status: string, time: string): Record<string, unknown> => ({
  type,
  status,
  lastProbeTime: null,
  lastTransitionTime: time,
});

function containerState(phase: string, startedAt: string, finishedAt: string): Record<string, unknown> {
  if (phase === 'Pending') return { waiting: { reason: 'ContainerCreating' } };
  if (phase === 'Running') return { running: { startedAt } };
  const exitCode = phase === 'Succeeded' ? 0 : 1;
  return { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt, finishedAt } };
}
