import {
  message,
  record,
  set,
  template,
  type FieldSpec,
  type Value,
  type Values,
} from '../../support/ipfix-messages.js';
import { ANTREA_IPV4, ANTREA_IPV6 } from '../../support/exporter-templates.js';

/** What one Node reports of a flow, and from which end of it. */
export interface Report {
  readonly side: 'source' | 'destination';
  readonly values: Values;
}

/** A flow of a test: what its Nodes report, in this order. One report that needs no other half counts for both sides. */
export interface TestFlow {
  readonly family: 4 | 6;
  readonly reports: readonly [Report] | readonly [Report, Report];
  /** Whether the one report needed another half, which did not come: then it counts for its own side only. @default false */
  readonly isHalf?: boolean;
}

const uuid = (seed: number): Uint8Array => Uint8Array.from({ length: 16 }, (_, i) => (seed * 16 + i) & 0xff);

/** Beginning of all flows of the tests, Unix seconds. */
export const FLOW_START = 1_700_000_000;

const counters = (factor: bigint): Values => ({
  packetTotalCount: 30n * factor,
  octetTotalCount: 3000n * factor,
  packetDeltaCount: 10n * factor,
  octetDeltaCount: 1000n * factor,
  reversePacketTotalCount: 50n * factor,
  reverseOctetTotalCount: 70_000n * factor,
  reversePacketDeltaCount: 20n * factor,
  reverseOctetDeltaCount: 20_000n * factor,
});

const tcp = (endSeconds: number): Values => ({
  flowStartSeconds: FLOW_START,
  flowEndSeconds: FLOW_START + endSeconds,
  flowEndReason: 2,
  protocolIdentifier: 6,
  tcpState: 'ESTABLISHED',
});

const client: Values = {
  sourcePodName: 'client-0',
  sourcePodNamespace: 'shop',
  sourcePodUUID: uuid(1),
  sourceNodeName: 'node-a',
  sourceNodeUUID: uuid(2),
};

const server: Values = {
  destinationPodName: 'server-0',
  destinationPodNamespace: 'backend',
  destinationPodUUID: uuid(3),
  destinationNodeName: 'node-b',
  destinationNodeUUID: uuid(4),
};

const ingressPolicy: Values = {
  ingressNetworkPolicyName: 'allow-shop',
  ingressNetworkPolicyNamespace: 'backend',
  ingressNetworkPolicyUUID: uuid(5),
  ingressNetworkPolicyType: 1,
  // Longer than one octet of length can say (RFC 7011 §7).
  ingressNetworkPolicyRuleName: 'ingress rule '.repeat(25),
  ingressNetworkPolicyRuleAction: 1,
};

const egressPolicy: Values = {
  egressNetworkPolicyName: 'shop-out',
  egressNetworkPolicyNamespace: 'shop',
  egressNetworkPolicyUUID: uuid(6),
  egressNetworkPolicyType: 2,
  egressNetworkPolicyRuleName: 'to-backend',
  egressNetworkPolicyRuleAction: 1,
};

const ports: Values = { sourceTransportPort: 40_001, destinationTransportPort: 8080 };

/** Two halves of a connection through a Service, with a policy at each end. */
const interNode = (family: 4 | 6, addresses: Values, service: Values): TestFlow => ({
  family,
  reports: [
    {
      side: 'source',
      values: {
        ...{ ...tcp(20), ...counters(3n), ...ports, ...addresses, ...service, ...client, ...egressPolicy },
        destinationServicePort: 80,
        destinationServicePortName: 'backend/server:http',
        destinationServiceUUID: uuid(7),
        flowType: 2,
      },
    },
    {
      side: 'destination',
      values: { ...tcp(25), ...counters(1n << 40n), ...ports, ...addresses, ...server, ...ingressPolicy, flowType: 2 },
    },
  ],
});

/** Flows that between them fill every element that an exporter can fill, of both families. */
export const ANTREA_FLOWS: readonly TestFlow[] = [
  interNode(
    4,
    { sourceIPv4Address: '10.10.1.2', destinationIPv4Address: '10.10.2.3' },
    { destinationClusterIPv4: '10.96.0.10', destinationServiceIPv4: '10.96.0.10' },
  ),
  interNode(
    6,
    { sourceIPv6Address: 'fd00:10:1::2', destinationIPv6Address: 'fd00:10:2::3' },
    { destinationClusterIPv6: 'fd00:96::10', destinationServiceIPv6: 'fd00:96::11' },
  ),
  {
    family: 4,
    reports: [
      {
        side: 'source',
        values: {
          ...{ ...tcp(10), ...counters(0xffff_ffffn), ...ports, ...client },
          sourceIPv4Address: '10.10.1.2',
          destinationIPv4Address: '198.51.100.7',
          flowType: 3,
          egressName: 'egress-1',
          egressUUID: uuid(8),
          egressIP: '192.0.2.99',
          egressNodeName: 'node-e',
          egressNodeUUID: uuid(9),
        },
      },
    ],
  },
  {
    // A connection from outside that Node A took in: Node B saw it come from Node A.
    family: 4,
    reports: [
      {
        side: 'destination',
        values: {
          ...{ ...tcp(30), ...counters(5n), ...server, ...ingressPolicy },
          sourceIPv4Address: '10.0.0.1',
          sourceTransportPort: 61_000,
          destinationIPv4Address: '10.10.2.3',
          destinationTransportPort: 8080,
          flowType: 2,
        },
      },
      {
        side: 'source',
        values: {
          ...{ ...tcp(20), ...counters(4n) },
          sourceIPv4Address: '203.0.113.9',
          sourceTransportPort: 55_555,
          destinationIPv4Address: '10.10.2.3',
          destinationTransportPort: 8080,
          proxySnatIPv4: '10.0.0.1',
          proxySnatPort: 61_000,
          destinationServiceIPv4: '192.0.2.80',
          destinationServicePort: 443,
          destinationServicePortName: 'backend/server:https',
          flowType: 4,
        },
      },
    ],
  },
];

const UUIDS = ['sourcePod', 'sourceNode', 'destinationPod', 'destinationNode', 'destinationService']
  .concat('ingressNetworkPolicy', 'egressNetworkPolicy', 'egress', 'egressNode')
  .map((name) => `${name}UUID`);

/** Template of each family: an agent's, and the UIDs that newer agents know. */
const TEMPLATES: Readonly<Record<4 | 6, { readonly id: number; readonly fields: readonly FieldSpec[] }>> = {
  4: { id: 256, fields: [...ANTREA_IPV4, ...UUIDS] },
  6: { id: 257, fields: [...ANTREA_IPV6, ...UUIDS] },
};

/** The messages by which agents report flows: the templates, then each report by itself. */
export function messagesOf(flows: readonly TestFlow[]): Uint8Array[] {
  const templates = Object.values(TEMPLATES).map(({ id, fields }) => template(id, fields));
  const reports = flows.flatMap(({ family, reports: each }) => each.map(({ values }) => ({ family, values })));
  return [
    message({}, set(2, ...templates)),
    ...reports.map(({ family, values }, sequence) => {
      const { id, fields } = TEMPLATES[family];
      return message({ sequence }, set(id, record(fields, values)));
    }),
  ];
}

const COUNTERS = ['packet', 'octet', 'reversePacket', 'reverseOctet'].flatMap((what) => [
  `${what}TotalCount`,
  `${what}DeltaCount`,
]);

type Side = Readonly<Record<string, bigint>>;

/** One Node's counters and throughputs after its first report. */
function sideOf(values: Values | undefined): Side {
  if (values === undefined) return Object.fromEntries([...COUNTERS, ...THROUGHPUTS, END].map((name) => [name, 0n]));
  const number = (name: string): bigint => BigInt(values[name] as number | bigint);
  const seconds = number('flowEndSeconds') - number('flowStartSeconds');
  return {
    ...Object.fromEntries(COUNTERS.map((name) => [name, number(name)])),
    throughput: (number('octetTotalCount') * 8n) / seconds,
    reverseThroughput: (number('reverseOctetTotalCount') * 8n) / seconds,
    [END]: number(END),
  };
}

const END = 'flowEndSeconds';
const THROUGHPUTS = ['throughput', 'reverseThroughput'];

/** What Weir is to say of a flow, by element: what its reports said, and what the rules make of that. */
export function expectedOutput({ reports, isHalf = false }: TestFlow, clusterId: string): Values {
  const [first, second] = reports;
  const half = (side: Report['side']): Side =>
    sideOf((second || isHalf ? reports.find((report) => report.side === side) : first)?.values);
  const [source, destination] = [half('source'), half('destination')];
  const later = destination[END]! >= source[END]! ? destination : source;
  const both: [string, Value][] = [...COUNTERS, ...THROUGHPUTS].map((name) => [
    name,
    name.includes('Total') && source[name]! > destination[name]!
      ? source[name]!
      : (name.includes('Total') ? destination : later)[name]!,
  ]);
  return {
    ...first.values,
    ...second?.values,
    ...Object.fromEntries(both),
    ...Object.fromEntries([...COUNTERS, ...THROUGHPUTS, END].map((name) => [`${name}FromSourceNode`, source[name]!])),
    ...Object.fromEntries(
      [...COUNTERS, ...THROUGHPUTS, END].map((name) => [`${name}FromDestinationNode`, destination[name]!]),
    ),
    flowEndSeconds: later[END]!,
    clusterId,
  };
}
