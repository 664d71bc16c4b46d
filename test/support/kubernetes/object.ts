/** Metadata of an object, as far as the tests' API server looks at it. */
export interface ObjectMetadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  generateName?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: Record<string, unknown>[];
  managedFields?: Record<string, unknown>[];
}

/** An object of Kubernetes in JSON. */
export interface KubernetesObject {
  kind?: string;
  apiVersion?: string;
  metadata: ObjectMetadata;
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  type?: string;
}

/** What is told of a kind of objects. */
export interface Kind {
  readonly kind: string;
  readonly singular: string;
  readonly namespaced: boolean;
}

/** The kinds of core/v1 that the tests' API server has, by the name of their resource. */
export const KINDS = {
  pods: { kind: 'Pod', singular: 'pod', namespaced: true },
  nodes: { kind: 'Node', singular: 'node', namespaced: false },
  services: { kind: 'Service', singular: 'service', namespaced: true },
  namespaces: { kind: 'Namespace', singular: 'namespace', namespaced: false },
  secrets: { kind: 'Secret', singular: 'secret', namespaced: true },
  configmaps: { kind: 'ConfigMap', singular: 'configmap', namespaced: true },
} as const satisfies Record<string, Kind>;

/** A resource of core/v1 that the tests' API server has. */
export type Resource = keyof typeof KINDS;

/** Whether the tests' API server has it. */
export function isResource(name: string): name is Resource {
  return Object.hasOwn(KINDS, name);
}

/** By what a store tells objects of a resource apart; lists are in this order. */
export function keyOf(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
