import { ProtobufError } from './protobuf-error.js';

/** A varint of 64 bits has seven in each octet. */
export const LONGEST_VARINT = 10;

/** How deep groups may lie in each other: what Weir reads has none at all. */
export const DEEPEST_GROUP = 32;

/**
 * Reads the parts of protobuf's encoding that are more than one octet. Each method returns where it stopped, and never looks beyond the
 * end it is given; a number is left in two words.
 */
export class Wire {
  /** In a typed array: numbers above 2³⁰ would be objects in fields of a class. */
  readonly #number = new Uint32Array(2);

  /** Low word of the number read last. */
  get low(): number {
    return this.#number[0]!;
  }

  /** High word of the number read last. */
  get high(): number {
    return this.#number[1]!;
  }

  /**
   * Reads a varint.
   *
   * @throws ProtobufError if it is cut off or has more than 64 bits
   */
  varint(bytes: Uint8Array, start: number, end: number): number {
    let low = 0;
    let at = start;
    for (let shift = 0; shift < 28 && at < end; shift += 7) {
      const octet = bytes[at++]!;
      low |= (octet & 0x7f) << shift;
      if (octet < 0x80) {
        this.#number[0] = low;
        this.#number[1] = 0;
        return at;
      }
    }
    return this.#longVarint(bytes, low, start, at, end);
  }

  /** Goes on with a varint of more than four octets, or one that is cut off. */
  #longVarint(bytes: Uint8Array, low: number, start: number, next: number, end: number): number {
    let high = 0;
    for (let at = next, shift = 28; shift < 7 * LONGEST_VARINT; shift += 7) {
      if (at >= end) throw new ProtobufError('length', start, 'a number is cut off');
      const octet = bytes[at++]!;
      const bits = octet & 0x7f;
      if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (octet < 0x80) {
        if (shift === 63 && octet > 1) break;
        this.#number[0] = low;
        this.#number[1] = high;
        return at;
      }
    }
    throw new ProtobufError('varint', start, 'a number has more than 64 bits');
  }

  /**
   * Reads a field's tag into `low`.
   *
   * @throws ProtobufError if it is cut off, or no field has such a number
   */
  tag(bytes: Uint8Array, start: number, end: number): number {
    const at = this.varint(bytes, start, end);
    if (this.high !== 0 || this.low < 8) throw new ProtobufError('field_number', start, 'no field has such a number');
    return at;
  }

  /**
   * Reads the length of a value into `low`.
   *
   * @throws ProtobufError if it is cut off, or the value would be
   */
  length(bytes: Uint8Array, start: number, end: number): number {
    const at = this.varint(bytes, start, end);
    if (this.high !== 0 || this.low > end - at) throw overrun(start);
    return at;
  }

  /**
   * Passes over the value of a field that nobody asked for.
   *
   * @param start first octet after the tag
   * @throws ProtobufError if it is no value, or cut off
   */
  skip(bytes: Uint8Array, tag: number, start: number, end: number, depth = 0): number {
    let at = start;
    switch (tag & 7) {
      case 0:
        return this.varint(bytes, start, end);
      case 1:
        at += 8;
        break;
      case 2:
        at = this.length(bytes, start, end);
        at += this.low;
        break;
      case 3:
        return this.#skipGroup(bytes, tag, start, end, depth + 1);
      case 5:
        at += 4;
        break;
      default:
        throw wrongEnd(tag, start);
    }
    if (at > end) throw overrun(start);
    return at;
  }

  #skipGroup(bytes: Uint8Array, opening: number, start: number, end: number, depth: number): number {
    if (depth > DEEPEST_GROUP) throw tooDeep(start);
    for (let at = start; ;) {
      if (at >= end) throw new ProtobufError('group', start, `group ${opening >>> 3} has no end`);
      const tagAt = at;
      at = this.tag(bytes, at, end);
      const tag = this.low;
      if ((tag & 7) !== 4) at = this.skip(bytes, tag, at, end, depth);
      else if (tag >>> 3 === opening >>> 3) return at;
      else throw wrongEnd(tag, tagAt);
    }
  }
}

/** What is wrong with a value that is longer than what it is in. */
export function overrun(offset: number): ProtobufError {
  return new ProtobufError('length', offset, 'a value runs over the end of what it is in');
}

/** What is wrong with groups in groups in groups. */
export function tooDeep(offset: number): ProtobufError {
  return new ProtobufError('group', offset, `groups lie in each other more than ${DEEPEST_GROUP} deep`);
}

/** What is wrong with a tag that is neither a value's nor the end of the innermost group. */
export function wrongEnd(tag: number, offset: number): ProtobufError {
  return (tag & 7) === 4
    ? new ProtobufError('group', offset, `group ${tag >>> 3} ends, which is not the one that began last`)
    : new ProtobufError('wire_type', offset, `field ${tag >>> 3} has the wire type ${tag & 7}, which there is not`);
}
