import type { Steps } from './record-reader.js';
import type { TemplateKind } from './template-record.js';

/**
 * Fields whose place in a record is noted while it is read, because what they mean depends on other fields. The number is the index in
 * `Notes`.
 */
export const Note = {
  SourceIPv4: 0,
  SourceIPv6: 1,
  DestinationIPv4: 2,
  DestinationIPv6: 3,
  ClusterIPv4: 4,
  ClusterIPv6: 5,
  ServiceIPv4: 6,
  ServiceIPv6: 7,
  ProxySnatIPv4: 8,
  ProxySnatIPv6: 9,
  EgressIP: 10,
  StartMilliseconds: 11,
  StartMicroseconds: 12,
  StartNanoseconds: 13,
  StartSysUpTime: 14,
  StartDeltaMicroseconds: 15,
  EndMilliseconds: 16,
  EndMicroseconds: 17,
  EndNanoseconds: 18,
  EndSysUpTime: 19,
  EndDeltaMicroseconds: 20,
  SystemInitTime: 21,
  Duration: 22,
  SamplingInterval: 23,
  SamplerRandomInterval: 24,
  SamplingPacketInterval: 25,
  SamplingPacketSpace: 26,
  /** The first of the nine UUIDs; they follow each other in the order of `UUID_TARGETS`. */
  FirstUuid: 27,
} as const;

/** Notes of a record: nine UUIDs follow the first. */
export const NOTE_COUNT = Note.FirstUuid + 9;

/** What has to be done to a record after its fields were read, as bits. Antrea's IPv4 template needs only EgressIP. */
export const FixUp = {
  /** Times other than seconds, or a start or an end that is missing. */
  Times: 1,
  /** IPv6 addresses, or addresses of both families: which family is the flow's? */
  Families: 2,
  /** The record says how it was sampled. */
  Sampling: 4,
  /** An address that is text; most records have none. */
  EgressIP: 8,
  /** 16-octet UUIDs that become text. */
  Uuids: 16,
} as const;

/**
 * A compiled template: what to do with each field of its records, in their order. Plans are shared by all sessions that have the same
 * template, so nothing in one depends on a session.
 */
export interface Plan extends Steps {
  readonly kind: TemplateKind;
  /** Bits of the counters that records carry (flow-rules.md §1). */
  readonly carried: number;
  /** Bits of `FixUp`. */
  readonly fixUps: number;
  /** Which notes the plan takes, 1 or 0 by `Note`; the others are stale in a record's notes. */
  readonly noted: Uint8Array;
  /** Whether the template has flowStartSeconds, flowEndSeconds. */
  readonly hasStartSeconds: boolean;
  readonly hasEndSeconds: boolean;
  /** Whether the template names a source and a destination address; records without are dropped. */
  readonly hasSource: boolean;
  readonly hasDestination: boolean;
  /** Whether it has fields whose elements Weir doesn't know. */
  readonly hasUnknown: boolean;
  /** What the template counts against limits.maxTemplates: 1 for each begun 128 fields, since its memory grows with them. */
  readonly weight: number;
}
