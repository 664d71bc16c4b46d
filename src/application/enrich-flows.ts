import { inject, injectable } from 'inversify';
import type { AggregatedFlow } from '../domain/flow/aggregated-flow.js';
import type { FlowOutlet } from '../domain/table/flow-table.js';
import type { BatchFlows } from './batch-flows.js';
import type { Enrich } from './enrich.js';
import { APPLICATION } from './symbols.js';

/** Completes the flows that leave the table, and hands them on to be batched. */
@injectable()
export class EnrichFlows implements FlowOutlet {
  readonly #enrich: Enrich;
  readonly #batches: BatchFlows;

  constructor(@inject(APPLICATION.Enrich) enrich: Enrich, @inject(APPLICATION.BatchFlows) batches: BatchFlows) {
    this.#enrich = enrich;
    this.#batches = batches;
  }

  take(flow: AggregatedFlow): void {
    this.#enrich.flow(flow);
    this.#batches.take(flow);
  }
}
