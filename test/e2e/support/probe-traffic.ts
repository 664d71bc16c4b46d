import type { IpfixRecord } from '../../support/ipfix-reader.js';
import { ipLength, protocolNumber, type Packet } from './pcap.js';

/** A flow's key, what was counted of it, and its times in whole seconds. */
export interface ObservedFlow {
  readonly key: string;
  readonly packets: bigint;
  readonly octets: bigint;
  readonly startSeconds: bigint;
  readonly endSeconds: bigint;
}

const HOSTS = [
  ['10.1.0.1', '10.1.0.2'],
  ['fd00:1::1', 'fd00:1::2'],
] as const;

/** Connections of each family: enough for an exporter to need more than one message. */
const CONNECTIONS = 30;

/** TCP and UDP conversations and pings over IPv4 and IPv6 within some seconds, in the order of their times. */
export function probeTraffic(startMs: number): Packet[] {
  const packets = HOSTS.flatMap(([client, server]) => [
    ...Array.from({ length: CONNECTIONS }, (_, i) => tcpConversation(client, server, i, startMs + 37 * i)).flat(),
    ...Array.from({ length: CONNECTIONS }, (_, i) => udpConversation(client, server, i, startMs + 41 * i)).flat(),
    ping(client, server, startMs + 60),
  ]);
  return packets.toSorted((a, b) => a.atMs - b.atMs);
}

function tcpConversation(client: string, server: string, i: number, atMs: number): Packet[] {
  const there = { source: client, destination: server, protocol: 'tcp', ports: [40_000 + i, 443] } as const;
  const back = { source: server, destination: client, protocol: 'tcp', ports: [443, 40_000 + i] } as const;
  return [
    { ...there, atMs, flags: 'S' },
    { ...back, atMs: atMs + 5, flags: 'SA' },
    { ...there, atMs: atMs + 10, flags: 'AP', payload: 100 + i },
    { ...back, atMs: atMs + 900, payload: 1000 + i },
    { ...there, atMs: atMs + 1900 },
  ];
}

function udpConversation(client: string, server: string, i: number, atMs: number): Packet[] {
  return [
    { atMs, source: client, destination: server, protocol: 'udp', ports: [50_000 + i, 53], payload: 30 + i },
    {
      atMs: atMs + 1050,
      source: server,
      destination: client,
      protocol: 'udp',
      ports: [53, 50_000 + i],
      payload: 130 + i,
    },
  ];
}

const ping = (source: string, destination: string, atMs: number): Packet => ({
  ...{ atMs, source, destination },
  protocol: 'icmp',
  payload: 56,
});

/** How an exporter reports what it sees. */
export interface Reporting {
  /** Whether both directions of a conversation have the times of the whole. */
  readonly conversationTimes: boolean;
  /** Whether type and code of ICMP stand in place of the destination port. */
  readonly icmpAsPort: boolean;
}

/** The flows that a capture consists of, one for each direction, by key. */
export function observedFlows(packets: readonly Packet[], reporting: Reporting): ObservedFlow[] {
  const flows = new Map<string, Packet[]>();
  const conversations = new Map<string, number[]>();
  for (const packet of packets) {
    const key = keyOf(packet, reporting);
    flows.set(key, [...(flows.get(key) ?? []), packet]);
    const conversation = conversationOf(packet);
    conversations.set(conversation, [...(conversations.get(conversation) ?? []), packet.atMs]);
  }
  return inKeyOrder(
    [...flows].map(([key, own]) => {
      const times = reporting.conversationTimes
        ? conversations.get(conversationOf(own[0]!))!
        : own.map(({ atMs }) => atMs);
      return {
        key,
        packets: BigInt(own.length),
        octets: BigInt(own.reduce((sum, packet) => sum + ipLength(packet), 0)),
        startSeconds: BigInt(Math.floor(Math.min(...times) / 1000)),
        endSeconds: BigInt(Math.floor(Math.max(...times) / 1000)),
      };
    }),
  );
}

/** The flows that Weir exported, by key: totals, which for these exporters are the sums of deltas. */
export function exportedFlows(records: readonly IpfixRecord[]): ObservedFlow[] {
  return inKeyOrder(
    records.map((record) => ({
      key: [
        record['sourceIPv4Address'] ?? record['sourceIPv6Address'],
        record['destinationIPv4Address'] ?? record['destinationIPv6Address'],
        record['protocolIdentifier'],
        record['sourceTransportPort'],
        record['destinationTransportPort'],
      ].join(' '),
      packets: record['packetTotalCount'] as bigint,
      octets: record['octetTotalCount'] as bigint,
      startSeconds: record['flowStartSeconds'] as bigint,
      endSeconds: record['flowEndSeconds'] as bigint,
    })),
  );
}

/** Echo requests, whose code is 0. */
const ECHO_REQUEST = { 1: 8, 58: 128 } as const;

function keyOf(packet: Packet, { icmpAsPort }: Reporting): string {
  const { source, destination, ports } = packet;
  const protocol = protocolNumber(packet);
  const icmpPort = icmpAsPort ? ECHO_REQUEST[protocol as 1 | 58] << 8 : 0;
  return [source, destination, protocol, ...(ports ?? [0, icmpPort])].join(' ');
}

function conversationOf(packet: Packet): string {
  const { source, destination, ports: [from, to] = [0, 0] } = packet;
  return [protocolNumber(packet), ...[`${source} ${from}`, `${destination} ${to}`].sort()].join(' ');
}

const inKeyOrder = (flows: readonly ObservedFlow[]): ObservedFlow[] =>
  flows.toSorted((a, b) => (a.key < b.key ? -1 : 1));
