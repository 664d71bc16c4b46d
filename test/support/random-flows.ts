import fc from 'fast-check';
import { COUNTER_NAMES } from '../../src/domain/flow/counters.js';
import { FLOW_FIELDS } from '../../src/domain/flow/fields.js';
import { KUBERNETES } from '../../src/adapters/formats/protobuf/flow-messages.js';
import type { Message } from './flow-proto.js';

/** A Flow and the record that it is, in the form of `plain`. */
export interface FlowAndRecord {
  readonly flow: Message;
  readonly record: Readonly<Record<string, unknown>>;
}

const text = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom('', 'x'.repeat(127), 'x'.repeat(128), 'ü'.repeat(300)) },
);
const u32 = fc.oneof(fc.nat(300), fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1));
const u16 = fc.oneof(fc.nat(300), fc.nat(65_535));
const u64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 300n }),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(2n ** 28n, 2n ** 32n - 1n, 2n ** 35n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n),
);
const enumeration = fc.nat(3);
const octet = fc.nat(255);
/** Never zero, mapped or of another family, for which there are rules. */
const v4 = fc.tuple(fc.constant(10), octet, octet, octet);
const seconds = fc.record({ seconds: u32, nanos: fc.nat(999_999_999) });

const LABELS = ['source_pod_labels', 'destination_pod_labels'];
const ADDRESSES = ['destination_cluster_ip', 'destination_service_ip', 'egress_ip'];
const ENUMERATIONS = Object.keys(KUBERNETES).filter((name) => /_(type|action)$/.test(name));
const TEXTS = Object.keys(KUBERNETES).filter(
  (name) => ![...LABELS, ...ADDRESSES, ...ENUMERATIONS, 'destination_service_port'].includes(name),
);

const group = <T>(names: readonly string[], value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] }) as fc.Arbitrary<
    Record<string, T>
  >;

const stats = group(
  ['packet_total_count', 'packet_delta_count', 'octet_total_count', 'octet_delta_count'],
  u64.map(String),
);

const drawn = fc.record({
  id: text,
  source: v4,
  destination: v4,
  start: seconds,
  end: seconds,
  exported: seconds,
  sequence: u32,
  domain: u32,
  reason: enumeration,
  protocol: octet,
  ports: fc.tuple(u16, u16, u16, u16),
  state: text,
  snat: v4,
  texts: group(TEXTS, text),
  enumerations: group(ENUMERATIONS, enumeration),
  addresses: group(ADDRESSES, v4),
  labels: group(LABELS, fc.dictionary(fc.constantFrom('a', 'b', 'app'), text)),
  stats,
  reverse: stats,
});

/** source_pod_uid → sourcePodUID, as the fields of a flow are named. */
const named = (name: string): string =>
  name
    .replace(/_(uid|ip)$/, (_, end: string) => end.toUpperCase())
    .replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const renamed = <T, U>(fields: Readonly<Record<string, T>>, value: (of: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(fields).map(([name, of]) => [named(name), value(of)]));

const EMPTY = {
  ...Object.fromEntries(
    Object.entries(FLOW_FIELDS).map(([name, { kind }]) => [name, kind === 'text' || kind === 'address' ? '' : 0]),
  ),
  ...Object.fromEntries(COUNTER_NAMES.map((name) => [name, 0n])),
};

const capital = (name: string): string => name[0]!.toUpperCase() + name.slice(1);

/** Flows with any of the fields that become part of a record, and some that don't. */
export const anyFlow: fc.Arbitrary<FlowAndRecord> = drawn.map((of) => {
  const { ports, texts, enumerations, addresses, labels } = of;
  const bytes = (address: readonly number[]): Uint8Array => Uint8Array.from(address);
  const flow: Message = {
    id: of.id,
    ipfix: {
      export_time: of.exported,
      sequence_number: of.sequence,
      observation_domain_id: of.domain,
      exporter_ip: of.id,
    },
    start_ts: of.start,
    end_ts: of.end,
    end_reason: of.reason,
    ip: { version: 4, source: bytes(of.source), destination: bytes(of.destination) },
    transport: {
      protocol_number: of.protocol,
      source_port: ports[0],
      destination_port: ports[1],
      TCP: { state_name: of.state },
    },
    k8s: {
      ...texts,
      ...enumerations,
      ...Object.fromEntries(Object.entries(addresses).map(([name, address]) => [name, bytes(address)])),
      ...Object.fromEntries(Object.entries(labels).map(([name, set]) => [name, { labels: set }])),
      destination_service_port: ports[2],
    },
    stats: of.stats,
    reverse_stats: of.reverse,
    app: { protocol_name: 'http', http_vals: Uint8Array.of(0xff) },
    flow_direction: 255,
    aggregation: { throughput: '77', stats_from_source: { packet_total_count: 5 } },
    proxy_snat_ip: bytes(of.snat),
    proxy_snat_port: ports[3],
  };
  const reverse = renamed(of.reverse, BigInt);
  const record = {
    ...EMPTY,
    ...renamed(texts, String),
    ...renamed(enumerations, Number),
    ...renamed(addresses, (address) => address.join('.')),
    ...renamed(labels, sortedJson),
    ...renamed(of.stats, BigInt),
    ...Object.fromEntries(Object.entries(reverse).map(([name, value]) => [`reverse${capital(name)}`, value])),
    sourceIP: of.source.join('.'),
    destinationIP: of.destination.join('.'),
    proxySnatIP: of.snat.join('.'),
    flowStartSeconds: of.start.seconds,
    flowEndSeconds: of.end.seconds,
    exportTimeSeconds: of.exported.seconds,
    sequenceNumber: of.sequence,
    observationDomainId: of.domain,
    flowEndReason: of.reason,
    protocolIdentifier: of.protocol,
    sourceTransportPort: ports[0],
    destinationTransportPort: ports[1],
    destinationServicePort: ports[2],
    proxySnatPort: ports[3],
    tcpState: of.state,
    carried: 0xff,
    exporter: '192.0.2.7',
  };
  return { flow, record };
});

function sortedJson(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))));
}
