import { describe, expect, it } from '@jest/globals';
import { Outcome } from '../../../src/domain/flow/aggregated-flow.js';
import type { RecordValues } from '../../support/a-record.js';
import { TestTable } from '../../support/a-table.js';

const ready = (port: number, more: RecordValues = {}): RecordValues => ({
  flowType: 1,
  sourceTransportPort: port,
  octetTotalCount: 1n,
  ...more,
});
const waiting = (port: number): RecordValues => ({ flowType: 2, sourcePodName: 'client', sourceTransportPort: port });

/** What a dictionary takes with one short string in it. */
const ONE_PAGE = ((): number => {
  const tested = new TestTable();
  tested.receive();
  return tested.table.strings.byteLength;
})();

describe('limits.maxFlows', () => {
  it('is kept: the flow silent longest is exported and forgotten, counted', () => {
    const tested = new TestTable({ maxFlows: 3 });
    for (const port of [1, 2, 3]) {
      tested.receive(ready(port));
      tested.tick();
    }
    tested.receive(ready(1, { octetTotalCount: 5n }));
    tested.receive(ready(4));
    expect(tested.table.size).toBe(3);
    expect([1, 2, 3, 4].map((port) => tested.find(ready(port)) !== undefined)).toEqual([true, false, true, true]);
    expect(tested.table.ended.evicted).toBe(1);
    expect(tested.exported).toHaveLength(3);
  });

  it('exports an evicted flow that was updated', () => {
    const tested = new TestTable({ maxFlows: 1 });
    tested.receive(ready(1, { octetTotalCount: 7n }));
    tested.receive(ready(2));
    expect(tested.exported).toMatchObject([{ sourceTransportPort: 1, octetTotalCount: 7n }]);
  });

  it.each([
    ['export', 1],
    ['drop', 0],
  ] as const)('treats an evicted waiting flow as one given up: %s', (uncorrelated, exported) => {
    const tested = new TestTable({ maxFlows: 1, uncorrelated });
    tested.receive(waiting(1));
    tested.receive(waiting(2));
    expect([tested.exported.length, tested.table.waiting, tested.table.ended.evicted]).toEqual([exported, 1, 1]);
  });

  it('evicts nobody for a record of a flow there is', () => {
    const tested = new TestTable({ maxFlows: 2 });
    for (const port of [1, 2, 1, 2, 1]) tested.receive(ready(port));
    expect([tested.table.size, tested.table.ended.evicted]).toEqual([2, 0]);
  });

  it('leaves nothing due of an evicted flow', () => {
    const tested = new TestTable({ maxFlows: 1 });
    for (let port = 1; port <= 50; port++) tested.receive(ready(port));
    tested.tick(100);
    expect([tested.exported.length, tested.table.size, tested.table.hasDue]).toEqual([50, 0, false]);
  });
});

describe('evict', () => {
  it('ends one flow and says whether there was one', () => {
    const tested = new TestTable();
    tested.receive(ready(1));
    expect([tested.table.evict(), tested.table.evict()]).toEqual([true, false]);
    expect([tested.table.size, tested.exported.length]).toEqual([0, 1]);
  });
});

describe('limits.maxStrings', () => {
  const big = (text: string): string => text.padEnd(60_000, '.');

  it('has flows evicted to make room for a record', () => {
    const tested = new TestTable({ maxStringBytes: ONE_PAGE + 3 * 0x10000 });
    for (const port of [1, 2, 3, 4, 5]) {
      expect(tested.receive(ready(port, { sourceNodeName: big(`node-${port}`) }))).toBe(Outcome.Taken);
      tested.tick();
    }
    expect(tested.table.ended.evicted).toBe(2);
    expect(tested.table.strings.byteLength).toBeLessThanOrEqual(ONE_PAGE + 3 * 0x10000);
    expect([1, 2, 3, 4, 5].map((port) => tested.find(ready(port)) !== undefined)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);
  });

  it('has a first record dropped whose strings still do not fit', () => {
    const tested = new TestTable({ maxStringBytes: ONE_PAGE });
    tested.receive(ready(1));
    expect(tested.receive(ready(2, { sourceNodeName: big('node') }))).toBe(Outcome.StringsFull);
    expect([tested.find(ready(2)), tested.table.size, tested.table.begun]).toEqual([undefined, 0, 1]);
    tested.tick(100);
    expect(tested.table.size).toBe(0);
  });

  it('has a later record dropped whose strings still do not fit; its flow is as it was', () => {
    const tested = new TestTable({ maxStringBytes: ONE_PAGE });
    tested.receive(ready(1));
    const before = tested.flow(ready(1));
    tested.wait(5);
    const outcome = tested.receive(ready(1, { octetTotalCount: 9n, tcpState: big('state') }));
    expect(outcome).toBe(Outcome.StringsFull);
    expect(tested.flow(ready(1))).toEqual(before);
    tested.tick(25);
    expect(tested.table.size).toBe(0);
  });

  it('spares the flow whose record needs room', () => {
    const tested = new TestTable({ maxStringBytes: ONE_PAGE + 0x10000 });
    tested.receive(ready(1));
    tested.tick();
    tested.receive(ready(2, { sourceNodeName: big('node') }));
    tested.tick();
    expect(tested.receive(ready(1, { octetTotalCount: 9n, tcpState: big('state') }))).toBe(Outcome.Taken);
    expect([tested.find(ready(1)) !== undefined, tested.find(ready(2))]).toEqual([true, undefined]);
  });
});

describe('accounted bytes', () => {
  it('grow with the flows there are and fall with them', () => {
    const tested = new TestTable();
    const { table } = tested;
    const empty = table.byteLength;
    tested.receive(ready(1));
    const one = table.byteLength - empty;
    expect(one).toBeGreaterThan(300);
    for (const port of [2, 3, 4]) tested.receive(ready(port));
    expect(table.byteLength).toBe(empty + 4 * one);
    tested.drain();
    expect(table.byteLength).toBe(empty);
  });
});
