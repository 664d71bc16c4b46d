import { PROTOCOL } from './protocol.js';

/** A Deployment of the simulated cluster, and the Service in front of it. */
export interface WorkloadSpec {
  readonly namespace: string;
  readonly name: string;
  /** Port that its Pods listen on. */
  readonly port: number;
  readonly protocol: number;
  /** How many Pods it has in proportion to the others. */
  readonly weight: number;
  /** Port and port name of its Service; null: it has none and is talked to directly. */
  readonly service: { readonly port: number; readonly portName: string } | null;
  /** Whether its Service is also reached from outside. */
  readonly published: boolean;
}

const web = (namespace: string, name: string, weight: number, published = false): WorkloadSpec => ({
  namespace,
  name,
  port: 8080,
  protocol: PROTOCOL.tcp,
  weight,
  service: { port: 80, portName: 'http' },
  published,
});

const internal = (namespace: string, name: string, port: number, portName: string, weight: number): WorkloadSpec => ({
  namespace,
  name,
  port,
  protocol: PROTOCOL.tcp,
  weight,
  service: { port, portName },
  published: false,
});

/** What runs in the simulated cluster: a shop and what it needs. */
export const WORKLOADS: readonly WorkloadSpec[] = [
  web('shop', 'storefront', 8, true),
  web('shop', 'cart', 4),
  web('shop', 'catalog', 5),
  web('shop', 'checkout', 3),
  web('shop', 'recommendations', 3),
  internal('payments', 'payment-gateway', 8443, 'https', 3),
  internal('payments', 'fraud-check', 9000, 'grpc', 2),
  internal('payments', 'ledger', 9000, 'grpc', 2),
  internal('data', 'postgres', 5432, 'postgres', 2),
  internal('data', 'redis', 6379, 'redis', 2),
  internal('data', 'kafka', 9092, 'broker', 2),
  internal('monitoring', 'prometheus', 9090, 'web', 1),
  web('monitoring', 'grafana', 1, true),
  { ...web('monitoring', 'node-agent', 2), port: 9100, service: null },
  { ...internal('kube-system', 'kube-dns', 53, 'dns', 2), protocol: PROTOCOL.udp },
  { ...internal('logging', 'collector', 5140, 'syslog', 2), protocol: PROTOCOL.udp },
  { ...internal('telecom', 'hss', 3868, 'diameter', 1), protocol: PROTOCOL.sctp },
  web('ingress', 'edge-proxy', 2, true),
];
