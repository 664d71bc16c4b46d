import type { Values } from '../../../support/ipfix-messages.js';
import { SHARED, uidOf } from './cluster.js';
import { uuidBytes } from './oracle.js';

/** A record of a test: its family, and what an Antrea agent says in it, by element. */
export interface TestRecord {
  readonly family: 4 | 6;
  readonly values: Values;
}

/** One end of a connection: an address of each family, and what the agent calls the Pod there, if it does. */
interface End {
  readonly 4: string;
  readonly 6: string;
  readonly pod: readonly [namespace: string, name: string];
}

const ENDS: readonly End[] = [
  { 4: '10.10.1.2', 6: 'fd00:10:1::2', pod: ['shop', 'client-0'] },
  { 4: '10.10.2.3', 6: 'fd00:10:2::3', pod: ['backend', 'server-0'] },
  { 4: '10.10.2.5', 6: 'fd00:10:2::5', pod: ['shop', 'plain-0'] },
  { 4: SHARED.host4, 6: SHARED.host6, pod: ['kube-system', 'antrea-agent-a'] },
  // Nobody has the address; the agent may have been told something else (a Pod with the name of another one's address, too).
  { 4: '198.51.100.7', 6: '2001:db8::7', pod: ['backend', 'server-1'] },
];

const PAIRS = ENDS.flatMap((source) => ENDS.filter((end) => end !== source).map((to) => [source, to] as const));

const PORT_NAMES = ['backend/server:http', 'backend/nameless', 'backend/nameless:', 'nowhere/none:http', ''];

/** What an agent that names the Pod at an end says of it. */
function named(end: 'source' | 'destination', [namespace, name]: End['pod'], number: number): Values {
  return {
    [`${end}PodName`]: name,
    [`${end}PodNamespace`]: namespace,
    [`${end}NodeName`]: `told-${end}`,
    // Newer agents tell UIDs, too.
    ...(number % 3 === 0 && { [`${end}PodUUID`]: uuidBytes(uidOf(9000 + number)) }),
    ...(number % 3 === 0 && { [`${end}NodeUUID`]: uuidBytes(uidOf(19_000 + number)) }),
  };
}

/** What a connection counted: large numbers among them. */
function counters(number: number): Values {
  const factor = BigInt(number + 1) * (number % 2 === 0 ? 1n : 1n << 40n);
  return {
    ...{ packetTotalCount: 30n * factor, octetTotalCount: 3000n * factor },
    ...{ packetDeltaCount: 10n * factor, octetDeltaCount: 1000n * factor },
    ...{ reversePacketTotalCount: 50n * factor, reverseOctetTotalCount: 7000n * factor },
    ...{ reversePacketDeltaCount: 20n * factor, reverseOctetDeltaCount: 2000n * factor },
  };
}

/** What records say that differ in nothing that matters here but in their number, which is in their ports. */
function contents(number: number, family: 4 | 6, flowStartSeconds: number): Values {
  return {
    ...counters(number),
    ...{ flowStartSeconds, flowEndSeconds: flowStartSeconds + 10, flowEndReason: 1 + (number % 5) },
    ...{ protocolIdentifier: number % 4 === 0 ? 17 : 6, tcpState: number % 4 === 0 ? '' : 'ESTABLISHED' },
    ...{ sourceTransportPort: 20_000 + number, destinationTransportPort: 8080 },
    ...{ destinationServicePort: 80, destinationServicePortName: PORT_NAMES[number % PORT_NAMES.length]! },
    [`destinationClusterIPv${family}`]: family === 4 ? '10.96.0.10' : 'fd00:96::10',
    [`destinationServiceIPv${family}`]: family === 4 ? '10.96.0.12' : 'fd00:96::12',
    ...(number % 7 === 0 && { destinationServiceUUID: uuidBytes(uidOf(7000)) }),
    ...(number % 2 === 0 && { ingressNetworkPolicyName: 'in', ingressNetworkPolicyNamespace: 'backend' }),
    ...(number % 2 === 0 && { ingressNetworkPolicyType: 1, ingressNetworkPolicyRuleAction: number % 4 }),
    ...(number % 3 === 0 && {
      egressNetworkPolicyName: 'out',
      egressNetworkPolicyRuleName: 'rule ü',
      egressIP: '192.0.2.99',
    }),
    ...(number % 3 === 0 && { egressNetworkPolicyType: 2, egressNetworkPolicyRuleAction: 1, egressName: 'egress' }),
    ...(number % 3 === 0 && { egressNodeName: number % 2 === 0 ? 'node-e' : 'node-unknown' }),
    ...(number % 12 === 0 && { egressNodeUUID: uuidBytes(uidOf(8000)) }),
  };
}

/** Long ago: Pods that had no other at their address are found all the same. */
const START = 1_700_000_000;

/** Of a family: each kind of flow, between each two kinds of ends, each named or not. */
function everyCombination(family: 4 | 6): TestRecord[] {
  const all = PAIRS.flatMap((pair) =>
    [0, 1, 2, 3, 4].flatMap((flowType) => [0, 1, 2, 3].map((naming) => ({ pair, flowType, naming }))),
  );
  return all.map(({ pair: [source, destination], flowType, naming }, number) => ({
    family,
    values: {
      ...contents(number, family, START),
      flowType,
      [`sourceIPv${family}Address`]: source[family],
      [`destinationIPv${family}Address`]: destination[family],
      ...(naming & 1 && named('source', source.pod, number)),
      ...(naming & 2 && named('destination', destination.pod, number)),
    },
  }));
}

/** Of a family: Pods that had an address one after the other, and agents that tell what nobody knows. */
function oddities(family: 4 | 6, nowSeconds: number): TestRecord[] {
  const outside = ENDS.at(-1)![family];
  const addresses = (source: string, destination: string): Values => ({
    [`sourceIPv${family}Address`]: source,
    [`destinationIPv${family}Address`]: destination,
  });
  const reused = family === 4 ? SHARED.reused4 : SHARED.reused6;
  const lone = family === 4 ? '10.10.4.2' : 'fd00:10:4::2';
  const cases: readonly (readonly [startSeconds: number, values: Values])[] = [
    ...[-500, -130, -80, -30].flatMap((ago) =>
      [0, 2].map((flowType) => [nowSeconds + ago, { flowType, ...addresses(reused, lone) }] as const),
    ),
    // By name, of two that had the address the one that is named.
    [nowSeconds - 30, { flowType: 1, ...addresses(reused, outside), ...named('source', ['batch', 'job-1'], 1) }],
    [START, { flowType: 3, ...addresses(ENDS[0]![family], outside), ...named('source', ['shop', 'gone-0'], 1) }],
    [START, { flowType: 3, ...addresses(ENDS[0]![family], outside), sourcePodName: 'client-0' }],
    [START, { flowType: 2, ...addresses(lone, reused), ...named('source', ['shop', 'pending-0'], 1) }],
    [START, { flowType: 2, ...addresses(lone, family === 4 ? '10.10.1.4' : lone) }],
  ];
  return cases.map(([start, values], number) => ({
    family,
    values: { ...contents(1000 + number, family, start), ...values },
  }));
}

/** Records of all kinds, each with source ports that no other of its family has. */
export function testRecords(nowSeconds: number, families: readonly (4 | 6)[] = [4, 6]): TestRecord[] {
  return families.flatMap((family) => [...everyCombination(family), ...oddities(family, nowSeconds)]);
}
