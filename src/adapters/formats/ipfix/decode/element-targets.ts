import { COUNTER_BLOCK, FLOW_BLOCK, RECORD_ROW, type Slot } from '../../../../domain/flow/layout.js';
import { COUNTER_FIELDS, type CounterName, FLOW_FIELDS, type FlowFieldName } from '../../../../domain/flow/fields.js';
import { counterBit } from '../../../../domain/flow/counters.js';
import { INFORMATION_ELEMENTS, type InformationElement } from '../information-elements.js';
import { Note } from './plan.js';

/** Where an element's value goes. Words are indexes into a record's row. */
export type Target =
  /** A packed integer. */
  | { readonly kind: 'integer'; readonly bits: 8 | 16; readonly word: number; readonly shift: number }
  /** Four octets as they are. */
  | { readonly kind: 'word'; readonly word: number }
  | { readonly kind: 'counter'; readonly word: number; readonly bit: number }
  | { readonly kind: 'text'; readonly word: number }
  /** An address of the flow key. */
  | { readonly kind: 'endpoint'; readonly word: number; readonly family: 4 | 6; readonly note: number }
  /** An address outside the key; zeros mean none. */
  | { readonly kind: 'address'; readonly word: number; readonly family: 4 | 6; readonly note: number }
  /** An address written as text. */
  | { readonly kind: 'addressText'; readonly word: number; readonly note: number }
  /** A UUID of 16 octets that becomes text. */
  | { readonly kind: 'uuid'; readonly word: number; readonly note: number }
  /** A number that a fix-up looks at; `octets` is its full length, and `reducible` whether fewer are allowed (RFC 7011 §6.2). */
  | { readonly kind: 'noted'; readonly note: number; readonly octets: 4 | 8; readonly reducible: boolean };

/** Words of the text fields that come as UUIDs too, in the order of their notes. */
export const UUID_TARGETS: readonly (readonly [element: string, field: FlowFieldName])[] = [
  ['sourcePodUUID', 'sourcePodUID'],
  ['destinationPodUUID', 'destinationPodUID'],
  ['sourceNodeUUID', 'sourceNodeUID'],
  ['destinationNodeUUID', 'destinationNodeUID'],
  ['destinationServiceUUID', 'destinationServiceUID'],
  ['ingressNetworkPolicyUUID', 'ingressNetworkPolicyUID'],
  ['egressNetworkPolicyUUID', 'egressNetworkPolicyUID'],
  ['egressUUID', 'egressUID'],
  ['egressNodeUUID', 'egressNodeUID'],
];

/** Fields that only enrichment fills, whatever a record says (flow-rules.md §7). */
const NEVER_FROM_RECORDS: ReadonlySet<string> = new Set(['sourcePodLabels', 'destinationPodLabels']);

const word = (field: FlowFieldName): number => FLOW_BLOCK.slots[field].word;
const moment = (note: number): Target => ({ kind: 'noted', note, octets: 8, reducible: false });
const number = (note: number): Target => ({ kind: 'noted', note, octets: 4, reducible: true });

/** The elements whose value is not simply the field of the same name. */
const SPECIAL: Readonly<Record<string, Target>> = {
  sourceIPv4Address: { kind: 'endpoint', word: word('sourceIP'), family: 4, note: Note.SourceIPv4 },
  sourceIPv6Address: { kind: 'endpoint', word: word('sourceIP'), family: 6, note: Note.SourceIPv6 },
  destinationIPv4Address: { kind: 'endpoint', word: word('destinationIP'), family: 4, note: Note.DestinationIPv4 },
  destinationIPv6Address: { kind: 'endpoint', word: word('destinationIP'), family: 6, note: Note.DestinationIPv6 },
  destinationClusterIPv4: { kind: 'address', word: word('destinationClusterIP'), family: 4, note: Note.ClusterIPv4 },
  destinationClusterIPv6: { kind: 'address', word: word('destinationClusterIP'), family: 6, note: Note.ClusterIPv6 },
  destinationServiceIPv4: { kind: 'address', word: word('destinationServiceIP'), family: 4, note: Note.ServiceIPv4 },
  destinationServiceIPv6: { kind: 'address', word: word('destinationServiceIP'), family: 6, note: Note.ServiceIPv6 },
  proxySnatIPv4: { kind: 'address', word: word('proxySnatIP'), family: 4, note: Note.ProxySnatIPv4 },
  proxySnatIPv6: { kind: 'address', word: word('proxySnatIP'), family: 6, note: Note.ProxySnatIPv6 },
  egressIP: { kind: 'addressText', word: word('egressIP'), note: Note.EgressIP },
  flowStartMilliseconds: moment(Note.StartMilliseconds),
  flowStartMicroseconds: moment(Note.StartMicroseconds),
  flowStartNanoseconds: moment(Note.StartNanoseconds),
  flowStartSysUpTime: number(Note.StartSysUpTime),
  flowStartDeltaMicroseconds: number(Note.StartDeltaMicroseconds),
  flowEndMilliseconds: moment(Note.EndMilliseconds),
  flowEndMicroseconds: moment(Note.EndMicroseconds),
  flowEndNanoseconds: moment(Note.EndNanoseconds),
  flowEndSysUpTime: number(Note.EndSysUpTime),
  flowEndDeltaMicroseconds: number(Note.EndDeltaMicroseconds),
  systemInitTimeMilliseconds: moment(Note.SystemInitTime),
  flowDurationMilliseconds: number(Note.Duration),
  samplingInterval: number(Note.SamplingInterval),
  samplerRandomInterval: number(Note.SamplerRandomInterval),
  samplingPacketInterval: number(Note.SamplingPacketInterval),
  samplingPacketSpace: number(Note.SamplingPacketSpace),
  ...Object.fromEntries(
    UUID_TARGETS.map(([element, field], i): [string, Target] => [
      element,
      { kind: 'uuid', word: word(field), note: Note.FirstUuid + i },
    ]),
  ),
};

const targets = new Map<InformationElement, Target>();
for (const element of INFORMATION_ELEMENTS) {
  const target = SPECIAL[element.name] ?? sameName(element.name);
  if (target) targets.set(element, target);
}

/** Where an element's value goes in a record; undefined for what Weir knows but has no use for on input. */
export function targetOf(element: InformationElement): Target | undefined {
  return targets.get(element);
}

function sameName(name: string): Target | undefined {
  if (Object.hasOwn(COUNTER_FIELDS, name)) {
    const counter = name as CounterName;
    return { kind: 'counter', word: RECORD_ROW.counters + COUNTER_BLOCK.slots[counter].word, bit: counterBit(counter) };
  }
  if (!Object.hasOwn(FLOW_FIELDS, name) || NEVER_FROM_RECORDS.has(name)) return undefined;
  const slot: Slot = FLOW_BLOCK.slots[name as FlowFieldName];
  switch (slot.kind) {
    case 'u8':
      return { kind: 'integer', bits: 8, word: slot.word, shift: slot.shift };
    case 'u16':
      return { kind: 'integer', bits: 16, word: slot.word, shift: slot.shift };
    case 'u32':
      return { kind: 'word', word: slot.word };
    case 'text':
      return { kind: 'text', word: slot.word };
    case 'u64':
    case 'endpoint':
    case 'address':
      return undefined;
  }
}
