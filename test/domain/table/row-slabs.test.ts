import { describe, expect, it } from '@jest/globals';
import { FLOW_ROW } from '../../../src/domain/flow/layout.js';
import { RowSlabs, SLAB_ROWS, TABLE_ROW } from '../../../src/domain/table/row-slabs.js';

describe('RowSlabs', () => {
  it('numbers rows from 0 and uses one again that was given back', () => {
    const slabs = new RowSlabs();
    expect([slabs.allocate(), slabs.allocate(), slabs.allocate()]).toEqual([0, 1, 2]);
    slabs.release(0);
    slabs.release(2);
    expect([slabs.used, slabs.highest]).toEqual([1, 3]);
    expect([slabs.allocate(), slabs.allocate(), slabs.allocate()].sort()).toEqual([0, 2, 3]);
    expect([slabs.used, slabs.highest]).toEqual([4, 4]);
  });

  it('counts the bytes of rows in use', () => {
    const slabs = new RowSlabs();
    expect(slabs.byteLength).toBe(0);
    slabs.allocate();
    slabs.allocate();
    expect(slabs.byteLength).toBe(2 * TABLE_ROW.words * 4);
    slabs.release(0);
    expect(slabs.byteLength).toBe(TABLE_ROW.words * 4);
  });

  it('clears the flags of a row that is given back', () => {
    const slabs = new RowSlabs();
    const row = slabs.allocate();
    slabs.slab(row)[RowSlabs.base(row) + FLOW_ROW.flags] = 0xffff;
    slabs.release(row);
    expect(slabs.slab(row)[RowSlabs.base(row) + FLOW_ROW.flags]).toBe(0);
  });

  it('opens another slab when one is full', () => {
    const slabs = new RowSlabs();
    for (let i = 0; i < SLAB_ROWS; i++) slabs.allocate();
    const row = slabs.allocate();
    expect(row).toBe(SLAB_ROWS);
    expect(slabs.slab(row)).not.toBe(slabs.slab(row - 1));
    expect([RowSlabs.base(row), RowSlabs.base(row - 1)]).toEqual([0, (SLAB_ROWS - 1) * TABLE_ROW.words]);
    expect(slabs.slab(0)).toHaveLength(SLAB_ROWS * TABLE_ROW.words);
  });
});
