import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyedHash } from '../../../src/domain/table/keyed-hash.js';
import { halfSipHash } from '../../support/half-sip-hash.js';

/** The key and the messages of the published vectors: bytes counting up from 0. */
const KEY = [0x03020100, 0x07060504] as const;
const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i);

describe('the reference', () => {
  it("gives HalfSipHash-2-4's published 32-bit vectors", () => {
    const vectors = ['a9359f5b', '27475ab8', 'fa62a603', '8afee704', '2a6e4689', 'c5fab669', '5863fc23', '8bcf63c5'];
    const words = vectors.map((bytes) => Buffer.from(bytes, 'hex').readUInt32LE());
    expect(words.map((_, length) => halfSipHash({ compression: 2, finalization: 4 }, KEY, counting(length)))).toEqual(
      words,
    );
  });

  it("gives the vectors of Linux's hsiphash on 32 bits, HalfSipHash-1-3", () => {
    const words = [0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6];
    expect(words.map((_, length) => halfSipHash({ compression: 1, finalization: 3 }, KEY, counting(length)))).toEqual(
      words,
    );
  });
});

describe('KeyedHash', () => {
  const reference = (key: readonly [number, number], bytes: Uint8Array): number =>
    halfSipHash({ compression: 1, finalization: 3 }, key, bytes);

  it("gives the vectors of Linux's hsiphash on 32 bits", () => {
    const words = [0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6];
    expect(words.map((_, length) => new KeyedHash(KEY).bytes(counting(length), 0, length) >>> 0)).toEqual(words);
  });

  it('is HalfSipHash-1-3 of bytes anywhere in an array', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff)),
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(9),
        (key, bytes, offset) => {
          const padded = new Uint8Array(bytes.length + offset + 3).fill(0xee);
          padded.set(bytes, offset);
          expect(new KeyedHash(key).bytes(padded, offset, bytes.length) >>> 0).toBe(reference(key, bytes));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is the same of words as of their little-endian bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffffffff), { maxLength: 12 }), fc.nat(3), (numbers, offset) => {
        const words = new Uint32Array(numbers.length + offset + 2).fill(0xeeeeeeee);
        words.set(numbers, offset);
        const bytes = new Uint8Array(Uint32Array.from(numbers).buffer);
        expect(new KeyedHash([1, 2]).words(words, offset, numbers.length) >>> 0).toBe(reference([1, 2], bytes));
      }),
      { numRuns: 200 },
    );
  });

  it('depends on both words of the key', () => {
    const hashes = [
      [1, 2],
      [2, 2],
      [1, 3],
      [2, 1],
    ].map((key) => new KeyedHash(key as [number, number]).bytes(counting(9), 0, 9));
    expect(new Set(hashes).size).toBe(4);
  });
});
