import { Backoff } from './backoff.js';
import type { Cancel, Clock } from './ports/clock.js';
import type { FlowSink } from './ports/flow-sink.js';
import type { SinkHealth } from './sink-health.js';
import type { SinkMetrics } from './sink-metrics.js';

/** How long a sink has to let go once it is told to; after that Weir no longer waits for it. */
const ABORT_GRACE_MS = 500;

/** What deliveries of one sink share. */
export interface DeliveryContext<Q> {
  readonly sink: FlowSink<Q>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly health: SinkHealth;
  readonly metrics: SinkMetrics;
  /** The sink's health may have changed. */
  readonly changed: () => void;
}

/** One group on its way to a sink: tried, and tried again with growing waits, until the sink takes it or has to stop. */
export class Delivery<Q> {
  /** Flows in the group. */
  readonly rows: number;
  readonly #items: readonly Q[];
  readonly #context: DeliveryContext<Q>;
  readonly #backoff: Backoff;
  readonly #abort = new AbortController();
  #attempts = 0;
  /** No further attempt is to be made. */
  #isConcluding = false;
  #cancelConclusion: Cancel = () => undefined;
  #wake: () => void = () => undefined;

  constructor(items: readonly Q[], rows: number, context: DeliveryContext<Q>) {
    this.#items = items;
    this.rows = rows;
    this.#context = context;
    this.#backoff = new Backoff(context.random);
  }

  /** Resolves to whether the sink took the group. Never rejects. */
  async run(): Promise<boolean> {
    const { health, metrics } = this.#context;
    for (;;) {
      const outcome = await this.#attempt();
      if (outcome === 'failed' && !this.#isConcluding && (await this.#wait(this.#backoff.next()))) {
        metrics.retries.add();
        health.retried();
        continue;
      }
      this.#cancelConclusion();
      return outcome === 'taken';
    }
  }

  /** If it waits before another attempt, makes that now, and begins with short waits again. */
  hurry(): void {
    this.#backoff.reset();
    this.#wake();
  }

  /** Makes no further attempt. One that is under way may end; if others failed before it, within `graceMs`. */
  conclude(graceMs: number): void {
    this.#isConcluding = true;
    this.#wake();
    if (this.#attempts > 1) this.#cancelConclusion = this.#context.clock.after(graceMs, () => this.stop());
  }

  /** Tells the sink to stop; the delivery ends soon. */
  stop(): void {
    this.#abort.abort();
  }

  async #attempt(): Promise<'taken' | 'failed' | 'stopped'> {
    const { sink, clock, metrics, health, changed } = this.#context;
    const { signal } = this.#abort;
    this.#attempts++;
    const begun = clock.monotonicMilliseconds();
    try {
      await this.#untilAbandoned(async () => sink.deliver(this.#items, signal));
    } catch (error) {
      if (signal.aborted) return 'stopped';
      health.failed(this, this.rows, error);
      changed();
      return 'failed';
    }
    metrics.deliverySeconds.observe((clock.monotonicMilliseconds() - begun) / 1_000);
    health.succeeded(this);
    return 'taken';
  }

  /** What `deliver` says; a rejection if it says nothing soon after it was told to stop. */
  #untilAbandoned(deliver: () => Promise<void>): Promise<void> {
    const { clock } = this.#context;
    const { signal } = this.#abort;
    return new Promise((resolve, reject) => {
      let cancel: Cancel = () => undefined;
      const abandon = (): void => {
        cancel = clock.after(ABORT_GRACE_MS, () => {
          reject(new Error('the sink did not stop when it was told to'));
        });
      };
      signal.addEventListener('abort', abandon, { once: true });
      deliver()
        .then(resolve, reject)
        .finally(() => {
          signal.removeEventListener('abort', abandon);
          cancel();
        });
    });
  }

  /** Resolves after so long, at once when hurried, concluded or stopped, to whether to go on. */
  #wait(milliseconds: number): Promise<boolean> {
    const { clock } = this.#context;
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        signal.removeEventListener('abort', wake);
        this.#wake = () => undefined;
        resolve(!signal.aborted && !this.#isConcluding);
      };
      const cancel = clock.after(milliseconds, wake);
      signal.addEventListener('abort', wake, { once: true });
      this.#wake = wake;
    });
  }
}
