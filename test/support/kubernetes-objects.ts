import { KubernetesObjects } from '../../src/domain/kubernetes/kubernetes-objects.js';
import type { NodeObject, PodObject, ServiceObject } from '../../src/domain/kubernetes/objects.js';

/** Unix time at which the metadata of a test begins. */
export const KUBERNETES_NOW = 1_000_000;

/** A Pod as the API server would tell of it; what is not given follows from its name. */
export function aPodObject(values: Partial<PodObject> & { readonly name: string }): PodObject {
  return {
    uid: `uid-of-${values.name}`,
    namespace: 'default',
    ips: [],
    labels: {},
    nodeName: 'node-1',
    phase: 'Running',
    hostNetwork: false,
    createdSeconds: KUBERNETES_NOW - 1000,
    finishedSeconds: undefined,
    workloadKind: '',
    workloadName: '',
    ...values,
  };
}

/** A Node, likewise. */
export function aNodeObject(values: Partial<NodeObject> & { readonly name: string }): NodeObject {
  return { uid: `uid-of-${values.name}`, zone: '', internalIPs: [], ...values };
}

/** A Service, likewise. */
export function aServiceObject(values: Partial<ServiceObject> & { readonly name: string }): ServiceObject {
  return { uid: `uid-of-${values.name}`, namespace: 'default', ports: [], ...values };
}

/** What is known of a cluster, with these objects in it. */
export function kubernetesObjects(
  objects: {
    readonly pods?: readonly PodObject[];
    readonly nodes?: readonly NodeObject[];
    readonly services?: readonly ServiceObject[];
  } = {},
): KubernetesObjects {
  const known = new KubernetesObjects([3, 4], KUBERNETES_NOW);
  for (const pod of objects.pods ?? []) known.pods.put(pod);
  for (const node of objects.nodes ?? []) known.nodes.put(node);
  for (const service of objects.services ?? []) known.services.put(service);
  return known;
}
