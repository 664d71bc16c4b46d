import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Outcome } from '../../../src/domain/flow/aggregated-flow.js';
import type { RecordValues } from '../../support/a-record.js';
import { BEGINNING, deadlinesOf, TestTable } from '../../support/a-table.js';
import { valuesOf, type Values } from '../../support/flow-values.js';
import { NaiveFlowTable, keyOf, snapshotOf, type NaiveRecord } from '../../support/naive-flow-table.js';
import { anyRecord, recordOf } from '../../support/random-records.js';

type Step =
  | { readonly does: 'receive'; readonly record: NaiveRecord }
  | { readonly does: 'tick' | 'wait'; readonly seconds: number }
  | { readonly does: 'evict' | 'drain' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: anyRecord().map((record): Step => ({ does: 'receive', record })) },
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 6 }).map((seconds): Step => ({ does: 'tick', seconds })) },
  { weight: 1, arbitrary: fc.constantFrom(40, 5_000).map((seconds): Step => ({ does: 'tick', seconds })) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 6 }).map((seconds): Step => ({ does: 'wait', seconds })) },
  { weight: 1, arbitrary: fc.constant<Step>({ does: 'evict' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ does: 'drain' }) },
);

const OUTCOMES = { taken: Outcome.Taken, older: Outcome.Older, duplicate: Outcome.Duplicate };

/** Flows that leave in one second leave in no particular order. */
const unordered = (flows: readonly Values[]): string[] =>
  flows
    .map((flow) => JSON.stringify(flow, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)))
    .sort();

/** A record of the flow with this key, as the model writes keys. */
function recordOfKey(key: string): RecordValues {
  const [sourceIP, sourcePort, destinationIP, destinationPort, protocol] = key.split(' ') as [
    string,
    string,
    string,
    string,
    string,
  ];
  return {
    sourceIP,
    sourceTransportPort: Number(sourcePort),
    destinationIP,
    destinationTransportPort: Number(destinationPort),
    protocolIdentifier: Number(protocol),
  };
}

/** Like `expect(actual).toEqual(expected)`, many times faster where they are equal. */
function same(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
}

class Comparison {
  readonly #real: TestTable;
  readonly #model: NaiveFlowTable;
  readonly #maxFlows: number;

  constructor(active: number, inactive: number, uncorrelated: 'export' | 'drop', maxFlows: number) {
    this.#real = new TestTable({ activeSeconds: active, inactiveSeconds: inactive, uncorrelated, maxFlows });
    this.#model = new NaiveFlowTable(BEGINNING, active, inactive, uncorrelated);
    this.#maxFlows = maxFlows;
  }

  run(step: Step): void {
    const { table } = this.#real;
    switch (step.does) {
      case 'receive':
        this.#receive(step.record);
        break;
      case 'wait':
        this.#advance(step.seconds);
        break;
      case 'tick':
        this.#advance(step.seconds);
        while (table.expireNext());
        this.#model.expire();
        break;
      case 'evict':
        expect(table.evict()).toBe(this.#model.flows.size > 0);
        this.#followEviction();
        break;
      case 'drain':
        this.#real.drain();
        this.#model.drain();
        break;
    }
    this.#compare();
  }

  #advance(seconds: number): void {
    this.#model.now += seconds;
    this.#real.wait(seconds);
  }

  #receive(record: NaiveRecord): void {
    const isFull = this.#model.flows.size >= this.#maxFlows && !this.#model.flows.has(keyOf(record));
    const outcome = this.#real.table.receive(recordOf(record));
    if (isFull) this.#followEviction();
    expect(outcome).toBe(OUTCOMES[this.#model.receive(record)]);
  }

  /** Which of the flows silent longest goes is the table's choice: the model does the same to it. */
  #followEviction(): void {
    for (const key of [...this.#model.flows.keys()]) {
      if (!this.#real.find(recordOfKey(key))) this.#model.evict(key);
    }
  }

  #compare(): void {
    const { table, exported } = this.#real;
    const { flows, ended, begun } = this.#model;
    same(table.ended, ended);
    same(table.begun, begun);
    same(table.size, flows.size);
    same(table.waiting, [...flows.values()].filter(({ waiting }) => waiting).length);
    for (const [key, flow] of flows) {
      const found = this.#real.find(recordOfKey(key));
      if (!found) throw new Error(`the table has no ${key}`);
      same(valuesOf(found), snapshotOf(flow));
      same(
        { waiting: found.isWaiting, updated: found.isUpdated, ...deadlinesOf(found) },
        {
          waiting: flow.waiting,
          updated: flow.updated,
          active: flow.activeDeadline,
          inactive: flow.inactiveDeadline,
        },
      );
    }
    same(unordered(exported), unordered(this.#model.exported));
    this.#real.outlet.flows.length = 0;
    this.#model.exported.length = 0;
  }
}

describe('FlowTable and a naive model of flow-rules.md', () => {
  it('agree after every step about every field, outcome, export, deadline and end', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 3, 4),
        fc.constantFrom(1, 3, 7),
        fc.constantFrom('export' as const, 'drop' as const),
        fc.constantFrom(3, 100),
        fc.array(step, { maxLength: 60, size: 'max' }),
        (active, inactive, uncorrelated, maxFlows, steps) => {
          const comparison = new Comparison(active, inactive, uncorrelated, maxFlows);
          for (const each of steps) comparison.run(each);
        },
      ),
      { numRuns: 80 },
    );
  });
});
