import { elementsOf, fieldsOf, ownText, textOf, type JsonObject } from './json.js';

/** What a Pod belongs to; "" and "" if nothing. */
export interface Workload {
  readonly workloadKind: string;
  readonly workloadName: string;
}

/**
 * The controller among a Pod's owners. The ReplicaSet of a Deployment is named after it and the hash that its Pods carry as a label, so
 * that Deployment is known without reading it.
 */
export function workloadOf(metadata: JsonObject, labels: Readonly<Record<string, string>>): Workload {
  const owners = elementsOf(metadata['ownerReferences']).map(fieldsOf);
  const controller = fieldsOf(owners.find((owner) => owner['controller'] === true));
  const workloadKind = textOf(controller['kind']);
  const workloadName = textOf(controller['name']);
  const ending = `-${labels['pod-template-hash'] ?? ''}`;
  if (
    workloadKind !== 'ReplicaSet' ||
    ending === '-' ||
    ending.length >= workloadName.length ||
    !workloadName.endsWith(ending)
  )
    return { workloadKind, workloadName };
  return { workloadKind: 'Deployment', workloadName: ownText(workloadName.slice(0, -ending.length)) };
}
