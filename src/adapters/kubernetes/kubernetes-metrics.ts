import type { Counter, Metrics } from '../../application/ports/metrics.js';
import { TROUBLES, type Trouble } from './api-error.js';
import type { Kind } from './resources.js';

/** Why a watch had to be begun again; also values of a metric's label. */
const WATCH_ENDS = ['ended', 'broken', 'silent', 'expired', 'refused', 'malformed'] as const;

/** One of {@link WATCH_ENDS}: `ended` as it should be, when its time was over. */
export type WatchEnd = (typeof WATCH_ENDS)[number];

const ENDS: Readonly<Partial<Record<Trouble, WatchEnd>>> = {
  unreachable: 'broken',
  tls: 'broken',
  silent: 'silent',
  expired: 'expired',
  malformed: 'malformed',
};

/** Why a watch ended that met with a trouble. */
export function watchEndOf(trouble: Trouble): WatchEnd {
  return ENDS[trouble] ?? 'refused';
}

/** Counts what happens with one kind of objects. */
export class KindMetrics {
  readonly lists: Counter;
  /** Objects that were left out: they have no UID or no name. */
  readonly skipped: Counter;
  readonly #restarts: ReadonlyMap<WatchEnd, Counter>;
  readonly #errors: ReadonlyMap<Trouble, Counter>;

  /** @param size how many objects there are now; @param isListed whether all were listed once */
  constructor(metrics: Metrics, kind: Kind, size: () => number, isListed: () => boolean) {
    const errors = (reason: string): Counter =>
      metrics.counter('weir_kubernetes_errors_total', 'Requests to Kubernetes that failed, and objects left out', {
        kind,
        reason,
      });
    this.lists = metrics.counter('weir_kubernetes_lists_total', 'Whole lists of objects read from Kubernetes', {
      kind,
    });
    this.skipped = errors('unusable_object');
    this.#errors = new Map(TROUBLES.map((trouble) => [trouble, errors(trouble)]));
    this.#restarts = new Map(
      WATCH_ENDS.map((reason) => [
        reason,
        metrics.counter('weir_kubernetes_watch_restarts_total', 'Watches that ended, to be begun again', {
          kind,
          reason,
        }),
      ]),
    );
    metrics.gauge('weir_kubernetes_objects', 'Objects known from Kubernetes', size, { kind });
    metrics.gauge('weir_kubernetes_synced', 'Whether all objects were listed once', () => (isListed() ? 1 : 0), {
      kind,
    });
  }

  /** A watch ended. */
  restarted(end: WatchEnd): void {
    this.#restarts.get(end)?.add();
  }

  /** A request failed. */
  failed(trouble: Trouble): void {
    this.#errors.get(trouble)?.add();
  }
}
