import { KubernetesObjects } from '../domain/kubernetes/kubernetes-objects.js';
import type { KubernetesMetadata } from './ports/kubernetes-metadata.js';

/** Outside of a cluster: nothing is known, nothing is waited for, and nobody complains. */
export class NoKubernetes implements KubernetesMetadata {
  readonly objects = new KubernetesObjects([0, 0], 0);
  readonly isSynced: boolean = false;

  start(): void {
    // There is nothing to list.
  }

  synced(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
