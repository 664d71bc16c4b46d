import { FlowBatchBuilder } from '../../src/domain/batch/flow-batch-builder.js';
import { ExpiryPolicy, type UncorrelatedPolicy } from '../../src/domain/expiry/expiry-policy.js';
import type { AggregatedFlow, Outcome } from '../../src/domain/flow/aggregated-flow.js';
import type { Flow } from '../../src/domain/flow/flow.js';
import { FlowFlag } from '../../src/domain/flow/flow-flags.js';
import { FlowKey } from '../../src/domain/flow/flow-key.js';
import { FLOW_ROW } from '../../src/domain/flow/layout.js';
import { FlowTable, type FlowOutlet } from '../../src/domain/table/flow-table.js';
import { TABLE_ROW } from '../../src/domain/table/row-slabs.js';
import { aRecord, type RecordValues } from './a-record.js';
import { valuesOf, type Values } from './flow-values.js';

/** How a table of a test is made; what is not given is as the defaults say. */
export interface TableOptions {
  readonly activeSeconds?: number;
  readonly inactiveSeconds?: number;
  readonly uncorrelated?: UncorrelatedPolicy;
  readonly maxFlows?: number;
  readonly maxStringBytes?: number;
  readonly hashKey?: readonly [number, number];
}

/** The second at which tables of tests begin; not 0, so that a forgotten "since when" shows. */
export const BEGINNING = 1_000;

/** Keeps what leaves a table, as it was then. */
export class RecordingOutlet implements FlowOutlet {
  /** All fields of each flow, in the order in which they left. */
  readonly flows: Values[] = [];
  /** The flags of each. */
  readonly flags: number[] = [];
  #builder: FlowBatchBuilder | undefined;

  take(flow: AggregatedFlow): void {
    this.#builder ??= new FlowBatchBuilder(flow.store);
    this.#builder.add(flow.words, flow.base);
    this.flows.push(valuesOf(this.#builder.take()!.at(0)));
    this.flags.push(flow.words[flow.base + FLOW_ROW.flags]!);
  }
}

/** A table with an outlet that remembers, timeouts of 10 s (active) and 30 s (inactive), and a clock that a test moves. */
export class TestTable {
  readonly outlet = new RecordingOutlet();
  readonly table: FlowTable;
  now = BEGINNING;

  constructor(options: TableOptions = {}) {
    this.table = new FlowTable(
      new ExpiryPolicy(
        (options.activeSeconds ?? 10) * 1000,
        (options.inactiveSeconds ?? 30) * 1000,
        options.uncorrelated,
      ),
      { maxFlows: options.maxFlows ?? 1000, maxStringBytes: options.maxStringBytes ?? 2 ** 26 },
      this.outlet,
      options.hashKey ?? [0x01234567, 0x89abcdef],
      BEGINNING,
    );
  }

  /** Flows that were exported so far. */
  get exported(): readonly Values[] {
    return this.outlet.flows;
  }

  receive(values: RecordValues = {}): Outcome {
    return this.table.receive(aRecord(values));
  }

  /** Moves the clock on without a tick. */
  wait(seconds: number): void {
    this.now += seconds;
    this.table.advance(this.now);
  }

  /** Moves the clock on second by second, and lets everything due at each go. */
  tick(seconds = 1): void {
    for (let i = 0; i < seconds; i++) {
      this.wait(1);
      while (this.table.expireNext());
    }
  }

  /** Ends all flows. */
  drain(): void {
    while (this.table.drainNext());
  }

  /** The flow of a record's key; undefined if there is none. */
  find(values: RecordValues = {}): AggregatedFlow | undefined {
    const key = new FlowKey();
    key.take(aRecord(values));
    return this.table.find(key);
  }

  /** All fields of the flow of a record's key; fails if there is none. */
  flow(values: RecordValues = {}): Values {
    const flow = this.find(values);
    if (!flow) throw new Error('there is no such flow');
    return valuesOf(flow);
  }
}

/** Whether a flag of a flow is set. */
export function hasFlag(flow: Pick<Flow, 'words' | 'base'>, flag: keyof typeof FlowFlag): boolean {
  return (flow.words[flow.base + FLOW_ROW.flags]! & FlowFlag[flag]) !== 0;
}

/** When a flow of a table is due next, and when it ends. */
export function deadlinesOf({ words, base }: AggregatedFlow): { active: number; inactive: number } {
  return {
    active: words[base + TABLE_ROW.activeDeadline]!,
    inactive: words[base + TABLE_ROW.inactiveDeadline]!,
  };
}
