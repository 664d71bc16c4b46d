import { randomUUID } from 'node:crypto';
import { fieldsOf, managedBy } from './managed-fields.js';
import type { KubernetesObject } from './object.js';

/** A port of a Service. */
export interface ServicePortOptions {
  /** A Service with one port may leave its name away. */
  readonly name?: string;
  readonly port: number;
  /** @default 'TCP' */
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP';
  readonly targetPort?: number | string;
  readonly nodePort?: number;
}

/** What is particular of a Service. */
export interface ServiceOptions {
  readonly name: string;
  /** @default 'default' */
  readonly namespace?: string;
  readonly uid?: string;
  /** The first is `clusterIP`; 'None' for a headless one, none at all for an ExternalName. @default [] */
  readonly clusterIPs?: readonly string[];
  /** @default 'ClusterIP' */
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  readonly ports?: readonly ServicePortOptions[];
  readonly externalIPs?: readonly string[];
  /** Addresses that a load balancer has given it. */
  readonly ingressIPs?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** RFC 3339. @default '2026-11-01T00:00:00Z' */
  readonly createdAt?: string;
}

/** A Service as the API server of a real cluster gives it. */
export function aService(options: ServiceOptions): KubernetesObject {
  const { name, namespace = 'default', uid = randomUUID(), clusterIPs = [], type = 'ClusterIP', ports = [] } = options;
  const { labels = { app: name }, externalIPs, ingressIPs, createdAt = '2026-11-01T00:00:00Z' } = options;
  const spec = {
    ...(ports.length === 0
      ? {}
      : { ports: ports.map((port) => ({ protocol: 'TCP', targetPort: port.targetPort ?? port.port, ...port })) }),
    selector: { app: name },
    ...(clusterIPs[0] === undefined ? {} : { clusterIP: clusterIPs[0], clusterIPs }),
    type,
    sessionAffinity: 'None',
    ...(type === 'ExternalName' ? { externalName: `${name}.example.com` } : {}),
    ...(externalIPs === undefined ? {} : { externalIPs }),
    ...(clusterIPs[0] === undefined
      ? {}
      : { ipFamilies: clusterIPs.map((ip) => (ip.includes(':') ? 'IPv6' : 'IPv4')), ipFamilyPolicy: 'SingleStack' }),
    internalTrafficPolicy: 'Cluster',
  };
  const loadBalancer = ingressIPs === undefined ? {} : { ingress: ingressIPs.map((ip) => ({ ip, ipMode: 'VIP' })) };
  return {
    metadata: {
      name,
      namespace,
      uid,
      creationTimestamp: createdAt,
      labels: { ...labels },
      managedFields: [managedBy('kubectl-client-side-apply', createdAt, fieldsOf({ metadata: { labels }, spec }))],
    },
    spec,
    status: { loadBalancer },
  };
}
