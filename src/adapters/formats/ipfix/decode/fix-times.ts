import { FLOW_BLOCK } from '../../../../domain/flow/layout.js';
import { Note, type Plan } from './plan.js';
import type { Notes } from './record-reader.js';

const START = FLOW_BLOCK.slots.flowStartSeconds.word;
const END = FLOW_BLOCK.slots.flowEndSeconds.word;

const TWO_32 = 0x1_0000_0000;
const LAST_SECOND = TWO_32 - 1;

/** Seconds from NTP's epoch, 1900, to Unix's. Modulo 2³² the difference is right in NTP's era 1 too (RFC 7011 §5.2). */
const NTP_TO_UNIX = 2_208_988_800;

/** The last 11 bits of a dateTimeMicroseconds' fraction are finer than a microsecond and mean nothing (RFC 7011 §6.1.9). */
const MICROSECONDS = ~0x7ff;
const NANOSECONDS = ~0;

/** How far an exporter's up time may lie after its export time before it counts as having wrapped around. */
const CLOCK_SLACK_MS = 3_600_000;

/** A time that the record doesn't have. All others are not negative. */
const ABSENT = -1;

/** Domain without a known systemInitTimeMilliseconds. */
export const UNKNOWN_INIT_TIME = ABSENT;

/** The notes of one end of a flow, in the order of preference of flow-rules.md §1. */
interface MomentNotes {
  readonly milliseconds: number;
  readonly microseconds: number;
  readonly nanoseconds: number;
  readonly sysUpTime: number;
  readonly deltaMicroseconds: number;
}

const START_NOTES: MomentNotes = {
  milliseconds: Note.StartMilliseconds,
  microseconds: Note.StartMicroseconds,
  nanoseconds: Note.StartNanoseconds,
  sysUpTime: Note.StartSysUpTime,
  deltaMicroseconds: Note.StartDeltaMicroseconds,
};

const END_NOTES: MomentNotes = {
  milliseconds: Note.EndMilliseconds,
  microseconds: Note.EndMicroseconds,
  nanoseconds: Note.EndNanoseconds,
  sysUpTime: Note.EndSysUpTime,
  deltaMicroseconds: Note.EndDeltaMicroseconds,
};

/**
 * Works out start and end of a record whose template doesn't have both in seconds (flow-rules.md §1) and writes them to its row.
 *
 * @param exportSeconds export time of the message, Unix seconds
 * @param initTime systemInitTimeMilliseconds of the observation domain, for records that don't bring their own
 */
export function fixTimes(
  plan: Plan,
  notes: Notes,
  view: DataView,
  row: Uint32Array,
  exportSeconds: number,
  initTime: number,
): void {
  const exported = exportSeconds * 1000;
  const init = plan.noted[Note.SystemInitTime] ? readUnsigned(view, notes, Note.SystemInitTime) : initTime;
  let start = plan.hasStartSeconds ? row[START]! * 1000 : moment(plan, notes, view, START_NOTES, exported, init);
  let end = plan.hasEndSeconds ? row[END]! * 1000 : moment(plan, notes, view, END_NOTES, exported, init);
  if (plan.noted[Note.Duration] && (start === ABSENT) !== (end === ABSENT)) {
    const duration = readUnsigned(view, notes, Note.Duration);
    if (end === ABSENT) end = start + duration;
    else start = Math.max(0, end - duration);
  }
  if (end === ABSENT) end = exported;
  if (start === ABSENT) start = end;
  row[START] = wholeSeconds(start);
  row[END] = wholeSeconds(end);
}

/** One end of the flow in Unix milliseconds, by the first of its elements that the record has. */
function moment(
  { noted }: Plan,
  notes: Notes,
  view: DataView,
  of: MomentNotes,
  exported: number,
  init: number,
): number {
  if (noted[of.milliseconds]) return readUnsigned(view, notes, of.milliseconds);
  if (noted[of.microseconds]) return readNtp(view, notes.at[of.microseconds]!, MICROSECONDS);
  if (noted[of.nanoseconds]) return readNtp(view, notes.at[of.nanoseconds]!, NANOSECONDS);
  if (noted[of.sysUpTime] && init !== UNKNOWN_INIT_TIME) {
    return Math.max(0, unwrap(init + readUnsigned(view, notes, of.sysUpTime), exported));
  }
  if (noted[of.deltaMicroseconds])
    return Math.max(0, exported - readUnsigned(view, notes, of.deltaMicroseconds) / 1000);
  return ABSENT;
}

/** dateTimeMicroseconds and dateTimeNanoseconds are NTP timestamps (RFC 7011 §6.1.9, §6.1.10): seconds since 1900 and a fraction. */
function readNtp(view: DataView, at: number, fractionBits: number): number {
  const seconds = (view.getUint32(at) - NTP_TO_UNIX) >>> 0;
  const fraction = (view.getUint32(at + 4) & fractionBits) >>> 0;
  return seconds * 1000 + (fraction * 1000) / TWO_32;
}

/**
 * Up time in milliseconds starts again after 49.7 days, and is what is left of a number below 0 for a flow from before the exporter's
 * start: the latest moment that is not after the export is meant.
 */
function unwrap(time: number, exported: number): number {
  return time + Math.floor((exported + CLOCK_SLACK_MS - time) / TWO_32) * TWO_32;
}

function wholeSeconds(milliseconds: number): number {
  return Math.min(LAST_SECOND, Math.floor(milliseconds / 1000));
}

/** An unsigned integer of the length it has in the record; exact to 2⁵³. */
export function readUnsigned(view: DataView, notes: Notes, note: number): number {
  const at = notes.at[note]!;
  const length = notes.length[note]!;
  if (length === 4) return view.getUint32(at);
  if (length === 8) return view.getUint32(at) * TWO_32 + view.getUint32(at + 4);
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + view.getUint8(at + i);
  return value;
}
