import { POD_ADDRESSES, podRangeBits } from './address-plan.js';
import type { ClientCertificates } from './client-certificates.js';

/** How records are sent: IPFIX over TCP, TLS or UDP, or the flow API's messages over gRPC. */
export const TRANSPORTS = ['tcp', 'tls', 'udp', 'grpc'] as const;
/** One of {@link TRANSPORTS}. */
export type Transport = (typeof TRANSPORTS)[number];

/** How often the kinds of flow occur: weights, of which only the proportions count. */
export interface TrafficShares {
  /** Between two Pods of one Node: one record a report. */
  readonly intraNode: number;
  /** Between Pods of two Nodes: two records a report. With one Node these become intra-Node flows. */
  readonly interNode: number;
  /** From a Pod to an address outside. */
  readonly toExternal: number;
  /** From an address outside to a Pod. */
  readonly fromExternal: number;
}

/** What a simulated cluster is like, and how and where its agents report. */
export interface SimulationOptions {
  /** Nodes: as many exporters, each with its own connection or socket. @default 50 */
  readonly nodes: number;
  /** Pods on each Node. @default 30 */
  readonly podsPerNode: number;
  /** Flows alive at any time. @default 10000 */
  readonly flows: number;
  /** Records a second over all Nodes; 0: as fast as the receiver takes them; undefined: what {@link reportIntervalMs} gives. @default undefined */
  readonly rate: number | undefined;
  /** Where the agents send to. @default 127.0.0.1:4739 */
  readonly target: { readonly host: string; readonly port: number };
  /** @default 'tcp' */
  readonly transport: Transport;
  /** What agents show over TLS and gRPC, which need it. @default undefined */
  readonly certificates: ClientCertificates | undefined;
  /** The name that the collector's certificate must have over TLS and gRPC. @default flow-aggregator.flow-aggregator.svc, as in a cluster */
  readonly serverName: string;
  /** Over gRPC, flows in a message, at most. @default 1, as Antrea's agents do it */
  readonly flowsPerMessage: number;
  /** Milliseconds from the start until the simulation ends by itself; undefined: it goes on until it is stopped. @default undefined */
  readonly durationMs: number | undefined;
  /** The same seed gives the same cluster, flows and records, but for clock times. @default 1 */
  readonly seed: number;
  /** Path of the file that the ledger is written to. Without one there is none. @default undefined */
  readonly ledger: string | undefined;
  /** The agents' active timeout: each flow reports this often unless a rate is given. @default 60000 */
  readonly reportIntervalMs: number;
  /** Each flow reports exactly this often, then ends and is not replaced; the simulation ends with the last one. undefined: flows come and go. @default undefined */
  readonly reportsPerFlow: number | undefined;
  /** Mean number of reports in the life of a flow that is not denied. @default 20 */
  readonly flowLifetimeReports: number;
  /** Share of the Pods that are replaced, with new names and addresses, after each round of reports. @default 0.002 */
  readonly podReplacement: number;
  /** Each Node's polls lag by a fixed number of seconds, at most this: so far its records' flowEndSeconds lie behind. @default 2 */
  readonly pollLagSeconds: number;
  /** @default intraNode 3, interNode 10, toExternal 4, fromExternal 3 */
  readonly shares: TrafficShares;
  /** Share of the flows between Pods that go through a Service. @default 0.6 */
  readonly serviceShare: number;
  /** Share of the flows to the outside that leave by an Egress. @default 0.4 */
  readonly egressShare: number;
  /** Share of the flows from outside that come through an ingress Node with source NAT (if there are two Nodes). @default 0.5 */
  readonly ingressNodeShare: number;
  /** Share of the flows' ends that a network policy selects and allows. @default 0.5 */
  readonly policyShare: number;
  /** Share of the flows that a policy drops or rejects. @default 0.03 */
  readonly deniedShare: number;
  /** Share of the flows over IPv6. @default 0.2 */
  readonly ipv6Share: number;
  /** Over UDP, the templates are sent again this often. @default 600000 */
  readonly templateRefreshMs: number;
}

/** What {@link simulationOptions} fills in. */
export const DEFAULT_SIMULATION_OPTIONS: SimulationOptions = Object.freeze({
  nodes: 50,
  podsPerNode: 30,
  flows: 10_000,
  rate: undefined,
  target: Object.freeze({ host: '127.0.0.1', port: 4739 }),
  transport: 'tcp',
  certificates: undefined,
  serverName: 'flow-aggregator.flow-aggregator.svc',
  flowsPerMessage: 1,
  durationMs: undefined,
  seed: 1,
  ledger: undefined,
  reportIntervalMs: 60_000,
  reportsPerFlow: undefined,
  flowLifetimeReports: 20,
  podReplacement: 0.002,
  pollLagSeconds: 2,
  shares: Object.freeze({ intraNode: 3, interNode: 10, toExternal: 4, fromExternal: 3 }),
  serviceShare: 0.6,
  egressShare: 0.4,
  ingressNodeShare: 0.5,
  policyShare: 0.5,
  deniedShare: 0.03,
  ipv6Share: 0.2,
  templateRefreshMs: 600_000,
});

const MAX_NODES = 16_384;
const MAX_PODS_PER_NODE = 1000;

/**
 * The options with defaults for what was not given.
 *
 * @throws RangeError naming the option whose value makes no sense
 */
export function simulationOptions(given: Partial<SimulationOptions> = {}): SimulationOptions {
  const options: SimulationOptions = { ...DEFAULT_SIMULATION_OPTIONS, ...given };
  requireInteger('nodes', options.nodes, 1, MAX_NODES);
  requireInteger('podsPerNode', options.podsPerNode, 2, MAX_PODS_PER_NODE);
  if (options.nodes * 2 ** podRangeBits(options.podsPerNode) > POD_ADDRESSES) {
    throw new RangeError('nodes × podsPerNode: there are not so many Pod addresses');
  }
  requireInteger('flows', options.flows, 1, 5_000_000);
  requireInteger('target.port', options.target.port, 1, 65_535);
  if (options.rate !== undefined) requireNumber('rate', options.rate, 0, Number.MAX_SAFE_INTEGER);
  if (options.durationMs !== undefined) requireNumber('durationMs', options.durationMs, 0, Number.MAX_SAFE_INTEGER);
  if (options.reportsPerFlow !== undefined) requireInteger('reportsPerFlow', options.reportsPerFlow, 1, 1_000_000);
  requireInteger('flowsPerMessage', options.flowsPerMessage, 1, 1000);
  if ((options.transport === 'tls' || options.transport === 'grpc') && options.certificates === undefined) {
    throw new RangeError(`certificates: agents need them over ${options.transport}`);
  }
  requireNumber('reportIntervalMs', options.reportIntervalMs, 1, Number.MAX_SAFE_INTEGER);
  requireNumber('flowLifetimeReports', options.flowLifetimeReports, 1, 1_000_000);
  requireInteger('pollLagSeconds', options.pollLagSeconds, 0, 60);
  requireNumber('templateRefreshMs', options.templateRefreshMs, 1, Number.MAX_SAFE_INTEGER);
  for (const name of SHARES) requireNumber(name, options[name], 0, 1);
  const weights = Object.values(options.shares) as number[];
  if (!weights.every((weight) => weight >= 0) || !weights.some((weight) => weight > 0)) {
    throw new RangeError('shares: weights must not be negative, and one must be more than 0');
  }
  return options;
}

const SHARES = [
  'podReplacement',
  'serviceShare',
  'egressShare',
  'ingressNodeShare',
  'policyShare',
  'deniedShare',
  'ipv6Share',
] as const;

function requireNumber(name: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) throw new RangeError(`${name} must be in ${low} … ${high}, not ${value}`);
}

function requireInteger(name: string, value: number, low: number, high: number): void {
  requireNumber(name, value, low, high);
  if (!Number.isInteger(value)) throw new RangeError(`${name} must be an integer, not ${value}`);
}
