import { inject, injectable } from 'inversify';
import type { HoldExporters } from './hold-exporters.js';
import type { Clock } from './ports/clock.js';
import type { KubernetesMetadata } from './ports/kubernetes-metadata.js';
import type { Logger } from './ports/logger.js';
import { APPLICATION } from './symbols.js';

/** Nothing waits for the cluster's objects longer (flow-rules.md §7). */
const LONGEST_MILLISECONDS = 30_000;

/** At the start, has records wait until the cluster's objects are known, so that none leaves without what is known of its Pods. */
@injectable()
export class AwaitMetadata {
  readonly #metadata: KubernetesMetadata;
  readonly #hold: HoldExporters;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #end: () => void = () => undefined;

  constructor(
    @inject(APPLICATION.KubernetesMetadata) metadata: KubernetesMetadata,
    @inject(APPLICATION.HoldExporters) hold: HoldExporters,
    @inject(APPLICATION.Clock) clock: Clock,
    @inject(APPLICATION.Logger) logger: Logger,
  ) {
    this.#metadata = metadata;
    this.#hold = hold;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Holds exporters back and begins to list objects; resolves when exporters go on, after 30 s at most. Never rejects. */
  async run(): Promise<void> {
    this.#hold.hold('metadata');
    this.#metadata.start();
    const waited = new Promise<void>((resolve) => {
      this.#end = resolve;
    });
    const cancel = this.#clock.after(LONGEST_MILLISECONDS, () => {
      this.#logger.warn(
        "the cluster's objects are not known yet: flows leave without what Kubernetes knows until they are",
        {
          seconds: LONGEST_MILLISECONDS / 1000,
        },
      );
      this.#end();
    });
    await Promise.race([this.#metadata.synced(), waited]);
    cancel();
    this.#hold.release('metadata');
  }

  /** Waits no longer. */
  cancel(): void {
    this.#end();
  }
}
