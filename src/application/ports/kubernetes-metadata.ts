import type { KubernetesObjects } from '../../domain/kubernetes/kubernetes-objects.js';

/** What is known of the cluster: a copy of its Pods, Nodes and Services that is kept up to date, and read without waiting. */
export interface KubernetesMetadata {
  /** The copy. Reading it never waits and never fails: what is not there is not known. */
  readonly objects: KubernetesObjects;
  /** Whether all objects were listed once. Until then nothing should be looked up. */
  readonly isSynced: boolean;
  /** Begins to list and watch. */
  start(): void;
  /** Resolves once all objects are listed; at once where there is no cluster. Never rejects. */
  synced(): Promise<void>;
  /** Ends listing and watching. */
  close(): Promise<void>;
}
