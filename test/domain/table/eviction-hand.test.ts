import { describe, expect, it } from '@jest/globals';
import { FlowFlag } from '../../../src/domain/flow/flow-flags.js';
import { FLOW_ROW } from '../../../src/domain/flow/layout.js';
import { EvictionHand } from '../../../src/domain/table/eviction-hand.js';
import { NO_ROW, RowSlabs, TABLE_ROW } from '../../../src/domain/table/row-slabs.js';

class Rows {
  readonly slabs = new RowSlabs();

  constructor(deadlines: readonly number[]) {
    for (const deadline of deadlines) this.add(deadline);
  }

  add(deadline: number): number {
    const row = this.slabs.allocate();
    this.slabs.slab(row)[RowSlabs.base(row) + FLOW_ROW.flags] = FlowFlag.Live;
    this.slabs.slab(row)[RowSlabs.base(row) + TABLE_ROW.inactiveDeadline] = deadline;
    return row;
  }

  deadline(row: number): number {
    return this.slabs.slab(row)[RowSlabs.base(row) + TABLE_ROW.inactiveDeadline]!;
  }
}

describe('EvictionHand', () => {
  it('finds nobody where nobody is', () => {
    const rows = new Rows([]);
    const hand = new EvictionHand(rows.slabs);
    expect(hand.choose(NO_ROW)).toBe(NO_ROW);
    const row = rows.add(5);
    expect(hand.choose(row)).toBe(NO_ROW);
    expect(hand.choose(NO_ROW)).toBe(row);
    rows.slabs.release(row);
    expect(hand.choose(NO_ROW)).toBe(NO_ROW);
  });

  it('chooses the flow silent longest of a few', () => {
    expect(new EvictionHand(new Rows([9, 8, 3, 7, 5]).slabs).choose(NO_ROW)).toBe(2);
  });

  it('spares the one it must', () => {
    expect(new EvictionHand(new Rows([9, 8, 3, 7, 5]).slabs).choose(2)).toBe(4);
  });

  it('passes over rows without a flow', () => {
    const rows = new Rows([9, 1, 2, 7]);
    rows.slabs.release(1);
    expect(new EvictionHand(rows.slabs).choose(NO_ROW)).toBe(2);
  });

  it('takes flows silent longest one after the other', () => {
    const rows = new Rows([50, 10, 40, 20, 30]);
    const hand = new EvictionHand(rows.slabs);
    const order = Array.from({ length: 5 }, () => {
      const row = hand.choose(NO_ROW);
      const deadline = rows.deadline(row);
      rows.slabs.release(row);
      return deadline;
    });
    expect(order[0]).toBe(10);
    expect(order.sort((a, b) => a - b)).toEqual([10, 20, 30, 40, 50]);
  });

  it('chooses among the most silent of many, as flows come and go', () => {
    // Deadlines of 100 seconds, in an order that has nothing to do with the rows'.
    const rows = new Rows(Array.from({ length: 20_000 }, (_, i) => 1000 + ((i * 7919) % 100)));
    const hand = new EvictionHand(rows.slabs);
    let silent = 0;
    for (let i = 0; i < 500; i++) {
      const row = hand.choose(NO_ROW);
      if (rows.deadline(row) < 1000 + 100 / 16) silent++;
      rows.slabs.release(row);
      rows.add(2000);
    }
    expect(silent).toBe(500);
  });

  it('finds a flow however few rows have one', () => {
    const rows = new Rows(Array.from({ length: 20_000 }, () => 5));
    for (let row = 0; row < 19_999; row++) rows.slabs.release(row);
    expect(new EvictionHand(rows.slabs).choose(NO_ROW)).toBe(19_999);
  });
});
