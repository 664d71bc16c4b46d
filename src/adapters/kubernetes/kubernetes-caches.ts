import type { Clock } from '../../application/ports/clock.js';
import type { Logger } from '../../application/ports/logger.js';
import type { Metrics } from '../../application/ports/metrics.js';
import type { NodeObject, ObjectStore, PodObject, ServiceObject } from '../../domain/kubernetes/objects.js';
import { accessOf, type KubernetesOptions } from './access/access-of.js';
import { ApiClient } from './api-client.js';
import { Reflector } from './reflector.js';
import { NODES, PODS, SERVICES } from './resources.js';
import { Troubles } from './troubles.js';

/** Where objects are kept. */
export interface KubernetesStores {
  readonly pods: ObjectStore<PodObject>;
  readonly nodes: ObjectStore<NodeObject>;
  readonly services: ObjectStore<ServiceObject>;
}

/** What {@link KubernetesCaches} needs of the world. */
export interface KubernetesContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Numbers from 0 up to 1, evenly spread. */
  readonly random: () => number;
}

/**
 * Keeps stores of Pods, Nodes and Services equal to what Kubernetes has. Nothing that goes wrong is thrown: it is told in the log, at most
 * once a minute, and tried again, for as long as it takes.
 */
export class KubernetesCaches {
  readonly #client: ApiClient;
  readonly #troubles: Troubles;
  readonly #reflectors: readonly Pick<Reflector<never>, 'run' | 'settled' | 'isSettled'>[];
  readonly #closing = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #isStarted = false;

  constructor(
    options: KubernetesOptions,
    stores: KubernetesStores,
    { clock, logger, metrics, random }: KubernetesContext,
  ) {
    this.#client = new ApiClient(accessOf(options), clock);
    this.#troubles = new Troubles(clock, logger, () =>
      this.isSynced ? 'flows are enriched with what was known before' : 'flows go on without what Kubernetes knows',
    );
    const context = { client: this.#client, troubles: this.#troubles, clock, logger, metrics, random };
    this.#reflectors = [
      new Reflector(PODS, stores.pods, context),
      new Reflector(NODES, stores.nodes, context),
      new Reflector(SERVICES, stores.services, context),
    ];
  }

  /** Begins. Whatever is missing for it, a kubeconfig that can't be read say, is told and tried again. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#running = Promise.all(this.#reflectors.map((reflector) => reflector.run(this.#closing.signal)));
  }

  /** Whether {@link synced} would resolve at once. */
  get isSynced(): boolean {
    return this.#reflectors.every(({ isSettled }) => isSettled);
  }

  /**
   * Resolves once all kinds were listed; one that Weir may not list does not hold up the others and counts as if it were. Resolves also
   * when this is closed; never rejects.
   */
  async synced(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (this.#closing.signal.aborted) resolve();
      this.#closing.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([Promise.all(this.#reflectors.map(({ settled }) => settled)), closed]);
  }

  /** Ends all requests. What the stores have stays. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    this.#troubles.close();
    this.#client.close();
  }
}
