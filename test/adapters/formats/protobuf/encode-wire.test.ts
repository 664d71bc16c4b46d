import { describe, expect, it } from '@jest/globals';
import { WireWriter } from '../../../../src/adapters/formats/protobuf/encode-wire.js';

const written = (write: (writer: WireWriter) => void, room = 512): string => {
  const bytes = Buffer.alloc(room);
  const writer = new WireWriter(bytes);
  write(writer);
  return bytes.toString('hex', 0, writer.at);
};

describe('WireWriter', () => {
  it.each([
    [1, '0801'],
    [127, '087f'],
    [128, '088001'],
    [300, '08ac02'],
    [2 ** 31 - 1, '08ffffffff07'],
    [2 ** 31, '088080808008'],
    [2 ** 32 + 1, '088180808010'],
    [Number.MAX_SAFE_INTEGER, '08ffffffffffffff0f'],
  ])('writes %i as a varint', (value, expected) => {
    expect(written((writer) => writer.number(1, value))).toBe(expected);
  });

  it('writes tags of two bytes', () => {
    expect(written((writer) => writer.number(16, 1))).toBe('800101');
  });

  it('leaves out what proto3 leaves out', () => {
    const nothing = (writer: WireWriter): void => {
      writer.number(1, 0);
      writer.text(2, '');
      writer.octets(3, new Uint8Array(0));
    };
    expect(written(nothing)).toBe('');
  });

  it('counts a text in bytes, not in characters', () => {
    expect(written((writer) => writer.text(2, 'ä€'))).toBe('1205c3a4e282ac');
  });

  it('writes a message in a message, also an empty one', () => {
    const nested = (writer: WireWriter): void => {
      const outer = writer.begin(1);
      writer.end(writer.begin(2));
      writer.number(3, 5);
      writer.end(outer);
    };
    expect(written(nested)).toBe('0a0412001805');
  });

  it.each([127, 128, 300])('writes a message of %i bytes', (length) => {
    const text = 'x'.repeat(length - (length > 129 ? 3 : 2));
    const nested = (writer: WireWriter): void => {
      const outer = writer.begin(1);
      writer.text(1, text);
      writer.end(outer);
      writer.number(2, 1);
    };
    const bytes = Buffer.from(written(nested), 'hex');
    const lengthBytes = length < 128 ? [length] : [(length & 127) | 128, length >>> 7];
    expect([...bytes.subarray(0, 1 + lengthBytes.length)]).toEqual([0x0a, ...lengthBytes]);
    expect(bytes.subarray(-2).toString('hex')).toBe('1001');
    expect(bytes).toHaveLength(1 + lengthBytes.length + length + 2);
    expect(bytes.toString('latin1')).toContain(text);
  });

  it('refuses texts and octets that there is no room for', () => {
    expect(written((writer) => writer.text(1, 'ab'), 4)).toBe('0a026162');
    expect(() => written((writer) => writer.text(1, 'abc'), 4)).toThrow(RangeError);
    expect(() => written((writer) => writer.octets(1, new Uint8Array(3)), 4)).toThrow(RangeError);
  });
});
