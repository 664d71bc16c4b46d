import type { NodeObject, PodObject, ServiceObject } from '../../domain/kubernetes/objects.js';
import type { JsonObject } from './objects/json.js';
import { nodeOf } from './objects/node.js';
import { podOf } from './objects/pod.js';
import { serviceOf } from './objects/service.js';

/** The kinds that are listed and watched, as permissions name them. */
export const KINDS = ['pods', 'nodes', 'services'] as const;

/** One of {@link KINDS}. */
export type Kind = (typeof KINDS)[number];

/** How objects of a kind are read. */
export interface Resource<T> {
  readonly kind: Kind;
  readonly path: string;
  /** What is kept of an object; undefined if it is not usable. Never throws. */
  readonly convert: (object: JsonObject) => T | undefined;
}

/** Pods of all namespaces. */
export const PODS: Resource<PodObject> = { kind: 'pods', path: '/api/v1/pods', convert: podOf };

/** All Nodes. */
export const NODES: Resource<NodeObject> = { kind: 'nodes', path: '/api/v1/nodes', convert: nodeOf };

/** Services of all namespaces. */
export const SERVICES: Resource<ServiceObject> = { kind: 'services', path: '/api/v1/services', convert: serviceOf };
