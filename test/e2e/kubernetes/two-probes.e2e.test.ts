import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect } from '@jest/globals';
import { aNode } from '../../support/kubernetes/a-node.js';
import { aPod } from '../../support/kubernetes/a-pod.js';
import type { KubernetesApiServer } from '../../support/kubernetes/api-server.js';
import { balancedAtRest } from '../support/balance.js';
import { atEnd } from '../support/clean-up.js';
import { tcpCollector } from '../support/collector.js';
import { eventually } from '../support/eventually.js';
import { Nfacctd } from '../support/nfacctd.js';
import { outputLayout } from '../support/output-layout.js';
import type { Packet } from '../support/pcap.js';
import { itWith } from '../support/peers.js';
import { exportedFlows, observedFlows, probeTraffic, type ObservedFlow } from '../support/probe-traffic.js';
import { softflowd } from '../support/probes.js';
import type { WeirProcess } from '../support/weir-process.js';
import { testCluster } from './support/cluster.js';
import { apiServerWith, complaintsOf, weirInCluster } from './support/weir-in-cluster.js';

const LONG_AGO = Date.UTC(2023, 10, 14);

/** Who is at an address of the traffic. */
interface Host {
  readonly 4: string;
  readonly 6: string;
  readonly pod?: string;
  readonly node?: string;
}

const CLIENT: Host = { 4: '10.1.0.1', 6: 'fd00:1::1', pod: 'client', node: 'node-a' };
const HOSTS = {
  far: { 4: '10.1.0.2', 6: 'fd00:1::2', pod: 'far', node: 'node-b' },
  near: { 4: '10.1.0.3', 6: 'fd00:1::3', pod: 'near', node: 'node-a' },
  outside: { 4: '198.51.100.9', 6: '2001:db8::9' },
  elsewhere: { 4: '203.0.113.9', 6: '2001:db8:9::9' },
} satisfies Record<string, Host>;

/** Who talks to whom, and what Weir is to find out of that: the flow type there and back. */
const PAIRS: readonly (readonly [Host, Host, there: bigint, back: bigint])[] = [
  [CLIENT, HOSTS.far, 2n, 2n],
  [CLIENT, HOSTS.near, 1n, 1n],
  [CLIENT, HOSTS.outside, 3n, 4n],
  [HOSTS.elsewhere, HOSTS.outside, 0n, 0n],
];

/** Some conversations of each pair. */
function traffic(): Packet[] {
  const some = probeTraffic(LONG_AGO).filter(({ ports }) => ports === undefined || (ports[0] + ports[1]) % 3 === 0);
  const packets = PAIRS.flatMap(([client, server]) => {
    const names = { '10.1.0.1': client[4], 'fd00:1::1': client[6], '10.1.0.2': server[4], 'fd00:1::2': server[6] };
    const named = (address: string): string => names[address as keyof typeof names];
    return some.map((packet) => ({ ...packet, source: named(packet.source), destination: named(packet.destination) }));
  });
  return packets.toSorted((a, b) => a.atMs - b.atMs);
}

const hostAt = (address: string | undefined): Host => {
  const host = [CLIENT, ...Object.values(HOSTS)].find((one: Host) => one[4] === address || one[6] === address);
  if (host === undefined) throw new Error(`nobody is at ${address}`);
  return host;
};

/** What Weir is to find out about a flow: its type, and who is at its ends. */
function expectedIdentity({ key }: ObservedFlow): Record<string, bigint | string> {
  const [source, destination] = key.split(' ').slice(0, 2).map(hostAt) as [Host, Host];
  const there = PAIRS.find(([client, server]) => client === source && server === destination);
  const back = PAIRS.find(([client, server]) => server === source && client === destination);
  const labels = ({ pod }: Host): string => (pod === undefined ? '' : `{"app":"${pod}"}`);
  return {
    flowType: there?.[2] ?? back![3],
    ...{ sourcePodName: source.pod ?? '', sourceNodeName: source.node ?? '', sourcePodLabels: labels(source) },
    ...{ destinationPodName: destination.pod ?? '', destinationNodeName: destination.node ?? '' },
    destinationPodLabels: labels(destination),
  };
}

const IDENTITY = Object.keys(expectedIdentity({ key: '10.1.0.1 10.1.0.2' } as ObservedFlow));

async function bound(address: string): Promise<Socket> {
  const socket = createSocket('udp4');
  atEnd(() => {
    socket.close();
  });
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

/** A port of 127.0.0.1 from which everything goes on to Weir as if it came from another address. */
async function relayFrom(address: string, weir: WeirProcess): Promise<number> {
  const [inner, outer] = await Promise.all([bound('127.0.0.1'), bound(address)]);
  inner.on('message', (datagram) => {
    outer.send(datagram, weir.ipfixPort, '127.0.0.1');
  });
  return inner.address().port;
}

async function apiServer(): Promise<KubernetesApiServer> {
  const server = await apiServerWith({ ...testCluster(0), pods: [], nodes: [] });
  for (const name of ['node-a', 'node-b']) server.put('nodes', aNode({ name }));
  for (const { 4: ipv4, 6: ipv6, pod, node } of [CLIENT, ...Object.values(HOSTS)] as Host[])
    if (pod !== undefined && node !== undefined) server.put('pods', aPod({ name: pod, ips: [ipv4, ipv6], node }));
  return server;
}

/** Has two probes see the same traffic, and tell Weir of it at the same time from two addresses; resolves with the flows once all is delivered. */
async function seenTwice(address: string): Promise<ObservedFlow[]> {
  const server = await apiServer();
  const weir = await weirInCluster(server, {
    transport: 'udp',
    collector: { address },
    settings: { mode: 'Aggregate', activeFlowRecordTimeout: '1s' },
  });
  const packets = traffic();
  const probe = softflowd();
  const expected = observedFlows(packets, probe.reporting);
  const ports = [weir.ipfixPort, await relayFrom('127.0.0.2', weir)];
  await Promise.all(ports.map((port) => probe.exportTo(port, packets)));

  const received = async (name: string): Promise<number> => (await weir.metrics()).sum(name);
  await eventually('both reports of each flow came', async () => {
    return (await received('weir_records_received_total')) === 2 * expected.length;
  });
  await eventually('all flows are delivered', async () => {
    return (await received('weir_sink_records_delivered_total')) >= expected.length;
  });
  const metrics = await balancedAtRest(weir);
  expect(metrics.sum('weir_records_taken_total')).toBe(expected.length);
  expect(metrics.sum('weir_records_duplicate_total')).toBe(expected.length);
  expect(metrics.sum('weir_sequence_gaps_total')).toBe(0);
  // What is left to export would come now.
  expect(await weir.stop()).toEqual({ code: 0, signal: null });
  expect(weir.logged(/^totals$/)).toMatchObject([{ exports: expected.length, deliveredToSinks: expected.length }]);
  expect(complaintsOf(weir)).toEqual([]);
  return expected;
}

const countersOf = ({ key, packets, octets }: ObservedFlow): unknown => ({ key, packets, octets });

describe('two softflowd that see the same traffic, without an agent of Antrea', () => {
  itWith(['softflowd'], 'give each flow once, with its Pods and its type', async () => {
    const collector = await tcpCollector();
    const expected = await seenTwice(collector.address);
    await eventually('all flows arrive', () => collector.records.length >= expected.length);
    expect(collector.problems).toEqual([]);
    expect(exportedFlows(collector.records)).toEqual(expected);
    const types = new Map(
      collector.records.map((record) => [
        exportedFlows([record])[0]!.key,
        Object.fromEntries(IDENTITY.map((name) => [name, record[name]])),
      ]),
    );
    expect(types).toEqual(new Map(expected.map((flow) => [flow.key, expectedIdentity(flow)])));
  });

  itWith(['softflowd', 'nfacctd'], 'are seen by nfacctd as the traffic once', async () => {
    const layout = outputLayout(4, { includeK8sNames: true, includeK8sUIDs: true });
    const nfacctd = await Nfacctd.start(layout.filter(({ name }) => IDENTITY.includes(name)));
    const expected = await seenTwice(nfacctd.address);
    const { flows, lines, remarks } = await nfacctd.collected(expected.length);
    expect(remarks).toEqual([]);
    expect(flows.map(countersOf)).toEqual(expected.map(countersOf));
    expect(lines.map((line) => IDENTITY.map((name) => String(line[name.toLowerCase()])))).toEqual(
      expected.map((flow) => IDENTITY.map((name) => String(expectedIdentity(flow)[name]))),
    );
  });
});
