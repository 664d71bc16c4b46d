import { inject, injectable } from 'inversify';
import { FlowBatchBuilder } from '../domain/batch/flow-batch-builder.js';
import type { AggregatedFlow } from '../domain/flow/aggregated-flow.js';
import type { FlowOutlet } from '../domain/table/flow-table.js';
import type { BatchExporter } from './ports/batch-exporter.js';
import { APPLICATION } from './symbols.js';

/** Gathers the flows that leave the table into batches, and hands each full one on. */
@injectable()
export class BatchFlows implements FlowOutlet {
  readonly #exporter: BatchExporter;
  #builder: FlowBatchBuilder | undefined;

  constructor(@inject(APPLICATION.BatchExporter) exporter: BatchExporter) {
    this.#exporter = exporter;
  }

  take(flow: AggregatedFlow): void {
    this.#builder ??= new FlowBatchBuilder(flow.store);
    this.#builder.add(flow.words, flow.base);
    if (this.#builder.isFull) this.flush();
  }

  /** Hands on what was gathered, however little. */
  flush(): void {
    const batch = this.#builder?.take();
    if (batch) this.#exporter.export(batch);
  }
}
