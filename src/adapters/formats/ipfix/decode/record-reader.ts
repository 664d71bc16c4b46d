import { IPV4_PREFIX_WORD } from '../../../../domain/flow/address.js';

/**
 * Steps of a plan, with the operands each takes. A const enum here, beside the loop, so that the switch compares with literals.
 */
export const enum Operation {
  /** Octets to pass over. */
  Skip,
  /** Number of variable-length fields to pass over. */
  SkipVariable,
  /** Number of variable-length texts, then the word of each. */
  Texts,
  /** Word and length of a text of fixed length; zeros at its end are padding. */
  FixedText,
  /** Number of 8-octet counters, then the word of each. */
  Counters,
  /** Word and length of a counter of 1 to 7 octets (RFC 7011 §6.2). */
  ReducedCounter,
  /** Word for four octets. */
  Word,
  /** Word and shift: an octet that begins its word, the other bits of which become 0. */
  FirstOctet,
  /** Word and shift: an octet added to its word. */
  NextOctet,
  /** As FirstOctet, with two octets. */
  FirstPair,
  /** As NextOctet, with two octets. */
  NextPair,
  /** First word of an IPv4 address of the key. */
  EndpointIPv4,
  /** First word of an IPv6 address of the key. */
  EndpointIPv6,
  /** Word for a reference to an IPv4 address; none if it is zero. */
  AddressIPv4,
  /** Word for a reference to an IPv6 address; none if it is zero, the IPv4 address if it is a mapped one. */
  AddressIPv6,
  /** Note and length of a field that a fix-up reads. */
  Note,
  /** Note of a variable-length field that a fix-up reads. */
  NoteVariable,
}

/** What reading and counting the records of a template needs to know. */
export interface Steps {
  /** What to do, one step a run of fields: see `Operation`. */
  readonly operations: ArrayLike<Operation>;
  /** What the steps need to know, in the order in which they ask. */
  readonly operands: Uint32Array;
  /** Octets of the shortest record: variable-length fields are empty. At least 1. */
  readonly shortestRecord: number;
  /** For each variable-length field, the octets of fixed length between it and the one before. Empty: all records have one length. */
  readonly gaps: Uint32Array;
  /** Octets after the last variable-length field. */
  readonly tail: number;
}

/** Length octet that says "the length is in the next two" (RFC 7011 §7). */
const LONG_FORM = 255;

/** Where noted fields are in the message and how long they are, by `Note`. */
export interface Notes {
  readonly at: Uint32Array;
  readonly length: Uint32Array;
}

/**
 * Counts the records of a data set's content and checks that each lies within it.
 *
 * @param position first octet after the set's header
 * @param end end of the set
 * @returns the number of records, or −1 − the position of the one that runs over the end. What is left after the last record and is
 *   shorter than the shortest record is padding (RFC 7011 §3.3.1); content that has no record at all is a record cut short.
 */
export function countRecords(plan: Steps, bytes: Uint8Array, position: number, end: number): number {
  const { shortestRecord, gaps, tail } = plan;
  const variable = gaps.length;
  if (end - position < shortestRecord) return end === position ? 0 : -1 - position;
  if (variable === 0) return Math.floor((end - position) / shortestRecord);
  let count = 0;
  for (let at = position; end - at >= shortestRecord; count++) {
    const start = at;
    // Octets that may still go into variable-length fields: while it isn't negative all reads below are inside the set.
    let slack = end - at - shortestRecord;
    for (let i = 0; i < variable; i++) {
      at += gaps[i]!;
      let length = bytes[at++]!;
      if (length === LONG_FORM) {
        slack -= 2;
        if (slack < 0) return -1 - start;
        length = (bytes[at]! << 8) | bytes[at + 1]!;
        at += 2;
      }
      slack -= length;
      if (slack < 0) return -1 - start;
      at += length;
    }
    at += tail;
  }
  return count;
}

/** What {@link readRecord} returns for a record that runs over the end of its set. */
export const OVERRUN = -1;

/**
 * Reads one record into a row, following the plan.
 *
 * References are counted from `origin`, the start of the message, and `view` and `bytes` are the same octets. Nothing is allocated.
 *
 * @param end end of the set, from which the record is at least the plan's shortest record away
 * @returns where the record ends, or {@link OVERRUN}: the row has parts of it then
 */
export function readRecord(
  plan: Steps,
  view: DataView,
  bytes: Uint8Array,
  origin: number,
  position: number,
  end: number,
  row: Uint32Array,
  notes: Notes,
): number {
  const { operations, operands } = plan;
  const steps = operations.length;
  let at = position;
  let next = 0;
  // As in countRecords: what is left for variable-length fields keeps all reads inside the set.
  let slack = end - position - plan.shortestRecord;
  for (let step = 0; step < steps; step++) {
    switch (operations[step]!) {
      case Operation.Texts: {
        const afterLast = next + 1 + operands[next]!;
        for (next++; next < afterLast; next++) {
          let length = bytes[at++]!;
          if (length === LONG_FORM) {
            slack -= 2;
            if (slack < 0) return OVERRUN;
            length = view.getUint16(at);
            at += 2;
          }
          slack -= length;
          if (slack < 0) return OVERRUN;
          row[operands[next]!] = length === 0 ? 0 : ((at - origin) << 16) | length;
          at += length;
        }
        break;
      }
      case Operation.Counters: {
        const afterLast = next + 1 + operands[next]!;
        for (next++; next < afterLast; next++) {
          const word = operands[next]!;
          row[word + 1] = view.getUint32(at);
          row[word] = view.getUint32(at + 4);
          at += 8;
        }
        break;
      }
      case Operation.Word:
        row[operands[next]!] = view.getUint32(at);
        next += 1;
        at += 4;
        break;
      case Operation.FirstOctet:
        row[operands[next]!] = bytes[at]! << operands[next + 1]!;
        next += 2;
        at += 1;
        break;
      case Operation.NextOctet:
        row[operands[next]!]! |= bytes[at]! << operands[next + 1]!;
        next += 2;
        at += 1;
        break;
      case Operation.FirstPair:
        row[operands[next]!] = view.getUint16(at) << operands[next + 1]!;
        next += 2;
        at += 2;
        break;
      case Operation.NextPair:
        row[operands[next]!]! |= view.getUint16(at) << operands[next + 1]!;
        next += 2;
        at += 2;
        break;
      case Operation.EndpointIPv4: {
        const word = operands[next]!;
        row[word] = 0;
        row[word + 1] = 0;
        row[word + 2] = IPV4_PREFIX_WORD;
        row[word + 3] = view.getUint32(at);
        next += 1;
        at += 4;
        break;
      }
      case Operation.EndpointIPv6: {
        const word = operands[next]!;
        row[word] = view.getUint32(at);
        row[word + 1] = view.getUint32(at + 4);
        row[word + 2] = view.getUint32(at + 8);
        row[word + 3] = view.getUint32(at + 12);
        next += 1;
        at += 16;
        break;
      }
      case Operation.AddressIPv4:
        row[operands[next]!] = referenceIPv4(view, origin, at);
        next += 1;
        at += 4;
        break;
      case Operation.AddressIPv6:
        row[operands[next]!] = referenceIPv6(view, origin, at);
        next += 1;
        at += 16;
        break;
      case Operation.Skip:
        at += operands[next]!;
        next += 1;
        break;
      case Operation.SkipVariable:
        for (let fields = operands[next]!; fields > 0; fields--) {
          let length = bytes[at++]!;
          if (length === LONG_FORM) {
            slack -= 2;
            if (slack < 0) return OVERRUN;
            length = view.getUint16(at);
            at += 2;
          }
          slack -= length;
          if (slack < 0) return OVERRUN;
          at += length;
        }
        next += 1;
        break;
      case Operation.FixedText: {
        let length = operands[next + 1]!;
        const start = at;
        at += length;
        while (length > 0 && bytes[start + length - 1] === 0) length--;
        row[operands[next]!] = length === 0 ? 0 : ((start - origin) << 16) | length;
        next += 2;
        break;
      }
      case Operation.ReducedCounter: {
        const word = operands[next]!;
        let low = 0;
        let high = 0;
        for (let octets = operands[next + 1]!; octets > 0; octets--) {
          if (octets > 4) high = (high << 8) | bytes[at]!;
          else low = (low << 8) | bytes[at]!;
          at++;
        }
        row[word] = low;
        row[word + 1] = high;
        next += 2;
        break;
      }
      case Operation.Note: {
        const note = operands[next]!;
        notes.at[note] = at;
        notes.length[note] = operands[next + 1]!;
        at += operands[next + 1]!;
        next += 2;
        break;
      }
      case Operation.NoteVariable: {
        const note = operands[next]!;
        let length = bytes[at++]!;
        if (length === LONG_FORM) {
          slack -= 2;
          if (slack < 0) return OVERRUN;
          length = view.getUint16(at);
          at += 2;
        }
        slack -= length;
        if (slack < 0) return OVERRUN;
        notes.at[note] = at;
        notes.length[note] = length;
        at += length;
        next += 1;
        break;
      }
    }
  }
  return at;
}

/** The reference to an IPv4 address; 0 if it is 0.0.0.0. */
export function referenceIPv4(view: DataView, origin: number, at: number): number {
  return view.getUint32(at) === 0 ? 0 : (((at - origin) << 16) | 4) >>> 0;
}

/** The reference to an IPv6 address: to its last four octets if it is ::ffff:a.b.c.d, 0 if it or those are zero. */
export function referenceIPv6(view: DataView, origin: number, at: number): number {
  const third = view.getUint32(at + 8);
  const last = view.getUint32(at + 12);
  if (view.getUint32(at) === 0 && view.getUint32(at + 4) === 0) {
    if (third === IPV4_PREFIX_WORD) return referenceIPv4(view, origin, at + 12);
    if (third === 0 && last === 0) return 0;
  }
  return (((at - origin) << 16) | 16) >>> 0;
}
