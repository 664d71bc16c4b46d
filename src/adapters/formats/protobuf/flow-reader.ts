import { IPV4_PREFIX_WORD, isMappedIPv4, isUnspecified } from '../../../domain/flow/address.js';
import { FlowRecord } from '../../../domain/flow/flow-record.js';
import { overrun, Wire } from './wire.js';
import { ProtobufError } from './protobuf-error.js';
import { isText } from './utf8.js';

/** What to do with a field that has octets. A const enum here, beside the loop, so that the switch compares with literals. */
export const enum OctetsStep {
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
}

/** What to do with a field that is a number. */
export const enum NumberStep {
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
 * Each message has a part: at its base the number of entries, then one for each field, by the field's number; 0 is a field to be
 * passed over. An entry packs the field's wire type (3 bits), the word of the row or the base of a message's part (8), a shift within
 * the word (5), and the number of a bit of `Seen`, from 1 (5).
 */
export interface Plan {
  readonly entries: Uint32Array;
  /** The step of each entry: its wire type says of which kind. */
  readonly octetsSteps: ArrayLike<OctetsStep>;
  readonly numberSteps: ArrayLike<NumberStep>;
  /** The path of the field of each entry. */
  readonly names: readonly string[];
}

const LENGTH_DELIMITED = 2;
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
    this.#fields(0, start, end);
  }

  /** Reads the fields of a message, and those of the messages in it. Of a field that comes again the last value stays, as protobuf has it. */
  #fields(base: number, start: number, end: number): void {
    const { entries } = this.#plan;
    const bytes = this.#bytes;
    const known = entries[base]!;
    let at = start;
    while (at < end) {
      const from = at;
      let tag = bytes[at]!;
      if (tag < 0x80) at++;
      else {
        at = this.#wire.tag(bytes, at, end);
        tag = this.#wire.low;
      }
      const field = tag >>> 3;
      if (field === 0) throw new ProtobufError('field_number', from, 'no field has the number 0');
      const entry = field < known ? entries[base + field]! : 0;
      if (entry === 0) {
        at = this.#wire.skip(bytes, tag, at, end);
      } else if (((tag ^ entry) & 7) !== 0) {
        throw this.#wrongType(base + field, tag, from);
      } else if ((tag & 7) === LENGTH_DELIMITED) {
        let length = at < end ? bytes[at]! : 0x80;
        if (length < 0x80) {
          at++;
          if (length > end - at) throw overrun(from);
        } else {
          at = this.#wire.length(bytes, at, end);
          length = this.#wire.low;
        }
        this.#octets(entry, base + field, at, at + length);
        at += length;
      } else {
        let low = at < end ? bytes[at]! : 0x80;
        let high = 0;
        if (low < 0x80) at++;
        else {
          at = this.#wire.varint(bytes, at, end);
          low = this.#wire.low;
          high = this.#wire.high;
        }
        this.#number(entry, base + field, low, high);
      }
    }
  }

  /** Takes the value of a field that has octets. */
  #octets(entry: number, index: number, start: number, end: number): void {
    const word = (entry >>> 3) & 0xff;
    switch (this.#plan.octetsSteps[index]!) {
      case OctetsStep.Message:
        this.seen |= bitOf(entry);
        this.#fields(word, start, end);
        break;
      case OctetsStep.Text:
        if (!isText(this.#bytes, this.#view, start, end)) throw this.#noText(index, start);
        this.#row[word] = FlowRecord.reference(start - this.#origin, end - start);
        break;
      case OctetsStep.Endpoint:
        this.#endpoint(word, bitOf(entry), start, end - start);
        break;
      case OctetsStep.Address:
        this.#row[word] = this.#address(start, end - start);
        break;
      case OctetsStep.AddressUnlessZero:
        this.#row[word] = this.#unlessZero(this.#address(start, end - start));
        break;
      case OctetsStep.Labels:
        this.#labels(bitOf(entry), start, end);
        break;
    }
  }

  /** Takes the value of a field that is a number. */
  #number(entry: number, index: number, low: number, high: number): void {
    const row = this.#row;
    const word = (entry >>> 3) & 0xff;
    const shift = (entry >>> 11) & 0x1f;
    switch (this.#plan.numberSteps[index]!) {
      case NumberStep.Counter:
        row[word] = low;
        row[word + 1] = high;
        break;
      case NumberStep.Pair:
        this.#mark(bitOf(entry), low > 0xffff);
        row[word] = (row[word]! & ~(0xffff << shift)) | ((low & 0xffff) << shift);
        break;
      case NumberStep.Octet:
        this.#mark(bitOf(entry), low > 0xff);
        row[word] = (row[word]! & ~(0xff << shift)) | ((low & 0xff) << shift);
        break;
      case NumberStep.Enumeration:
        row[word] = (row[word]! & ~(0xff << shift)) | (Math.min(low, 0xff) << shift);
        break;
      case NumberStep.Word:
        row[word] = low;
        break;
      case NumberStep.Seconds:
        row[word] = high === 0 ? low : high >= 0x8000_0000 ? 0 : MAX_WORD;
        break;
    }
  }

  #mark(bit: number, isSo: boolean): void {
    if (isSo) this.seen |= bit;
    else this.seen &= ~bit;
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
    const right = this.#plan.entries[index]! & 7;
    return new ProtobufError(
      'wire_type',
      offset,
      `${this.#plan.names[index]!} has the wire type ${tag & 7}, not ${right}`,
    );
  }

  #noText(index: number, offset: number): ProtobufError {
    return new ProtobufError('utf8', offset, `${this.#plan.names[index]!} is not UTF-8`);
  }
}

/** The bit of `Seen` that an entry names; 0 if it names none. */
function bitOf(entry: number): number {
  return (1 << (entry >>> 16)) >>> 1;
}
