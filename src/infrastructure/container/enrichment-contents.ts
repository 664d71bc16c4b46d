import type { EnrichmentContents } from '../../domain/enrichment/enrichment.js';
import type { WeirConfiguration } from '../configuration/weir-configuration.js';

/** What the configuration has flows enriched with. */
export function enrichmentContents({ recordContents, flowCollector }: WeirConfiguration): EnrichmentContents {
  return { podLabels: recordContents.podLabels, uids: flowCollector.enable && flowCollector.includeK8sUIDs };
}
