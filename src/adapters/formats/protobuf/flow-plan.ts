import { COUNTER_BLOCK, FLOW_BLOCK, RECORD_BLOCK, RECORD_ROW, type Slot } from '../../../domain/flow/layout.js';
import type { CounterName, FlowFieldName } from '../../../domain/flow/fields.js';
import { FLOW, IP, IPFIX, KUBERNETES, STATS, TCP, TIMESTAMP, TRANSPORT, tagOf, WireType } from './flow-messages.js';
import { type Plan, Seen, Step } from './flow-reader.js';

/** What to do with the field of a message. */
interface Action {
  readonly type: WireType;
  readonly step: Step;
  readonly word?: number;
  readonly shift?: number;
  readonly bit?: number;
  /** Of a message. */
  readonly fields?: Fields;
}

/** The fields of a message that Weir has a use for, by their name in the .proto; all others are passed over. */
interface Fields {
  readonly numbers: Readonly<Record<string, number>>;
  readonly actions: Readonly<Record<string, Action>>;
}

const slot = (name: FlowFieldName): Slot => FLOW_BLOCK.slots[name];
const octets = (step: Step, word: number, rest: Partial<Action> = {}): Action => ({
  type: WireType.Bytes,
  step,
  word,
  ...rest,
});
const number = (step: Step, { word, shift }: Slot, bit = 0): Action => ({
  type: WireType.Varint,
  step,
  word,
  shift,
  bit,
});
const text = (name: FlowFieldName): Action => octets(Step.Text, slot(name).word);
const endpoint = (name: FlowFieldName, bit: number): Action => octets(Step.Endpoint, slot(name).word, { bit });
/** Zeros are no address, but that of an Egress is taken as it is (flow-rules.md §1). */
const address = (name: FlowFieldName): Action =>
  octets(name === 'egressIP' ? Step.Address : Step.AddressUnlessZero, slot(name).word);
const labels = (bit: number): Action => octets(Step.Labels, 0, { bit });
const octet = (name: FlowFieldName, bit: number): Action => number(Step.Octet, slot(name), bit);
const pair = (name: FlowFieldName, bit: number): Action => number(Step.Pair, slot(name), bit);
const enumeration = (name: FlowFieldName): Action => number(Step.Enumeration, slot(name));
const ownWord = (name: keyof typeof RECORD_BLOCK.slots): Slot => ({
  ...RECORD_BLOCK.slots[name],
  word: RECORD_ROW.own + RECORD_BLOCK.slots[name].word,
});
const counter = (name: CounterName): Action =>
  number(Step.Counter, {
    ...COUNTER_BLOCK.slots[name],
    word: RECORD_ROW.counters + COUNTER_BLOCK.slots[name].word,
  });

/** A message, as a field of another. */
const message = <N extends Readonly<Record<string, number>>>(
  numbers: N,
  actions: Partial<Record<keyof N & string, Action>>,
  bit = 0,
): Action => octets(Step.Message, 0, { bit, fields: { numbers, actions: actions as Record<string, Action> } });

const timestamp = (seconds: Slot, bit = 0): Action =>
  message(TIMESTAMP, { seconds: number(Step.Seconds, seconds) }, bit);

const FLOW_ACTION = message(FLOW, {
  ipfix: message(IPFIX, {
    export_time: timestamp(ownWord('exportTimeSeconds')),
    sequence_number: number(Step.Word, ownWord('sequenceNumber')),
    observation_domain_id: number(Step.Word, slot('observationDomainId')),
  }),
  start_ts: timestamp(slot('flowStartSeconds'), Seen.Start),
  end_ts: timestamp(slot('flowEndSeconds'), Seen.End),
  end_reason: enumeration('flowEndReason'),
  ip: message(IP, {
    source: endpoint('sourceIP', Seen.Source),
    destination: endpoint('destinationIP', Seen.Destination),
  }),
  transport: message(TRANSPORT, {
    protocol_number: octet('protocolIdentifier', Seen.ProtocolOutOfRange),
    source_port: pair('sourceTransportPort', Seen.SourcePortOutOfRange),
    destination_port: pair('destinationTransportPort', Seen.DestinationPortOutOfRange),
    TCP: message(TCP, { state_name: text('tcpState') }),
  }),
  k8s: message(KUBERNETES, {
    flow_type: enumeration('flowType'),
    source_pod_namespace: text('sourcePodNamespace'),
    source_pod_name: text('sourcePodName'),
    source_pod_uid: text('sourcePodUID'),
    source_pod_labels: labels(Seen.SourceLabels),
    source_node_name: text('sourceNodeName'),
    source_node_uid: text('sourceNodeUID'),
    destination_pod_namespace: text('destinationPodNamespace'),
    destination_pod_name: text('destinationPodName'),
    destination_pod_uid: text('destinationPodUID'),
    destination_pod_labels: labels(Seen.DestinationLabels),
    destination_node_name: text('destinationNodeName'),
    destination_node_uid: text('destinationNodeUID'),
    destination_cluster_ip: address('destinationClusterIP'),
    destination_service_port: pair('destinationServicePort', Seen.ServicePortOutOfRange),
    destination_service_port_name: text('destinationServicePortName'),
    destination_service_uid: text('destinationServiceUID'),
    ingress_network_policy_type: enumeration('ingressNetworkPolicyType'),
    ingress_network_policy_namespace: text('ingressNetworkPolicyNamespace'),
    ingress_network_policy_name: text('ingressNetworkPolicyName'),
    ingress_network_policy_uid: text('ingressNetworkPolicyUID'),
    ingress_network_policy_rule_name: text('ingressNetworkPolicyRuleName'),
    ingress_network_policy_rule_action: enumeration('ingressNetworkPolicyRuleAction'),
    egress_network_policy_type: enumeration('egressNetworkPolicyType'),
    egress_network_policy_namespace: text('egressNetworkPolicyNamespace'),
    egress_network_policy_name: text('egressNetworkPolicyName'),
    egress_network_policy_uid: text('egressNetworkPolicyUID'),
    egress_network_policy_rule_name: text('egressNetworkPolicyRuleName'),
    egress_network_policy_rule_action: enumeration('egressNetworkPolicyRuleAction'),
    egress_name: text('egressName'),
    egress_ip: address('egressIP'),
    egress_node_name: text('egressNodeName'),
    egress_node_uid: text('egressNodeUID'),
    egress_uid: text('egressUID'),
    destination_service_ip: address('destinationServiceIP'),
  }),
  stats: message(STATS, {
    packet_total_count: counter('packetTotalCount'),
    packet_delta_count: counter('packetDeltaCount'),
    octet_total_count: counter('octetTotalCount'),
    octet_delta_count: counter('octetDeltaCount'),
  }),
  reverse_stats: message(STATS, {
    packet_total_count: counter('reversePacketTotalCount'),
    packet_delta_count: counter('reversePacketDeltaCount'),
    octet_total_count: counter('reverseOctetTotalCount'),
    octet_delta_count: counter('reverseOctetDeltaCount'),
  }),
  proxy_snat_ip: address('proxySnatIP'),
  proxy_snat_port: pair('proxySnatPort', Seen.SnatPortOutOfRange),
});

/** How the message Flow is read. */
export const FLOW_PLAN: Plan = layOut(FLOW_ACTION.fields!);

/** Gives each message its part of the plan, the outermost the first. */
function layOut(outermost: Fields): Plan {
  const entries: number[] = [];
  const names: string[] = [];
  const place = ({ numbers, actions }: Fields, path: string): number => {
    const base = entries.length;
    const tags = (Math.max(...Object.keys(actions).map((name) => numbers[name]!)) + 1) * 8;
    entries.push(tags, ...new Array<number>(tags - 1).fill(0));
    names.push(...new Array<string>(tags).fill(''));
    for (const [name, action] of Object.entries(actions)) {
      const number = numbers[name]!;
      const fieldPath = path === '' ? name : `${path}.${name}`;
      for (const type of Object.values(WireType)) {
        entries[base + tagOf(number, type)] = Step.Refuse;
        names[base + tagOf(number, type)] = fieldPath;
      }
      const word = action.fields ? place(action.fields, fieldPath) : (action.word ?? 0);
      entries[base + tagOf(number, action.type)] = pack(action, word);
    }
    return base;
  };
  place(outermost, '');
  return { entries: Uint32Array.from(entries), names };
}

function pack({ step, shift = 0, bit = 0 }: Action, word: number): number {
  // 32 − the leading zeros: the number of the bit, from 1; 0 for none.
  return (step | (word << 4) | (shift << 16) | ((32 - Math.clz32(bit)) << 21)) >>> 0;
}
