import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Outcome } from '../../../src/domain/flow/aggregated-flow.js';
import { FlowKey } from '../../../src/domain/flow/flow-key.js';
import { REFERENCE_WORDS } from '../../../src/domain/flow/layout.js';
import { TABLE_ROW } from '../../../src/domain/table/row-slabs.js';
import { BEGINNING, TestTable } from '../../support/a-table.js';
import { keyOf, type NaiveRecord } from '../../support/naive-flow-table.js';
import { anyRecord, recordOf } from '../../support/random-records.js';

/** Texts from a few bytes to several KiB: a page of the dictionary holds few of the long ones, so a small limit is soon reached. */
const text = (name: string, variant: number): string =>
  `${name}-${variant}`.padEnd([8, 100, 1_000, 5_000][name.length % 4]!, '.');

/** What a dictionary with one string takes: its first pages of everything. */
const LEAST_BYTES = ((): number => {
  const tested = new TestTable();
  tested.receive({ exporterIP: '192.0.2.1' });
  return tested.table.strings.byteLength;
})();
const PAGE = 0x10000;

type Step =
  | { readonly does: 'receive'; readonly record: NaiveRecord }
  | { readonly does: 'advance'; readonly seconds: number }
  | { readonly does: 'expire' | 'sweep'; readonly count: number }
  | { readonly does: 'evict' | 'drain' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 20, arbitrary: anyRecord(text).map((record): Step => ({ does: 'receive', record })) },
  { weight: 4, arbitrary: fc.constantFrom(1, 2, 5, 100, 9_999).map((seconds): Step => ({ does: 'advance', seconds })) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }).map((count): Step => ({ does: 'expire', count })) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 99 }).map((count): Step => ({ does: 'sweep', count })) },
  { weight: 1, arbitrary: fc.constant<Step>({ does: 'evict' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ does: 'drain' }) },
);

class Watched {
  readonly #tested: TestTable;
  /** A key of every flow there may be. */
  readonly #keys = new Map<string, FlowKey>();
  dropped = 0;

  constructor(maxFlows: number, maxStringBytes: number) {
    this.#tested = new TestTable({ activeSeconds: 3, inactiveSeconds: 4, maxFlows, maxStringBytes });
  }

  get bytes(): number {
    return this.#tested.table.strings.byteLength;
  }

  run(step: Step): void {
    const { table } = this.#tested;
    switch (step.does) {
      case 'receive':
        this.#receive(step.record);
        break;
      case 'advance':
        this.#tested.wait(step.seconds);
        break;
      case 'expire':
        for (let i = 0; i < step.count && table.expireNext(); i++);
        break;
      case 'sweep':
        table.strings.sweep(step.count);
        break;
      case 'evict': {
        const before = table.size;
        expect(table.evict()).toBe(before > 0);
        expect(table.size).toBe(Math.max(0, before - 1));
        break;
      }
      case 'drain':
        this.#tested.drain();
        expect(table.size).toBe(0);
        break;
    }
    this.#check();
  }

  /** Ends everything: nothing may be left. */
  end(): void {
    const { table } = this.#tested;
    this.#tested.drain();
    expect(table.size).toBe(0);
    expect(table.waiting).toBe(0);
    expect(table.byteLength).toBe(new TestTable().table.byteLength);
    this.#tested.wait(60);
    table.strings.sweep(table.strings.capacity);
    expect(table.strings.size).toBe(0);
    this.#tested.wait(100_000);
    expect(table.hasDue).toBe(false);
    expect(table.expireNext()).toBe(false);
    const { ended, begun } = table;
    expect(ended.inactive + ended.uncorrelated + ended.evicted + ended.shutdown).toBe(begun);
  }

  #receive(record: NaiveRecord): void {
    const row = recordOf(record);
    const key = new FlowKey();
    key.take(row);
    this.#keys.set(keyOf(record), key);
    const before = this.#values();
    if (this.#tested.table.receive(row) !== Outcome.StringsFull) return;
    this.dropped++;
    const after = this.#values();
    expect(after.has(keyOf(record))).toBe(before.has(keyOf(record)));
    for (const [name, values] of after) expect(values).toBe(before.get(name));
  }

  /** The row of each live flow, up to its deadlines. */
  #values(): Map<string, string> {
    return new Map(
      [...this.#keys].flatMap(([name, key]) => {
        const flow = this.#tested.table.find(key);
        return flow ? [[name, flow.words.slice(flow.base, flow.base + TABLE_ROW.hash).join()]] : [];
      }),
    );
  }

  /** The texts and addresses that each live row holds. */
  #rows(): Map<string, number[]> {
    return new Map(
      [...this.#keys].flatMap(([name, key]) => {
        const flow = this.#tested.table.find(key);
        return flow ? [[name, REFERENCE_WORDS.map((word) => flow.words[flow.base + word]!)]] : [];
      }),
    );
  }

  #check(): void {
    const { table } = this.#tested;
    const rows = this.#rows();
    expect(table.size).toBe(rows.size);
    const references = new Uint32Array(table.strings.capacity + 1);
    for (const ids of rows.values()) for (const id of ids) references[id]!++;
    const holders = Uint32Array.from(references, (_, id) => (id === 0 ? 0 : table.strings.holders(id)));
    references[0] = 0;
    expect(holders.join()).toBe(references.join());
  }
}

describe('FlowTable, whatever happens to it,', () => {
  it('holds each string as often as rows have it, and drops a record that does not fit without a trace', () => {
    let dropped = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 9 }),
        fc.array(step, { maxLength: 40, size: 'max' }),
        (maxFlows, pages, steps) => {
          const watched = new Watched(maxFlows, LEAST_BYTES + pages * PAGE);
          for (const each of steps) watched.run(each);
          watched.end();
          dropped += watched.dropped;
        },
      ),
      { numRuns: 35 },
    );
    expect(dropped).toBeGreaterThan(0);
  });

  it('needs no more memory for the same flows again', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20, size: 'max' }), (steps) => {
        const watched = new Watched(5, LEAST_BYTES + 100 * PAGE);
        const run = (): number => {
          for (const each of steps) watched.run(each);
          watched.end();
          return watched.bytes;
        };
        const bytes = run();
        expect(bytes).toBeLessThanOrEqual(LEAST_BYTES + 16 * PAGE);
        for (let i = 0; i < 3; i++) expect(run()).toBe(bytes);
      }),
      { numRuns: 10 },
    );
  });

  it('begins without anything', () => {
    const { table } = new TestTable();
    table.advance(BEGINNING + 10);
    expect([table.size, table.waiting, table.begun, table.hasDue, table.evict(), table.drainNext()]).toEqual([
      0,
      0,
      0,
      false,
      false,
      false,
    ]);
  });
});
