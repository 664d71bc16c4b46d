import { CounterBlock } from './counters.js';
import { FlowType, RuleAction } from './enumerations.js';
import { FLOW_BLOCK, RECORD_BLOCK, RECORD_ROW } from './layout.js';
import { viewOf } from './view.js';

/** A reference holds the offset from the record's origin above these bits and the length below. */
const LENGTH_BITS = 16;
const LENGTH_MASK = 0xffff;

const { slots } = FLOW_BLOCK;
const EXPORT_TIME = RECORD_ROW.own + RECORD_BLOCK.slots.exportTimeSeconds.word;
const SEQUENCE_NUMBER = RECORD_ROW.own + RECORD_BLOCK.slots.sequenceNumber.word;

const decoder = new TextDecoder();

/** All eight counters, as `FlowRecord.carried` has them. */
export const ALL_COUNTERS = 0xff;

/** Which of a connection's two Nodes a record comes from (flow-rules.md §3). */
export const Reporter = {
  /** The record names both Pods, or none. */
  Neither: 0,
  /** The source Node, or the ingress Node of a connection from outside. */
  Source: 1,
  /** The destination Node. */
  Destination: 2,
} as const;
export type Reporter = (typeof Reporter)[keyof typeof Reporter];

/**
 * One report about one connection by one exporter (flow-rules.md §1): a row that a decoder fills again for each record, valid only while
 * the receiver has it.
 *
 * Its texts and addresses are references into the message they came in: nothing is copied, hashed or decoded until a flow takes it.
 * 0 is the reference of what is absent or empty.
 */
export class FlowRecord extends viewOf(FLOW_BLOCK) {
  /** The message, or what else has the record's bytes. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where in `bytes` references are counted from; what they refer to lies within 64 KiB of it. */
  origin = 0;
  /** Address of the exporter: the transport's peer, 4 or 16 bytes, IPv4 in 4. */
  exporter: Uint8Array = new Uint8Array(0);
  /** Which counters the record carries: a bit each, in the order of COUNTER_FIELDS (flow-rules.md §1). */
  carried = ALL_COUNTERS;
  /** The eight counters. */
  readonly counters: CounterBlock;

  constructor() {
    super(new Uint32Array(RECORD_ROW.words), 0);
    this.counters = new CounterBlock(this.words, RECORD_ROW.counters);
  }

  /** Export time of the message, Unix seconds. */
  get exportTimeSeconds(): number {
    return this.words[EXPORT_TIME]!;
  }
  set exportTimeSeconds(value: number) {
    this.words[EXPORT_TIME] = value;
  }

  /** The message's sequence number plus the record's place in it, modulo 2³². */
  get sequenceNumber(): number {
    return this.words[SEQUENCE_NUMBER]!;
  }
  set sequenceNumber(value: number) {
    this.words[SEQUENCE_NUMBER] = value;
  }

  /** Puts every field at its default (flow-rules.md §1: what is missing is 0, "" or no address). */
  clear(): void {
    this.words.fill(0);
    this.carried = ALL_COUNTERS;
  }

  /** The reference to `length` bytes at `offset` from the origin; 0 if there are none. */
  static reference(offset: number, length: number): number {
    return length === 0 ? 0 : ((offset << LENGTH_BITS) | length) >>> 0;
  }

  /** Index in `bytes` of what a reference stands for. */
  start(reference: number): number {
    return this.origin + (reference >>> LENGTH_BITS);
  }

  /** Number of bytes a reference stands for. */
  length(reference: number): number {
    return reference & LENGTH_MASK;
  }

  override bytesOf(reference: number): Uint8Array {
    const start = this.start(reference);
    return this.bytes.subarray(start, start + this.length(reference));
  }

  override textOf(reference: number): string {
    return reference === 0 ? '' : decoder.decode(this.bytesOf(reference));
  }

  /** Whether the record says which Pod is at the source. */
  get namesSourcePod(): boolean {
    return this.words[slots.sourcePodName.word] !== 0;
  }

  /** Whether the record says which Pod is at the destination. */
  get namesDestinationPod(): boolean {
    return this.words[slots.destinationPodName.word] !== 0;
  }

  /** The ingress-Node half of an inter-Node from-external flow, which is keyed by what source NAT made of it (§2). */
  get isIngressNodeHalf(): boolean {
    return (
      this.flowType === FlowType.FromExternal && !this.namesDestinationPod && this.words[slots.proxySnatIP.word] !== 0
    );
  }

  /** Whether policy denied the connection where nobody else reports it (§3: an ingress Drop is reported by the source Node too). */
  get isDenied(): boolean {
    const egress = this.egressNetworkPolicyRuleAction;
    return (
      egress === RuleAction.Drop ||
      egress === RuleAction.Reject ||
      this.ingressNetworkPolicyRuleAction === RuleAction.Reject
    );
  }

  /** Whether the other Node's record must come before the flow is complete (§3). */
  get requiresCorrelation(): boolean {
    const isHalf =
      this.flowType === FlowType.InterNode ? this.namesSourcePod !== this.namesDestinationPod : this.isIngressNodeHalf;
    return isHalf && !this.isDenied;
  }

  /** Which of the connection's two Nodes sent the record (§3). */
  get reporter(): Reporter {
    if (this.namesDestinationPod) return this.namesSourcePod ? Reporter.Neither : Reporter.Destination;
    return this.namesSourcePod || this.isIngressNodeHalf ? Reporter.Source : Reporter.Neither;
  }
}
