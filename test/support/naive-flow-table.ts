import {
  COUNTER_FIELDS,
  SIDE_FIELDS,
  type CounterName,
  type FlowFieldName,
  type SideFieldName,
} from '../../src/domain/flow/fields.js';
import type { Value, Values } from './flow-values.js';

/** A record, every field given. An IPv4 address is always dotted decimal. */
export interface NaiveRecord {
  /** Fields of the flow, the exporter's address and observation domain among them. */
  readonly fields: Readonly<Record<FlowFieldName, string | number>>;
  readonly counters: Readonly<Record<CounterName, bigint>>;
  /** Counters that the record's template has. */
  readonly carries: ReadonlySet<CounterName>;
}

/** One Node's side of a flow. */
export interface NaiveSide {
  reported: boolean;
  end: number;
  counters: Record<CounterName, bigint>;
  throughput: bigint;
  reverseThroughput: bigint;
}

/** A flow as an object. */
export interface NaiveFlow {
  readonly key: string;
  readonly fields: Record<FlowFieldName, string | number>;
  readonly sides: readonly [source: NaiveSide, destination: NaiveSide];
  readonly heard: Set<Node>;
  readonly begunWithoutType: boolean;
  waiting: boolean;
  updated: boolean;
  retries: number;
  activeDeadline: number;
  inactiveDeadline: number;
}

/** Why a flow left. */
export type NaiveEnd = 'inactive' | 'uncorrelated' | 'evicted' | 'shutdown';

/** What became of a record. */
export type NaiveOutcome = 'taken' | 'older' | 'duplicate';

type Node = 'source' | 'destination';

const MAX = 2n ** 64n - 1n;
const COUNTERS = Object.keys(COUNTER_FIELDS) as CounterName[];
const TOTALS = COUNTERS.filter((name) => name.includes('Total'));
const SIDE_NAMES = Object.keys(SIDE_FIELDS) as SideFieldName[];

const saturating = (sum: bigint): bigint => (sum > MAX ? MAX : sum);
const deltaOf = (total: CounterName): CounterName => total.replace('Total', 'Delta') as CounterName;
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** Identity fields of the texts in flow-rules.md §5; numbers count as empty when they are 0. */
const IDENTITY: readonly FlowFieldName[] = [
  ...(['source', 'destination'] as const).flatMap((end): FlowFieldName[] => [
    `${end}PodName`,
    `${end}PodNamespace`,
    `${end}PodUID`,
    `${end}NodeName`,
    `${end}NodeUID`,
  ]),
  'destinationClusterIP',
  'destinationServiceIP',
  'destinationServicePort',
  'destinationServicePortName',
  ...(['ingress', 'egress'] as const).flatMap((way): FlowFieldName[] => [
    `${way}NetworkPolicyName`,
    `${way}NetworkPolicyNamespace`,
    `${way}NetworkPolicyUID`,
    `${way}NetworkPolicyRuleName`,
    `${way}NetworkPolicyRuleAction`,
    `${way}NetworkPolicyType`,
  ]),
  'egressName',
  'egressUID',
  'egressIP',
  'egressNodeName',
  'egressNodeUID',
];

/**
 * The rules of a flow (flow-rules.md §2 to §6) as plainly as they can be written: objects in a Map, counters as BigInt, deadlines found by
 * looking at every flow. Only tests use it, to compare the table with.
 */
export class NaiveFlowTable {
  readonly flows = new Map<string, NaiveFlow>();
  /** What left, in order, as snapshots. */
  readonly exported: Values[] = [];
  readonly ended: Record<NaiveEnd, number> = { inactive: 0, uncorrelated: 0, evicted: 0, shutdown: 0 };
  begun = 0;
  now: number;

  constructor(
    now: number,
    readonly activeSeconds: number,
    readonly inactiveSeconds: number,
    readonly uncorrelated: 'export' | 'drop',
  ) {
    this.now = now;
  }

  receive(record: NaiveRecord): NaiveOutcome {
    const flow = this.flows.get(keyOf(record));
    if (!flow) {
      this.#begin(record);
      return 'taken';
    }
    const sameExporter =
      record.fields.exporterIP === flow.fields.exporterIP &&
      record.fields.observationDomainId === flow.fields.observationDomainId;
    if (record.fields.flowType === 0 && flow.begunWithoutType && !sameExporter) return 'duplicate';
    this.#complete(flow, record);
    const outcome = this.#aggregate(flow, record);
    flow.inactiveDeadline = this.now + this.inactiveSeconds;
    return outcome;
  }

  /** A tick: deals with every flow that is due. */
  expire(): void {
    for (const flow of [...this.flows.values()]) {
      if (Math.min(flow.activeDeadline, flow.inactiveDeadline) > this.now) continue;
      if (flow.waiting) this.#wait(flow);
      else this.#release(flow);
    }
  }

  /** Shutdown: every flow ends. */
  drain(): void {
    for (const flow of [...this.flows.values()]) {
      if (flow.waiting) {
        this.#giveUp(flow);
      } else {
        if (flow.updated) this.#export(flow);
        this.#forget(flow, 'shutdown');
      }
    }
  }

  /** Ends one flow because a limit was reached. */
  evict(key: string): void {
    const flow = this.flows.get(key)!;
    if (flow.waiting ? this.uncorrelated === 'export' : flow.updated) this.#export(flow);
    this.#forget(flow, 'evicted');
  }

  #begin(record: NaiveRecord): void {
    const waiting = requiresCorrelation(record);
    const flow: NaiveFlow = {
      key: keyOf(record),
      fields: { ...record.fields },
      sides: [newSide(), newSide()],
      heard: new Set(fromOf(record)),
      begunWithoutType: record.fields.flowType === 0,
      waiting,
      updated: true,
      retries: 0,
      activeDeadline: waiting ? this.now + this.activeSeconds : this.now,
      inactiveDeadline: this.now + this.inactiveSeconds,
    };
    for (const side of sidesOf(flow, record)) beginSide(side, record);
    this.flows.set(flow.key, flow);
    this.begun++;
  }

  /** What a later record says of the flow's identity (§5). */
  #complete(flow: NaiveFlow, record: NaiveRecord): void {
    const from = fromOf(record);
    const isFromOtherNode = from.some((node) => !flow.heard.has(node));
    if (flow.waiting) {
      if (!requiresCorrelation(record) || isFromOtherNode) {
        takeIdentity(flow, record, () => true);
        flow.waiting = false;
        flow.activeDeadline = this.now;
        flow.updated = true;
      }
    } else if (isFromOtherNode && flow.heard.size > 0) {
      takeIdentity(flow, record, (name) => isEmpty(flow.fields[name]));
      flow.updated = true;
    }
    for (const node of from) flow.heard.add(node);
  }

  #aggregate(flow: NaiveFlow, record: NaiveRecord): NaiveOutcome {
    const taken = sidesOf(flow, record).filter((side) => takeIntoSide(side, record));
    const { fields } = flow;
    const { flowStartSeconds: start, flowEndSeconds: end, flowEndReason: reason, tcpState } = record.fields;
    if (taken.length === 0) {
      if (reason === 3 && fields.flowEndReason !== 3) {
        fields.flowEndReason = 3;
        flow.updated = true;
      }
      return 'older';
    }
    if (fields.flowEndReason !== 3) fields.flowEndReason = reason;
    if (end >= fields.flowEndSeconds) fields.tcpState = tcpState;
    fields.flowEndSeconds = Math.max(Number(fields.flowEndSeconds), Number(end));
    fields.flowStartSeconds = Math.min(Number(fields.flowStartSeconds), Number(start));
    flow.updated = true;
    return 'taken';
  }

  #wait(flow: NaiveFlow): void {
    flow.retries++;
    if (flow.retries === 3) {
      this.#giveUp(flow);
      return;
    }
    flow.activeDeadline = this.now + this.activeSeconds;
    flow.inactiveDeadline = this.now + this.inactiveSeconds;
  }

  #giveUp(flow: NaiveFlow): void {
    if (this.uncorrelated === 'export') this.#export(flow);
    this.#forget(flow, 'uncorrelated');
  }

  #release(flow: NaiveFlow): void {
    if (flow.updated) this.#export(flow);
    if (flow.inactiveDeadline <= this.now) this.#forget(flow, 'inactive');
    else flow.activeDeadline = this.now + this.activeSeconds;
  }

  #export(flow: NaiveFlow): void {
    this.exported.push(snapshotOf(flow));
    for (const side of flow.sides) {
      for (const total of TOTALS) side.counters[deltaOf(total)] = 0n;
      side.throughput = 0n;
      side.reverseThroughput = 0n;
    }
    flow.updated = false;
  }

  #forget(flow: NaiveFlow, reason: NaiveEnd): void {
    this.flows.delete(flow.key);
    this.ended[reason]++;
  }
}

/** Every field of a flow, those of its sides and those derived from them, by the names that `Flow` has for them. */
export function snapshotOf({ fields, sides: [source, destination] }: NaiveFlow): Values {
  const values: Record<string, Value> = { ...fields };
  for (const name of SIDE_NAMES) {
    values[`${name}FromSourceNode`] = sideValue(source, name);
    values[`${name}FromDestinationNode`] = sideValue(destination, name);
    if (name === 'flowEndSeconds') continue;
    const later = destination.reported && destination.end >= source.end ? destination : source;
    values[name] = name.includes('Total')
      ? larger(source.counters[name as CounterName], destination.counters[name as CounterName])
      : sideValue(later, name);
  }
  return values as Values;
}

/** The key of a record's flow (§2). */
export function keyOf(record: NaiveRecord): string {
  const { fields } = record;
  const translated = isIngressNodeHalf(record);
  return [
    translated ? fields.proxySnatIP : fields.sourceIP,
    translated ? fields.proxySnatPort : fields.sourceTransportPort,
    fields.destinationIP,
    fields.destinationTransportPort,
    fields.protocolIdentifier,
  ].join(' ');
}

function isIngressNodeHalf({ fields }: NaiveRecord): boolean {
  return fields.flowType === 4 && fields.destinationPodName === '' && fields.proxySnatIP !== '';
}

/** §3: the attempt is reported by nobody else. */
function isDenied({ fields }: NaiveRecord): boolean {
  const { egressNetworkPolicyRuleAction: egress, ingressNetworkPolicyRuleAction: ingress } = fields;
  return egress === 2 || egress === 3 || ingress === 3;
}

function requiresCorrelation(record: NaiveRecord): boolean {
  if (isDenied(record)) return false;
  if (isIngressNodeHalf(record)) return true;
  const { flowType, sourcePodName, destinationPodName } = record.fields;
  return flowType === 2 && (sourcePodName === '') !== (destinationPodName === '');
}

/** Which Node a record is from: none, or one. */
function fromOf(record: NaiveRecord): readonly Node[] {
  const { sourcePodName, destinationPodName } = record.fields;
  if ((sourcePodName !== '' && destinationPodName === '') || isIngressNodeHalf(record)) return ['source'];
  return destinationPodName !== '' && sourcePodName === '' ? ['destination'] : [];
}

function sidesOf(flow: NaiveFlow, record: NaiveRecord): readonly NaiveSide[] {
  if (!requiresCorrelation(record)) return flow.sides;
  return fromOf(record)[0] === 'source' ? [flow.sides[0]] : [flow.sides[1]];
}

function takeIdentity(flow: NaiveFlow, record: NaiveRecord, wants: (name: FlowFieldName) => boolean): void {
  for (const name of IDENTITY) {
    if (!isEmpty(record.fields[name]) && wants(name)) flow.fields[name] = record.fields[name];
  }
  if (isIngressNodeHalf(record)) {
    for (const name of ['sourceIP', 'sourceTransportPort', 'proxySnatIP', 'proxySnatPort', 'flowType'] as const)
      flow.fields[name] = record.fields[name];
  }
}

function isEmpty(value: string | number): boolean {
  return value === '' || value === 0;
}

function newSide(): NaiveSide {
  const counters = Object.fromEntries(COUNTERS.map((name) => [name, 0n])) as Record<CounterName, bigint>;
  return { reported: false, end: 0, counters, throughput: 0n, reverseThroughput: 0n };
}

/** A side's first report (§4), with what §1 says of counters that come without their counterpart. */
function beginSide(side: NaiveSide, { fields, counters, carries }: NaiveRecord): void {
  for (const total of TOTALS) {
    const delta = deltaOf(total);
    side.counters[total] = carries.has(total) ? counters[total] : carries.has(delta) ? counters[delta] : 0n;
    side.counters[delta] = carries.has(delta) ? counters[delta] : carries.has(total) ? counters[total] : 0n;
  }
  const seconds = Number(fields.flowEndSeconds) - Number(fields.flowStartSeconds);
  side.throughput = rate(side.counters.octetTotalCount, seconds) ?? 0n;
  side.reverseThroughput = rate(side.counters.reverseOctetTotalCount, seconds) ?? 0n;
  side.end = Number(fields.flowEndSeconds);
  side.reported = true;
}

/** A side's part of §5; whether it took the record. */
function takeIntoSide(side: NaiveSide, record: NaiveRecord): boolean {
  const { fields, counters, carries } = record;
  if (!side.reported) {
    beginSide(side, record);
    return true;
  }
  const end = Number(fields.flowEndSeconds);
  const isNews = end > side.end || TOTALS.some((total) => carries.has(total) && counters[total] > side.counters[total]);
  const lone = TOTALS.filter((total) => carries.has(deltaOf(total)) && !carries.has(total));
  const before = { ...side.counters };
  for (const total of isNews ? TOTALS : lone) updatePair(side, total, record);
  if (!isNews) return lone.length > 0;

  const growth = (total: CounterName): bigint =>
    side.counters[total] > before[total] ? side.counters[total] - before[total] : 0n;
  side.throughput = rate(growth('octetTotalCount'), end - side.end) ?? side.throughput;
  side.reverseThroughput = rate(growth('reverseOctetTotalCount'), end - side.end) ?? side.reverseThroughput;
  side.end = Math.max(side.end, end);
  return true;
}

/** One total and its delta. */
function updatePair(side: NaiveSide, total: CounterName, { counters, carries }: NaiveRecord): void {
  const delta = deltaOf(total);
  const known = side.counters[total];
  const reported = counters[total];
  if (carries.has(delta)) {
    side.counters[delta] = saturating(side.counters[delta] + counters[delta]);
    side.counters[total] = carries.has(total) ? reported : saturating(known + counters[delta]);
  } else if (carries.has(total)) {
    side.counters[delta] = saturating(side.counters[delta] + (reported >= known ? reported - known : reported));
    side.counters[total] = reported;
  }
}

/** Bits per second, floored, at most 2⁶⁴ − 1; undefined if the time is not positive. */
function rate(octets: bigint, seconds: number): bigint | undefined {
  return seconds > 0 ? saturating((octets * 8n) / BigInt(seconds)) : undefined;
}

function sideValue(side: NaiveSide, name: SideFieldName): Value {
  if (name === 'flowEndSeconds') return side.end;
  if (name === 'throughput' || name === 'reverseThroughput') return side[name];
  return side.counters[name];
}
