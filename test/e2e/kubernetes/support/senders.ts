import { connect, constants } from 'node:http2';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { ANTREA_IPV4, ANTREA_IPV6 } from '../../../support/exporter-templates.js';
import { encodeRequest, type Message } from '../../../support/flow-proto.js';
import { message, record, set, template, type FieldSpec, type Value } from '../../../support/ipfix-messages.js';
import { testPki } from '../../../support/pki.js';
import { atEnd } from '../../support/clean-up.js';
import { eventually } from '../../support/eventually.js';
import { connectTo, datagramsTo } from '../../support/exporting.js';
import { framed } from '../../support/grpc-exporting.js';
import { attemptTls } from '../../support/tls-exporting.js';
import type { WeirProcess } from '../../support/weir-process.js';
import type { Origin } from './oracle.js';
import type { TestRecord } from './records.js';

/** How records come to Weir. */
export const TRANSPORTS = ['tcp', 'udp', 'tls', 'grpc'] as const;

/** One of {@link TRANSPORTS}. */
export type Transport = (typeof TRANSPORTS)[number];

/** What the configuration calls them. */
export const PROTOCOLS = { tcp: 'TCP', udp: 'UDP', tls: 'TLS', grpc: 'None' } as const;

/** An exporter: sends what is given to it; resolves when it is with the kernel. */
export type Send = (octets: Uint8Array) => Promise<void>;

const UUIDS = ['sourcePod', 'sourceNode', 'destinationPod', 'destinationNode', 'destinationService']
  .concat('ingressNetworkPolicy', 'egressNetworkPolicy', 'egress', 'egressNode')
  .map((name) => `${name}UUID`);

const TEMPLATES: Readonly<Record<4 | 6, { readonly id: number; readonly fields: readonly FieldSpec[] }>> = {
  4: { id: 256, fields: [...ANTREA_IPV4, ...UUIDS] },
  6: { id: 257, fields: [...ANTREA_IPV6, ...UUIDS] },
};

/** IPFIX as agents send it: the templates, then each record in a message of its own. */
export function ipfixMessages(records: readonly TestRecord[], domain: number): Uint8Array[] {
  const templates = Object.values(TEMPLATES).map(({ id, fields }) => template(id, fields));
  return [
    message({ domain }, set(2, ...templates)),
    ...records.map(({ family, values }, sequence) => {
      const { id, fields } = TEMPLATES[family];
      return message({ domain, sequence }, set(id, record(fields, values)));
    }),
  ];
}

/** The octets of an address as text. */
function addressBytes(address: string): Uint8Array {
  if (!address.includes(':')) return Uint8Array.from(address.split('.').map(Number));
  const [before = '', after = ''] = address.split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const [first, last] = [groups(before), groups(after)];
  const all = [...first, ...Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]));
}

const uidText = (uuid: Value | undefined): string =>
  uuid instanceof Uint8Array
    ? Buffer.from(uuid)
        .toString('hex')
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    : '';

const SNAKE = /(?<=[a-z])(?=[A-Z])/g;
const snake = (name: string): string => name.replaceAll('PodUUID', 'PodUid').replaceAll(SNAKE, '_').toLowerCase();

/** Elements that the message has under their own names. */
const NAMED = ['PodName', 'PodNamespace', 'NodeName'].flatMap((what) => [`source${what}`, `destination${what}`]);
const PLAIN = [
  ...NAMED,
  'flowType',
  'destinationServicePort',
  'destinationServicePortName',
  'egressName',
  'egressNodeName',
]
  .concat('ingressNetworkPolicyName', 'ingressNetworkPolicyNamespace', 'ingressNetworkPolicyType')
  .concat('ingressNetworkPolicyRuleName', 'ingressNetworkPolicyRuleAction', 'egressNetworkPolicyName')
  .concat('egressNetworkPolicyNamespace', 'egressNetworkPolicyType', 'egressNetworkPolicyRuleName')
  .concat('egressNetworkPolicyRuleAction');
const UIDS: Readonly<Record<string, string>> = {
  source_pod_uid: 'sourcePodUUID',
  source_node_uid: 'sourceNodeUUID',
  destination_pod_uid: 'destinationPodUUID',
  destination_node_uid: 'destinationNodeUUID',
  destination_service_uid: 'destinationServiceUUID',
  egress_node_uid: 'egressNodeUUID',
};

/** A record as agents say it over gRPC. */
function grpcFlow({ family, values }: TestRecord, domain: number): Message {
  const address = (name: string): Uint8Array | undefined =>
    values[name] === undefined ? undefined : addressBytes(String(values[name]));
  const text = (name: string): string | undefined => (values[name] === undefined ? undefined : String(values[name]));
  const stats = (prefix: string): Message =>
    Object.fromEntries(
      ['packet_total_count', 'packet_delta_count', 'octet_total_count', 'octet_delta_count'].map((name) => {
        const [what, kind] = name.split('_') as [string, string];
        const element = prefix === '' ? what : `${prefix}${what[0]!.toUpperCase()}${what.slice(1)}`;
        return [name, text(`${element}${kind[0]!.toUpperCase()}${kind.slice(1)}Count`)];
      }),
    );
  const state = text('tcpState');
  return {
    // Not where the record comes from.
    ipfix: { export_time: { seconds: 1_700_000_000 }, observation_domain_id: domain, exporter_ip: '203.0.113.99' },
    start_ts: { seconds: Number(values['flowStartSeconds']) },
    end_ts: { seconds: Number(values['flowEndSeconds']) },
    end_reason: values['flowEndReason'],
    ip: {
      version: family,
      source: address(`sourceIPv${family}Address`),
      destination: address(`destinationIPv${family}Address`),
    },
    transport: {
      protocol_number: values['protocolIdentifier'],
      source_port: values['sourceTransportPort'],
      destination_port: values['destinationTransportPort'],
      ...(state && { TCP: { state_name: state } }),
    },
    k8s: {
      ...Object.fromEntries(PLAIN.filter((name) => name in values).map((name) => [snake(name), values[name]])),
      ...Object.fromEntries(Object.entries(UIDS).map(([field, element]) => [field, uidText(values[element])])),
      ...('egressIP' in values && { egress_ip: address('egressIP') }),
      destination_cluster_ip: address(`destinationClusterIPv${family}`),
      destination_service_ip: address(`destinationServiceIPv${family}`),
    },
    stats: stats(''),
    reverse_stats: stats('reverse'),
    flow_direction: 255,
  };
}

/** Messages of records for a transport. */
function messagesFor(transport: Transport, records: readonly TestRecord[], domain: number): Uint8Array[] {
  if (transport !== 'grpc') return ipfixMessages(records, domain);
  return records.map((one) => framed(encodeRequest(grpcFlow(one, domain))));
}

const writing = (socket: Pick<Socket, 'write'>): Send => {
  return (octets) =>
    new Promise((resolve, reject) => {
      socket.write(octets, (error) => (error ? reject(error) : resolve()));
    });
};

/** An exporter of an address of loopback, closed at the end of the test; for TLS and gRPC it is one of the tests' authority. */
export async function exporterTo(weir: WeirProcess, transport: Transport, address: string): Promise<Send> {
  if (transport === 'udp') return datagramsTo(weir.ipfixPort, address);
  if (transport === 'tcp') return writing(await connectTo(weir.ipfixPort, address));
  const { authority, client } = await testPki();
  const options = { ca: authority.certificate, shows: client, localAddress: address };
  if (transport === 'tls') {
    const { socket } = await attemptTls(weir.ipfixPort, options);
    await once(socket, 'secureConnect');
    return writing(socket);
  }
  const { socket } = await attemptTls(weir.grpcPort, { ...options, protocol: 'h2' });
  socket.pause();
  await once(socket, 'secureConnect');
  const session = connect('https://localhost', { createConnection: () => socket });
  session.on('error', () => undefined);
  atEnd(() => session.destroy());
  await once(session, 'remoteSettings');
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: '/antrea_io.antrea.pkg.apis.flow.v1alpha1.FlowExportService/Export',
    [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
    [constants.HTTP2_HEADER_TE]: 'trailers',
  });
  stream.on('error', () => undefined);
  stream.resume();
  return (octets) =>
    new Promise((resolve, reject) => {
      stream.write(octets, (error) => (error ? reject(error) : resolve()));
    });
}

/** So many datagrams fit into the smallest receive buffer. */
const AT_ONCE = 40;

/** Has an exporter send records; no more at once than Weir has room for if it can't hold the exporter back. Resolves once all are received. */
export async function sendRecords(
  weir: WeirProcess,
  transport: Transport,
  records: readonly TestRecord[],
  { address, domain }: Origin,
): Promise<void> {
  const send = await exporterTo(weir, transport, address);
  const received = async (): Promise<number> => (await weir.metrics()).sum('weir_messages_received_total');
  let awaited = await received();
  const messages = messagesFor(transport, records, domain);
  const step = transport === 'udp' ? AT_ONCE : messages.length;
  for (let at = 0; at < messages.length; at += step) {
    const some = messages.slice(at, at + step);
    for (const octets of some) await send(octets);
    awaited += some.length;
    if (transport === 'udp') await eventually(`${awaited} messages come`, async () => (await received()) >= awaited);
  }
}
