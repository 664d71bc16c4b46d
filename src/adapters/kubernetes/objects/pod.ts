import type { PodObject } from '../../../domain/kubernetes/objects.js';
import { elementsOf, fieldsOf, secondsOf, textOf, type JsonObject } from './json.js';
import { identityOf, labelsOf, metadataOf } from './metadata.js';
import { workloadOf } from './workload.js';

/** What Weir keeps of a Pod; undefined if it has no UID or no name. Parts that are missing or of another type are as if not given. */
export function podOf(object: JsonObject): PodObject | undefined {
  const metadata = metadataOf(object);
  const identity = identityOf(metadata);
  if (identity === undefined) return undefined;
  const spec = fieldsOf(object['spec']);
  const status = fieldsOf(object['status']);
  const labels = labelsOf(metadata);
  return {
    ...identity,
    ips: ipsOf(status),
    labels,
    nodeName: textOf(spec['nodeName']),
    phase: textOf(status['phase']),
    hostNetwork: spec['hostNetwork'] === true,
    createdSeconds: secondsOf(metadata['creationTimestamp']) ?? 0,
    finishedSeconds: finishedSecondsOf(status),
    ...workloadOf(metadata, labels),
  };
}

function ipsOf(status: JsonObject): string[] {
  const ips = elementsOf(status['podIPs'])
    .map((each) => textOf(fieldsOf(each)['ip']))
    .filter((ip) => ip !== '');
  if (ips.length > 0) return ips;
  const ip = textOf(status['podIP']);
  return ip === '' ? [] : [ip];
}

/** When the last container ended, if all have; else, of a Pod that terminated, when it was last no longer ready. */
function finishedSecondsOf(status: JsonObject): number | undefined {
  return lastContainerSeconds(status) ?? (isTerminal(status) ? unreadySeconds(status) : undefined);
}

function isTerminal(status: JsonObject): boolean {
  return status['phase'] === 'Succeeded' || status['phase'] === 'Failed';
}

function lastContainerSeconds(status: JsonObject): number | undefined {
  const containers = [...elementsOf(status['initContainerStatuses']), ...elementsOf(status['containerStatuses'])];
  let last: number | undefined;
  for (const container of containers) {
    const { terminated } = fieldsOf(fieldsOf(container)['state']);
    if (terminated == null) return undefined;
    const seconds = secondsOf(fieldsOf(terminated)['finishedAt']);
    if (seconds !== undefined && (last === undefined || seconds > last)) last = seconds;
  }
  return last;
}

function unreadySeconds(status: JsonObject): number | undefined {
  const conditions = elementsOf(status['conditions']).map(fieldsOf);
  return secondsOf(conditions.find(({ type }) => type === 'Ready')?.['lastTransitionTime']);
}
