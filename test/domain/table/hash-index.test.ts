import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HashIndex, NONE } from '../../../src/domain/table/hash-index.js';

function under(index: HashIndex, hash: number): number[] {
  const values: number[] = [];
  for (let value = index.first(hash); value !== NONE; value = index.next()) values.push(value);
  return values.sort((a, b) => a - b);
}

describe('HashIndex', () => {
  it('finds nothing where nothing is', () => {
    const index = new HashIndex();
    expect([under(index, 0), under(index, -1), index.size]).toEqual([[], [], 0]);
    expect(index.delete(0, 0)).toBe(false);
  });

  it('keeps any number of values under one hash, from 0 to 2³⁰', () => {
    const index = new HashIndex();
    for (const value of [0, 7, 2 ** 30]) index.insert(-5, value);
    expect(under(index, -5)).toEqual([0, 7, 2 ** 30]);
    expect(index.delete(-5, 7)).toBe(true);
    expect(index.delete(-5, 7)).toBe(false);
    expect(under(index, -5)).toEqual([0, 2 ** 30]);
    expect(index.size).toBe(2);
  });

  it('tells hashes apart that share a slot, or differ only in their shard', () => {
    const index = new HashIndex();
    const hashes = [1, 1 + 16, 1 + 32, 1 | (5 << 24), 1 | (200 << 24)];
    for (const [value, hash] of hashes.entries()) index.insert(hash, value);
    for (const [value, hash] of hashes.entries()) expect(under(index, hash)).toEqual([value]);
  });

  it.each([[[0, 1, 2, 3]], [[15, 15, 0, 0]], [[14, 15, 15, 1]], [[15, 31, 47, 0]], [[3, 3, 4, 3, 5]]])(
    'moves up what follows a deleted entry, around the end of the shard too: %j',
    (hashes) => {
      for (const deleted of hashes.keys()) {
        const index = new HashIndex();
        for (const [value, hash] of hashes.entries()) index.insert(hash, value);
        expect(index.delete(hashes[deleted]!, deleted)).toBe(true);
        for (const hash of hashes) {
          const expected = [...hashes.keys()].filter((value) => value !== deleted && hashes[value] === hash);
          expect(under(index, hash)).toEqual(expected);
        }
      }
    },
  );

  it('grows one shard at a time and counts the bytes', () => {
    const index = new HashIndex();
    const empty = index.byteLength;
    for (let i = 0; i < 12; i++) index.insert(i, i);
    expect(index.byteLength).toBe(empty);
    index.insert(12, 12);
    expect(index.byteLength).toBe(empty + 16 * 8);
    for (let i = 0; i < 13; i++) expect(under(index, i)).toEqual([i]);
  });

  it('gives memory back when most entries are gone', () => {
    const index = new HashIndex();
    const empty = index.byteLength;
    for (let i = 0; i < 10_000; i++) index.insert(i, i);
    for (let i = 0; i < 9_990; i++) expect(index.delete(i, i)).toBe(true);
    expect(index.byteLength).toBeLessThan(empty + 10 * 8 * 16);
    for (let i = 9_990; i < 10_000; i++) expect(under(index, i)).toEqual([i]);
  });

  it('agrees with a Map whatever is inserted and deleted, colliding hashes above all', () => {
    const hash = fc.oneof(
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 0, max: 3 }).map((n) => (n - 2) << 4),
      fc.constantFrom(-1, -17, 0x7f00000f),
    );
    const operation = fc.record({ inserts: fc.boolean(), hash, pick: fc.nat(1000) });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200, size: 'max' }), (operations) => {
        const index = new HashIndex();
        const model: { hash: number; value: number }[] = [];
        for (const [value, { inserts, hash: at, pick }] of operations.entries()) {
          if (inserts || model.length === 0) {
            index.insert(at, value);
            model.push({ hash: at, value });
          } else {
            const [gone] = model.splice(pick % model.length, 1);
            expect(index.delete(gone!.hash, gone!.value)).toBe(true);
          }
        }
        expect(index.size).toBe(model.length);
        for (const { hash: at } of operations) {
          const expected = model.filter((entry) => entry.hash === at).map((entry) => entry.value);
          expect(under(index, at).sort()).toEqual(expected.sort());
        }
      }),
      { numRuns: 200 },
    );
  });
});
