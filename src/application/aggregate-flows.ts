import { inject, injectable } from 'inversify';
import { Outcome } from '../domain/flow/aggregated-flow.js';
import type { FlowRecord } from '../domain/flow/flow-record.js';
import type { EndReason, FlowTable } from '../domain/table/flow-table.js';
import type { Counter, Metrics } from './ports/metrics.js';
import type { RecordReceiver } from './ports/record-receiver.js';
import { RECORDS_DROPPED, RECORDS_DROPPED_HELP, takenCounter } from './record-counters.js';
import { APPLICATION } from './symbols.js';

/** Takes records into the table of flows, and counts what became of them (design.md, counters that balance). */
@injectable()
export class AggregateFlows implements RecordReceiver {
  readonly #table: FlowTable;
  readonly #taken: Counter;
  readonly #older: Counter;
  readonly #duplicate: Counter;
  readonly #dropped: Counter;

  constructor(@inject(APPLICATION.FlowTable) table: FlowTable, @inject(APPLICATION.Metrics) metrics: Metrics) {
    this.#table = table;
    this.#taken = takenCounter(metrics);
    this.#older = metrics.counter('weir_records_older_total', 'Records that reported what was known already.');
    this.#duplicate = metrics.counter(
      'weir_records_duplicate_total',
      'Records of traffic that another exporter reports.',
    );
    this.#dropped = metrics.counter(RECORDS_DROPPED, RECORDS_DROPPED_HELP, { reason: 'strings_full' });
    showFlows(table, metrics);
  }

  receive(record: FlowRecord): void {
    switch (this.#table.receive(record)) {
      case Outcome.Taken:
        this.#taken.add();
        break;
      case Outcome.Older:
        this.#older.add();
        break;
      case Outcome.Duplicate:
        this.#duplicate.add();
        break;
      case Outcome.StringsFull:
        this.#dropped.add();
        break;
    }
  }
}

function showFlows(table: FlowTable, metrics: Metrics): void {
  const flows = 'Flows in the table: waiting for their other half, or ready.';
  metrics.gauge('weir_flows', flows, () => table.waiting, { state: 'waiting' });
  metrics.gauge('weir_flows', flows, () => table.size - table.waiting, { state: 'ready' });
  metrics.observedCounter('weir_flows_begun_total', 'Flows that began.', () => table.begun);
  for (const reason of Object.keys(table.ended) as EndReason[]) {
    metrics.observedCounter('weir_flows_ended_total', 'Flows that ended, by reason.', () => table.ended[reason], {
      reason,
    });
  }
  const memory = 'Accounted memory by what has it.';
  metrics.gauge('weir_memory_bytes', memory, () => table.byteLength, { part: 'flows' });
  metrics.gauge('weir_memory_bytes', memory, () => table.strings.byteLength, { part: 'strings' });
  metrics.gauge('weir_strings', 'Distinct strings that flows hold or lately held.', () => table.strings.size);
}
