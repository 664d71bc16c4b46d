import { tagOf, WireType } from './flow-messages.js';

const TWO_TO_THE_31 = 0x8000_0000;

/**
 * Writes protobuf fields one after the other. As proto3 has it, a number of 0 and an empty text are not written. For what is written
 * there must be room; that texts and octets have it is checked.
 */
export class WireWriter {
  #bytes: Buffer;
  /** Where the next field goes. */
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Goes on somewhere else. */
  moveTo(bytes: Buffer, at: number): void {
    this.#bytes = bytes;
    this.at = at;
  }

  /** A number of type uint32, uint64 or an enumeration: an integer from 0 to 2⁵³. */
  number(field: number, value: number): void {
    if (value === 0) return;
    this.varint(tagOf(field, WireType.Varint));
    this.varint(value);
  }

  /** A text. @throws RangeError if there is no room for it */
  text(field: number, value: string): void {
    if (value === '') return;
    const length = Buffer.byteLength(value);
    this.varint(tagOf(field, WireType.Bytes));
    this.varint(length);
    this.#need(length);
    this.#bytes.write(value, this.at);
    this.at += length;
  }

  /** Bytes; none are not written. @throws RangeError if there is no room for them */
  octets(field: number, value: Uint8Array): void {
    if (value.length === 0) return;
    this.varint(tagOf(field, WireType.Bytes));
    this.varint(value.length);
    this.#need(value.length);
    this.#bytes.set(value, this.at);
    this.at += value.length;
  }

  /** Begins a message inside of this one, written even if it stays empty. @returns what {@link end} wants */
  begin(field: number): number {
    this.varint(tagOf(field, WireType.Bytes));
    return ++this.at;
  }

  /** Ends the message that was begun last. One of 128 bytes and more is moved, since its length takes more than a byte. */
  end(begun: number): void {
    const length = this.at - begun;
    const behind = varintBytes(length) - 1;
    if (behind > 0) this.#bytes.copyWithin(begun + behind, begun, this.at);
    this.at = begun - 1;
    this.varint(length);
    this.at += length;
  }

  /** An integer from 0 to 2⁵³ by itself, without a tag. */
  varint(value: number): void {
    const bytes = this.#bytes;
    let at = this.at;
    let rest = value;
    for (; rest >= TWO_TO_THE_31; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 0x80;
    for (; rest > 127; rest >>>= 7) bytes[at++] = (rest & 127) | 128;
    bytes[at++] = rest;
    this.at = at;
  }

  #need(bytes: number): void {
    if (this.at + bytes > this.#bytes.length) throw new RangeError(`no room for ${bytes} bytes`);
  }
}

/** Bytes that an integer takes as a varint. */
function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}
