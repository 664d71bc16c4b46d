import type { Cancel } from '../../application/ports/clock.js';
import type { KubernetesMetadata } from '../../application/ports/kubernetes-metadata.js';
import { KubernetesObjects } from '../../domain/kubernetes/kubernetes-objects.js';
import type { KubernetesOptions } from './access/access-of.js';
import { KubernetesCaches, type KubernetesContext } from './kubernetes-caches.js';

/** What is known of the cluster: the domain's copy of its objects, kept up to date by listing and watching. */
export class CachedMetadata implements KubernetesMetadata {
  readonly objects: KubernetesObjects;
  readonly #caches: KubernetesCaches;
  readonly #context: KubernetesContext;
  #stop: Cancel = () => undefined;

  /** @param hashKey two random words, other ones in each process */
  constructor(options: KubernetesOptions, hashKey: readonly [number, number], context: KubernetesContext) {
    this.#context = context;
    this.objects = new KubernetesObjects(hashKey, this.#now());
    this.#caches = new KubernetesCaches(options, this.objects, context);
    context.metrics.gauge(
      'weir_kubernetes_memory_bytes',
      "Accounted memory of what is kept of Kubernetes' objects.",
      () => this.objects.byteLength,
    );
  }

  get isSynced(): boolean {
    return this.#caches.isSynced;
  }

  start(): void {
    this.#caches.start();
    this.#stop = this.#context.clock.every(1000, () => this.objects.advance(this.#now()));
  }

  synced(): Promise<void> {
    return this.#caches.synced();
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#caches.close();
  }

  #now(): number {
    return Math.floor(this.#context.clock.unixMilliseconds() / 1000);
  }
}
