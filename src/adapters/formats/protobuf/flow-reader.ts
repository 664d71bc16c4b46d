import { IPV4_PREFIX_WORD, isMappedIPv4, isUnspecified } from '../../../domain/flow/address.js';
import { FlowRecord } from '../../../domain/flow/flow-record.js';
import { overrun, Wire } from './wire.js';
import { ProtobufError } from './protobuf-error.js';
import { isText } from './utf8.js';

/**
 * What to do with a field, by its tag. A const enum here, beside the loop, so that the switch compares with literals.
 */
export const enum Step {
  /** A field that Weir has no use for. */
  PassOver,
  /** A field of another wire type than it should have. */
  Refuse,
  /** A message: its part of the plan is read in its turn. */
  Message,
  /** A string, for a reference. */
  Text,
  /** An address of the key. */
  Endpoint,
  /** Any other address, for a reference. */
  Address,
  /** Likewise, zeros being none. */
  AddressUnlessZero,
  /** A Pod's labels, to be made JSON of. */
  Labels,
  /** A uint32 for an octet of the row. */
  Octet,
  /** An enumeration, for an octet of the row: what does not fit is 255, which has no name. */
  Enumeration,
  /** A uint32 for two octets of the row. */
  Pair,
  /** A uint32. */
  Word,
  /** A uint64. */
  Counter,
  /** An int64 of Unix seconds; what does not fit into 32 bits is the nearest that does. */
  Seconds,
}

/** What was found out about a record besides its row: bits of `FlowReader.seen`. */
export const Seen = {
  Start: 1,
  End: 1 << 1,
  Source: 1 << 2,
  /** Of neither 4 nor 16 octets; must follow the bit for presence. */
  SourceInvalid: 1 << 3,
  Destination: 1 << 4,
  DestinationInvalid: 1 << 5,
  ProtocolOutOfRange: 1 << 6,
  SourcePortOutOfRange: 1 << 7,
  DestinationPortOutOfRange: 1 << 8,
  ServicePortOutOfRange: 1 << 9,
  SnatPortOutOfRange: 1 << 10,
  OtherAddressInvalid: 1 << 11,
  SourceLabels: 1 << 12,
  DestinationLabels: 1 << 13,
} as const;

/** Any number that does not fit. */
export const OUT_OF_RANGE =
  Seen.ProtocolOutOfRange |
  Seen.SourcePortOutOfRange |
  Seen.DestinationPortOutOfRange |
  Seen.ServicePortOutOfRange |
  Seen.SnatPortOutOfRange;

/**
 * What to do with the fields of all messages.
 *
 * Each message has a part: at its base the number of entries, then one for each tag, 0 for what is to be passed over. An entry packs
 * the step (4 bits), the word of the row or the base of a message's part (12), a shift within the word (5), and the number of a bit of
 * `Seen`, from 1 (5).
 */
export interface Plan {
  readonly entries: Uint32Array;
  /** The path of the field of each entry. */
  readonly names: readonly string[];
}

/** Messages lie in each other less deep than this. */
const DEPTH = 8;

const LENGTH_DELIMITED = 2;
/** Tags below are those of field 0. */
const FIRST_TAG = 8;
const MAX_WORD = 0xffffffff;

/** Where the octets of a message Labels are. */
export interface LabelsOctets {
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** A Flow is shorter than this, as a reference's offset has 16 bits; so is all that is put together of its parts. */
export const FLOW_LIMIT = 0x1_0000;

/** Reads the octets of a message Flow into a record's row, field by field as they come; nothing is allocated. */
export class FlowReader {
  /** Bits of {@link Seen}. */
  seen = 0;
  readonly sourceLabels: LabelsOctets = { bytes: new Uint8Array(0), start: 0, end: 0 };
  readonly destinationLabels: LabelsOctets = { bytes: new Uint8Array(0), start: 0, end: 0 };
  readonly #plan: Plan;
  readonly #row: Uint32Array;
  readonly #wire = new Wire();
  /** End and base of the messages that the one in hand lies in. */
  readonly #outer = new Uint32Array(2 * DEPTH);
  /** Where Labels that came in several parts are put together, if any ever did: the source's first. */
  #merged = new Uint8Array(0);
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  #origin = 0;

  constructor(plan: Plan, row: Uint32Array) {
    this.#plan = plan;
    this.#row = row;
  }

  /**
   * Reads the message that fills `bytes` from `start` to `end`, which is less than 64 KiB. What it lacks stays in the row as it is.
   *
   * @param view the same octets as `bytes`
   * @throws ProtobufError if it is none: its offset is that in `bytes`, and the row has parts of the message then
   */
  read(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    this.seen = 0;
    this.#bytes = bytes;
    this.#view = view;
    this.#origin = start;
    this.#fields(start, end);
  }

  /**
   * Reads the fields of a message, and those of the messages in it. Of a field that comes again the last value stays, as protobuf has
   * it. One loop for all: what it needs stays in registers.
   */
  #fields(start: number, outermostEnd: number): void {
    const { entries } = this.#plan;
    const wire = this.#wire;
    const outer = this.#outer;
    const bytes = this.#bytes;
    const row = this.#row;
    let base = 0;
    let depth = 0;
    let end = outermostEnd;
    let at = start;
    for (;;) {
      while (at === end) {
        if (depth === 0) return;
        base = outer[--depth]!;
        end = outer[--depth]!;
      }
      const from = at;
      let tag = bytes[at++]!;
      if (tag >= 0x80) {
        if (at < end && bytes[at]! < 0x80) tag = (tag & 0x7f) | (bytes[at++]! << 7);
        else {
          at = wire.tag(bytes, from, end);
          tag = wire.low;
        }
      }
      if (tag < FIRST_TAG) throw new ProtobufError('field_number', from, 'no field has the number 0');
      const entry = tag < entries[base]! ? entries[base + tag]! : 0;
      const word = (entry >>> 4) & 0xfff;
      const step: unknown = entry & 0xf;
      if ((tag & 7) === LENGTH_DELIMITED) {
        let length = at < end ? bytes[at]! : 0x80;
        if (length < 0x80) at++;
        else {
          at = wire.varint(bytes, at, end);
          length = wire.high === 0 ? wire.low : MAX_WORD;
        }
        if (length > end - at) throw overrun(from);
        const next = at + length;
        switch (step as Step) {
          case Step.Message:
            this.seen |= bitOf(entry);
            outer[depth++] = end;
            outer[depth++] = base;
            base = word;
            end = next;
            continue;
          case Step.Text:
            if (!isText(bytes, this.#view, at, next)) throw this.#noText(base + tag, at);
            row[word] = length === 0 ? 0 : ((at - start) << 16) | length;
            break;
          case Step.Endpoint:
            this.#endpoint(word, bitOf(entry), at, length);
            break;
          case Step.Address:
            row[word] = this.#address(at, length);
            break;
          case Step.AddressUnlessZero:
            row[word] = this.#unlessZero(this.#address(at, length));
            break;
          case Step.Labels:
            this.#labels(bitOf(entry), at, next);
            break;
          case Step.Refuse:
            throw this.#wrongType(base + tag, tag, from);
          default:
            break;
        }
        at = next;
        continue;
      }
      if (entry === 0) {
        at = wire.skip(bytes, tag, at, end);
        continue;
      }
      let low = at < end ? bytes[at]! : 0x80;
      let high = 0;
      if (low < 0x80) at++;
      else {
        at = wire.varint(bytes, at, end);
        low = wire.low;
        high = wire.high;
      }
      const shift = (entry >>> 16) & 0x1f;
      switch (step as Step) {
        case Step.Counter:
          row[word] = low;
          row[word + 1] = high;
          break;
        case Step.Pair:
          if (low > 0xffff) this.seen |= bitOf(entry);
          else this.seen &= ~bitOf(entry);
          row[word] = (row[word]! & ~(0xffff << shift)) | ((low & 0xffff) << shift);
          break;
        case Step.Octet:
          if (low > 0xff) this.seen |= bitOf(entry);
          else this.seen &= ~bitOf(entry);
          row[word] = (row[word]! & ~(0xff << shift)) | ((low & 0xff) << shift);
          break;
        case Step.Enumeration:
          row[word] = (row[word]! & ~(0xff << shift)) | ((low > 0xff ? 0xff : low) << shift);
          break;
        case Step.Word:
          row[word] = low;
          break;
        case Step.Seconds:
          row[word] = high === 0 ? low : high >= 0x8000_0000 ? 0 : MAX_WORD;
          break;
        default:
          throw this.#wrongType(base + tag, tag, from);
      }
    }
  }

  /** An empty value is none at all: that is what protobuf's encoders leave out. */
  #endpoint(word: number, present: number, start: number, length: number): void {
    const invalid = present << 1;
    this.seen &= ~(present | invalid);
    const row = this.#row;
    const view = this.#view;
    if (length === 4) {
      row[word] = 0;
      row[word + 1] = 0;
      row[word + 2] = IPV4_PREFIX_WORD;
      row[word + 3] = view.getUint32(start);
      this.seen |= present;
    } else if (length === 16) {
      for (let i = 0; i < 4; i++) row[word + i] = view.getUint32(start + 4 * i);
      this.seen |= present;
    } else if (length !== 0) this.seen |= invalid;
  }

  /** The reference to an address; 0 if it is none. */
  #address(start: number, length: number): number {
    let at = start;
    let octets = length;
    if (length === 16 && isMappedIPv4(this.#bytes, start)) {
      at = start + 12;
      octets = 4;
    } else if (length !== 4 && length !== 16) {
      if (length !== 0) this.seen |= Seen.OtherAddressInvalid;
      return 0;
    }
    return FlowRecord.reference(at - this.#origin, octets);
  }

  #unlessZero(reference: number): number {
    return isUnspecified(this.#bytes, this.#origin + (reference >>> 16), reference & 0xffff) ? 0 : reference;
  }

  /** Messages that come again are one with the fields of all: their octets one after the other. */
  #labels(bit: number, start: number, end: number): void {
    const isSource = bit === Seen.SourceLabels;
    const labels = isSource ? this.sourceLabels : this.destinationLabels;
    if ((this.seen & bit) === 0) {
      labels.bytes = this.#bytes;
      labels.start = start;
      labels.end = end;
      this.seen |= bit;
      return;
    }
    if (this.#merged.length === 0) this.#merged = new Uint8Array(2 * FLOW_LIMIT);
    if (labels.bytes !== this.#merged) {
      const at = isSource ? 0 : FLOW_LIMIT;
      this.#merged.set(labels.bytes.subarray(labels.start, labels.end), at);
      labels.bytes = this.#merged;
      labels.end += at - labels.start;
      labels.start = at;
    }
    this.#merged.set(this.#bytes.subarray(start, end), labels.end);
    labels.end += end - start;
  }

  #wrongType(index: number, tag: number, offset: number): ProtobufError {
    return new ProtobufError('wire_type', offset, `${this.#plan.names[index]!} can't have the wire type ${tag & 7}`);
  }

  #noText(index: number, offset: number): ProtobufError {
    return new ProtobufError('utf8', offset, `${this.#plan.names[index]!} is not UTF-8`);
  }
}

/** The bit of `Seen` that an entry names; 0 if it names none. */
function bitOf(entry: number): number {
  return (1 << (entry >>> 21)) >>> 1;
}
