import type { RecordContents } from '../../application/record-contents.js';
import type { WeirConfiguration } from '../configuration/weir-configuration.js';

/** What the configuration has flows carry. */
export function recordContentsOf({ recordContents, flowCollector }: WeirConfiguration): RecordContents {
  return { podLabels: recordContents.podLabels, uids: flowCollector.enable && flowCollector.includeK8sUIDs };
}
