import { counterBit } from '../../../../domain/flow/counters.js';
import { FLOW_BLOCK } from '../../../../domain/flow/layout.js';
import { findInformationElement, VARIABLE_LENGTH } from '../information-elements.js';
import { type Target, targetOf } from './element-targets.js';
import { FixUp, Note, NOTE_COUNT, type Plan } from './plan.js';
import { Operation } from './record-reader.js';
import { StepBuilder } from './step-builder.js';
import { type FieldSpecifier, TEMPLATE_SET, type TemplateKind } from './template-record.js';

const START_SECONDS = FLOW_BLOCK.slots.flowStartSeconds.word;
const END_SECONDS = FLOW_BLOCK.slots.flowEndSeconds.word;

/** Fields that count as one template against limits.maxTemplates. */
const FIELDS_PER_WEIGHT = 128;

const UUID_LENGTH = 16;

/** IANA's numbers of the elements that tell whose the totals of a template are. */
const INGRESS_UNICAST_PACKET_TOTAL_COUNT = 354;
const PACKET_DELTA_COUNT = 2;
const OCTET_DELTA_COUNT = 1;

/** The totals of the flow's direction, as bits of counters. */
const TOTALS = counterBit('packetTotalCount') | counterBit('octetTotalCount');

/** The only notes that records of options templates are read for. */
const OPTIONS_NOTES: ReadonlySet<number> = new Set([
  Note.SystemInitTime,
  Note.SamplingInterval,
  Note.SamplerRandomInterval,
  Note.SamplingPacketInterval,
  Note.SamplingPacketSpace,
]);

const SAMPLING_NOTES: readonly number[] = [
  Note.SamplingInterval,
  Note.SamplerRandomInterval,
  Note.SamplingPacketInterval,
  Note.SamplingPacketSpace,
];

/** Address elements come in pairs: a note's twin of the other family differs in the lowest bit from it. */
const PAIRED_NOTES = Note.ProxySnatIPv6;

/** A field of a template and what its value is for; no target if it is to be skipped. */
interface ResolvedField {
  readonly length: number;
  readonly target: Target | undefined;
}

/**
 * Compiles a template.
 *
 * What Weir doesn't know, and what has a length that its type can't have, is skipped. Of several fields with one meaning the first
 * counts (RFC 7011 §8 has them in the order in which the exporter observed them).
 */
export function compilePlan(kind: TemplateKind, specifiers: readonly FieldSpecifier[]): Plan {
  const fields = resolve(kind, specifiers);
  const noted = new Uint8Array(NOTE_COUNT);
  for (const { target } of fields) if (target && 'note' in target) noted[target.note] = 1;
  const steps = new StepBuilder();
  for (const field of fields) emit(steps, field, noted);
  const words = new Set(
    fields
      .map(({ target }) => target)
      .filter((target) => target?.kind === 'word')
      .map((target) => target.word),
  );
  const hasStartSeconds = words.has(START_SECONDS);
  const hasEndSeconds = words.has(END_SECONDS);
  const isData = kind === TEMPLATE_SET;
  return {
    kind,
    ...steps.build(),
    carried: fields.reduce((bits, { target }) => (target?.kind === 'counter' ? bits | target.bit : bits), 0),
    fixUps: isData ? fixUpsOf(noted, hasStartSeconds && hasEndSeconds) : 0,
    noted,
    hasStartSeconds,
    hasEndSeconds,
    hasSource: (noted[Note.SourceIPv4]! | noted[Note.SourceIPv6]!) !== 0,
    hasDestination: (noted[Note.DestinationIPv4]! | noted[Note.DestinationIPv6]!) !== 0,
    hasUnknown: specifiers.some(
      ({ enterpriseNumber, id }) => findInformationElement(enterpriseNumber, id) === undefined,
    ),
    weight: weightOf(specifiers.length),
  };
}

/** What a template of so many fields counts against limits: see `Plan.weight`. */
export function weightOf(fieldCount: number): number {
  return Math.ceil(fieldCount / FIELDS_PER_WEIGHT);
}

function resolve(kind: TemplateKind, specifiers: readonly FieldSpecifier[]): ResolvedField[] {
  const taken = new Set<string>();
  const isOfPoint = totalsAreOfPoint(specifiers);
  return specifiers.map(({ enterpriseNumber, id, length }) => {
    const element = findInformationElement(enterpriseNumber, id);
    const target = element && targetOf(element);
    const isWanted = target && (kind === TEMPLATE_SET || ('note' in target && OPTIONS_NOTES.has(target.note)));
    if (!isWanted || !canRead(target, length)) return { length, target: undefined };
    if (isOfPoint && target.kind === 'counter' && (target.bit & TOTALS) !== 0) return { length, target: undefined };
    const meaning = meaningOf(target);
    if (taken.has(meaning)) return { length, target: undefined };
    taken.add(meaning);
    return { length, target };
  });
}

/**
 * Whether a template's totals count what passed an observation point rather than its flows: so they do in Open vSwitch, which tells by
 * counters that only a point can have. Its deltas are the flow's, and say all.
 */
function totalsAreOfPoint(specifiers: readonly FieldSpecifier[]): boolean {
  const has = (id: number): boolean => specifiers.some((field) => field.enterpriseNumber === 0 && field.id === id);
  return has(INGRESS_UNICAST_PACKET_TOTAL_COUNT) && has(PACKET_DELTA_COUNT) && has(OCTET_DELTA_COUNT);
}

/** What two fields have in common if they say the same: their place in the row, or their note. */
function meaningOf(target: Target): string {
  switch (target.kind) {
    case 'endpoint':
    case 'address':
    case 'noted':
      return `note ${target.note}`;
    case 'integer':
      return `word ${target.word}/${target.shift}`;
    case 'word':
    case 'counter':
    case 'text':
    case 'addressText':
    case 'uuid':
      return `word ${target.word}`;
  }
}

function canRead(target: Target, length: number): boolean {
  switch (target.kind) {
    case 'integer':
      return length >= 1 && length * 8 <= target.bits;
    case 'word':
      return length === 4;
    case 'counter':
      return length >= 1 && length <= 8;
    case 'endpoint':
    case 'address':
      return length === (target.family === 4 ? 4 : 16);
    case 'noted':
      return length === target.octets || (target.reducible && length >= 1 && length < target.octets);
    case 'uuid':
      return length === UUID_LENGTH || length === VARIABLE_LENGTH;
    case 'text':
    case 'addressText':
      return true;
  }
}

function emit(steps: StepBuilder, { length, target }: ResolvedField, noted: Uint8Array): void {
  const isVariable = length === VARIABLE_LENGTH;
  if (target === undefined) {
    if (isVariable) steps.skipVariable();
    else steps.skip(length);
    return;
  }
  switch (target.kind) {
    case 'text':
      if (isVariable) steps.text(target.word);
      else steps.fixed(Operation.FixedText, length, target.word, length);
      return;
    case 'integer':
      steps.integer(target.word, target.shift, length);
      return;
    case 'word':
      steps.fixed(Operation.Word, length, target.word);
      return;
    case 'counter':
      steps.counter(target.word, length);
      return;
    case 'endpoint':
      emitAddress(steps, target, noted, target.family === 4 ? Operation.EndpointIPv4 : Operation.EndpointIPv6);
      return;
    case 'address':
      emitAddress(steps, target, noted, target.family === 4 ? Operation.AddressIPv4 : Operation.AddressIPv6);
      return;
    case 'addressText':
    case 'uuid':
    case 'noted':
      if (isVariable) steps.noteVariable(target.note);
      else steps.fixed(Operation.Note, length, target.note, length);
  }
}

/** An address is read at once, unless its twin of the other family is there too: then a fix-up chooses. */
function emitAddress(
  steps: StepBuilder,
  { note, word, family }: Extract<Target, { kind: 'endpoint' | 'address' }>,
  noted: Uint8Array,
  operation: Operation,
): void {
  const octets = family === 4 ? 4 : 16;
  if (noted[note ^ 1]) steps.fixed(Operation.Note, octets, note, octets);
  else steps.fixed(operation, octets, word);
}

function fixUpsOf(noted: Uint8Array, hasTimes: boolean): number {
  let fixUps = hasTimes ? 0 : FixUp.Times;
  for (let note: number = Note.SourceIPv6; note <= PAIRED_NOTES; note += 2) if (noted[note]) fixUps |= FixUp.Families;
  if (SAMPLING_NOTES.some((note) => noted[note])) fixUps |= FixUp.Sampling;
  if (noted[Note.EgressIP]) fixUps |= FixUp.EgressIP;
  if (noted.subarray(Note.FirstUuid).some((is) => is !== 0)) fixUps |= FixUp.Uuids;
  return fixUps;
}
