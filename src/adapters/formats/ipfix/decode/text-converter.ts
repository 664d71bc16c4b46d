import { parseAddress } from '../../../../domain/flow/address.js';
import type { FlowRecord } from '../../../../domain/flow/flow-record.js';
import { FLOW_BLOCK } from '../../../../domain/flow/layout.js';
import { UUID_TARGETS } from './element-targets.js';
import type { MessageInHand } from './message-in-hand.js';
import { Note, type Plan } from './plan.js';
import type { Notes } from './record-reader.js';

const EGRESS_IP = FLOW_BLOCK.slots.egressIP.word;
const UUID_WORDS = UUID_TARGETS.map(([, field]) => FLOW_BLOCK.slots[field].word);

const UUID_LENGTH = 16;
const UUID_TEXT_LENGTH = 36;
/** What all conversions of one record can need: nine UUIDs as text, an address. */
const ROOM = UUID_WORDS.length * UUID_TEXT_LENGTH + 16;
/** A reference's offset has 16 bits. */
const REACH = 0x1_0000;
/** Where a result goes that there is no room for. */
const NO_ROOM = -1;
/** The longest text of an address: an IPv6 address that ends in dotted decimal. */
const LONGEST_ADDRESS_TEXT = 45;

const HEX = new TextEncoder().encode('0123456789abcdef');
const DASH = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;

const latin1 = new TextDecoder('latin1');

/**
 * Turns what a record spells otherwise than a flow does: egressIP from text to octets, UUIDs from octets to text.
 *
 * What it makes has no place in the message, and references reach 64 KiB from the record's origin. So the record moves, with all
 * references as they are, to a buffer that has room for the results; the message stays untouched.
 */
export class TextConverter {
  /** As the message is, as far as the record is concerned. Made when the first record needs it. */
  #buffer = new Uint8Array(0);
  /** Where the next result goes in the buffer. */
  #next = 0;
  readonly #address = new Uint8Array(16);

  /**
   * Writes the address that the text of egressIP spells, of the record between `start` and `end` of the message.
   *
   * @returns false if the text is no address: the field is left empty
   */
  takeEgressIP(record: FlowRecord, message: MessageInHand, notes: Notes, start: number, end: number): boolean {
    const size = this.#parseAddress(message.bytes, notes.at[Note.EgressIP]!, notes.length[Note.EgressIP]!);
    const at = size > 0 ? this.#reserve(record, message, start, end, size) : NO_ROOM;
    if (at !== NO_ROOM) for (let i = 0; i < size; i++) this.#buffer[at + i] = this.#address[i]!;
    record.words[EGRESS_IP] = at === NO_ROOM ? 0 : (at << 16) | size;
    return size > 0;
  }

  /** Writes the text of all UUIDs that the plan notes; zeros are none (as Antrea writes what is missing). */
  takeUuids(
    record: FlowRecord,
    message: MessageInHand,
    { noted }: Plan,
    notes: Notes,
    start: number,
    end: number,
  ): void {
    for (let i = 0; i < UUID_WORDS.length; i++) {
      const note = Note.FirstUuid + i;
      if (!noted[note]) continue;
      const from = notes.at[note]!;
      const isPresent = notes.length[note] === UUID_LENGTH && !isZero(message.bytes, from);
      const at = isPresent ? this.#reserve(record, message, start, end, UUID_TEXT_LENGTH) : NO_ROOM;
      if (at !== NO_ROOM) writeUuid(message.bytes, from, this.#buffer, at);
      record.words[UUID_WORDS[i]!] = at === NO_ROOM ? 0 : (at << 16) | UUID_TEXT_LENGTH;
    }
  }

  /** Finds room for a result, moving the record if it hasn't moved yet; none beside a record of almost 64 KiB. */
  #reserve(record: FlowRecord, message: MessageInHand, start: number, end: number, size: number): number {
    if (record.bytes === message.bytes) {
      const first = start - message.start;
      const last = end - message.start;
      if (last + ROOM <= REACH) this.#next = last;
      else if (first >= ROOM) this.#next = 0;
      else return NO_ROOM;
      if (this.#buffer.length === 0) this.#buffer = new Uint8Array(REACH);
      this.#buffer.set(message.bytes.subarray(start, end), first);
      record.bytes = this.#buffer;
      record.origin = 0;
    }
    const at = this.#next;
    this.#next += size;
    return at;
  }

  /** Octets of the address that a text spells, left in `#address`; 0 if it spells none. */
  #parseAddress(bytes: Uint8Array, start: number, length: number): number {
    if (this.#parseDottedDecimal(bytes, start, length)) return 4;
    if (length > LONGEST_ADDRESS_TEXT) return 0;
    const address = parseAddress(latin1.decode(bytes.subarray(start, start + length)));
    if (address === undefined) return 0;
    this.#address.set(address);
    return address.length;
  }

  /** The common case, without making a string. */
  #parseDottedDecimal(bytes: Uint8Array, start: number, length: number): boolean {
    let part = 0;
    let digits = 0;
    let parts = 0;
    for (let i = start; i <= start + length; i++) {
      const digit = i === start + length ? DOT : bytes[i]!;
      if (digit === DOT) {
        if (digits === 0 || part > 255 || parts === 4) return false;
        this.#address[parts++] = part;
        part = 0;
        digits = 0;
      } else {
        const value = digit - ZERO;
        if (value < 0 || value > 9 || digits === 3 || (digits > 0 && part === 0)) return false;
        part = part * 10 + value;
        digits++;
      }
    }
    return parts === 4;
  }
}

function isZero(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < UUID_LENGTH; i++) if (bytes[at + i] !== 0) return false;
  return true;
}

/** The text of RFC 9562 §4: hexadecimal digits in groups of 8, 4, 4, 4 and 12. */
function writeUuid(from: Uint8Array, start: number, to: Uint8Array, at: number): void {
  for (let i = 0; i < UUID_LENGTH; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) to[at++] = DASH;
    const octet = from[start + i]!;
    to[at++] = HEX[octet >>> 4]!;
    to[at++] = HEX[octet & 15]!;
  }
}
