import { inject, injectable } from 'inversify';
import { Enrichment, MISSES } from '../domain/enrichment/enrichment.js';
import { directionOf } from '../domain/enrichment/flow-direction.js';
import type { AggregatedFlow } from '../domain/flow/aggregated-flow.js';
import type { EnrichableRow } from '../domain/flow/enrichable-row.js';
import type { KubernetesMetadata } from './ports/kubernetes-metadata.js';
import type { Metrics } from './ports/metrics.js';
import type { RecordContents } from './record-contents.js';
import { APPLICATION } from './symbols.js';

/** Completes flows and records by what is known of the cluster, from when that is known (flow-rules.md §7, §8). */
@injectable()
export class Enrich {
  readonly #metadata: KubernetesMetadata;
  readonly #enrichment: Enrichment;

  constructor(
    @inject(APPLICATION.KubernetesMetadata) metadata: KubernetesMetadata,
    @inject(APPLICATION.RecordContents) contents: RecordContents,
    @inject(APPLICATION.Metrics) metrics: Metrics,
  ) {
    this.#metadata = metadata;
    this.#enrichment = new Enrichment(metadata.objects, contents);
    const { misses } = this.#enrichment;
    for (const kind of MISSES) {
      const help = 'What was looked up to complete a flow and not found, by kind.';
      metrics.observedCounter('weir_enrichment_misses_total', help, () => misses[kind], { kind });
    }
  }

  /** The metadata whose strings records are completed with. */
  get metadata(): KubernetesMetadata {
    return this.#metadata;
  }

  /** Completes a flow of the table that is about to leave it, once. */
  flow(flow: AggregatedFlow): void {
    if (flow.isEnriched || !this.#metadata.isSynced) return;
    this.#enrichment.completeFlow(flow);
    flow.enriched();
  }

  /** Completes a record that is passed on by itself; what needs no cluster, also without one. */
  record(row: EnrichableRow): void {
    if (this.#metadata.isSynced) this.#enrichment.completeRecord(row);
    else row.flowDirection = directionOf(row);
  }
}
