import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BytePages, PAGE_BYTES } from '../../../src/domain/table/byte-pages.js';

/** Pages that are kept when they are empty. */
const SPARE = 16;

function write(pages: BytePages, address: number, length: number, value: number): void {
  const offset = BytePages.offset(address);
  pages.page(address).fill(value, offset, offset + length);
}

describe('BytePages', () => {
  it('holds nothing at first', () => {
    const pages = new BytePages();
    expect([pages.byteLength, pages.hasRoomFor(1)]).toEqual([0, false]);
  });

  it.each([1, 8, 9, 64, 65, 80, 81, 1000, 32_768, 32_769, 57_344, 57_345, 65_535, 65_536])(
    'gives %i bytes a place within one page',
    (length) => {
      const pages = new BytePages();
      const address = pages.allocate(length);
      expect(BytePages.offset(address) + length).toBeLessThanOrEqual(PAGE_BYTES);
      expect(pages.byteLength).toBe(PAGE_BYTES);
      expect(pages.page(address)).toHaveLength(PAGE_BYTES);
    },
  );

  it('wastes at most a fifth of a cell above 64 bytes, at most 7 bytes below', () => {
    for (const length of [1, 7, 8, 9, 60, 64, 65, 80, 81, 100, 129, 1000, 1025, 10_000]) {
      const pages = new BytePages();
      let count = 0;
      while (count === 0 || pages.hasRoomFor(length)) {
        pages.allocate(length);
        count++;
      }
      const cell = Math.floor(PAGE_BYTES / count);
      // What is left at the end of a page is less than one cell, which the count divides among all.
      expect(cell - cell / count).toBeLessThanOrEqual(length <= 64 ? length + 7 : length * 1.25);
      expect(cell).toBeGreaterThanOrEqual(length);
    }
  });

  it('fills a page before it opens another', () => {
    const pages = new BytePages();
    for (let i = 0; i < PAGE_BYTES / 8; i++) pages.allocate(8);
    expect([pages.byteLength, pages.hasRoomFor(8)]).toEqual([PAGE_BYTES, false]);
    pages.allocate(8);
    expect(pages.byteLength).toBe(2 * PAGE_BYTES);
  });

  it('uses a place again that was given back, of a full page too', () => {
    const pages = new BytePages();
    const addresses = Array.from({ length: PAGE_BYTES / 64 }, () => pages.allocate(64));
    expect(pages.hasRoomFor(64)).toBe(false);
    pages.release(addresses[5]!);
    pages.release(addresses[9]!);
    expect(pages.hasRoomFor(60)).toBe(true);
    expect([pages.allocate(64), pages.allocate(57)].sort()).toEqual([addresses[5], addresses[9]].sort());
    expect([pages.hasRoomFor(64), pages.byteLength]).toEqual([false, PAGE_BYTES]);
  });

  it('lets an emptied page serve another size', () => {
    const pages = new BytePages();
    const addresses = [pages.allocate(8), pages.allocate(8)];
    expect(pages.hasRoomFor(5000)).toBe(false);
    for (const address of addresses) pages.release(address);
    expect(pages.hasRoomFor(5000)).toBe(true);
    pages.allocate(5000);
    expect([pages.byteLength, pages.hasRoomFor(8)]).toEqual([PAGE_BYTES, false]);
  });

  it('gives memory back beyond a few spare pages, and takes it again', () => {
    const pages = new BytePages();
    for (let round = 0; round < 2; round++) {
      const addresses = Array.from({ length: SPARE + 5 }, () => pages.allocate(60_000));
      expect(new Set(addresses.map((address) => address >>> 16)).size).toBe(SPARE + 5);
      expect(pages.byteLength).toBe((SPARE + 5) * PAGE_BYTES);
      for (const address of addresses) write(pages, address, 60_000, 1);
      for (const address of addresses) pages.release(address);
      expect(pages.byteLength).toBe(SPARE * PAGE_BYTES);
    }
  });

  it('never has two strings in one place, whatever is allocated and released', () => {
    const operation = fc.record({
      takes: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
      length: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: PAGE_BYTES })),
      pick: fc.nat(10_000),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 150, size: 'max' }), (operations) => {
        const pages = new BytePages();
        const live: { address: number; length: number; value: number }[] = [];
        for (const [i, { takes, length, pick }] of operations.entries()) {
          const value = i & 0xff;
          if (takes) {
            const address = pages.allocate(length);
            write(pages, address, length, value);
            live.push({ address, length, value });
          } else if (live.length > 0) {
            pages.release(live.splice(pick % live.length, 1)[0]!.address);
          }
        }
        for (const { address, length, value } of live) {
          const offset = BytePages.offset(address);
          const bytes = pages.page(address).subarray(offset, offset + length);
          expect([bytes.length, bytes.every((byte) => byte === value)]).toEqual([length, true]);
        }
        for (const { address } of live) pages.release(address);
        expect(pages.byteLength).toBeLessThanOrEqual(SPARE * PAGE_BYTES);
      }),
      { numRuns: 60 },
    );
  });
});
