import { inject, injectable } from 'inversify';
import type { FlowSource } from './ports/flow-source.js';
import { APPLICATION } from './symbols.js';

/** Why exporters are held back: flows can't be enriched yet, memory is short, or no sink has room. */
export type HoldReason = 'metadata' | 'memory' | 'sinks';

/** Holds exporters back, where their transport can, for as long as there is any reason to. */
@injectable()
export class HoldExporters {
  readonly #sources: readonly FlowSource[];
  readonly #reasons = new Set<HoldReason>();

  constructor(@inject(APPLICATION.FlowSources) sources: readonly FlowSource[]) {
    this.#sources = sources;
  }

  /** There is this reason from now on. May come before the sources are started: they then begin to listen, and read nothing. */
  hold(reason: HoldReason): void {
    const were = this.#reasons.size > 0;
    this.#reasons.add(reason);
    if (!were) for (const source of this.#sources) source.pause();
  }

  /** There no longer is. */
  release(reason: HoldReason): void {
    if (this.#reasons.delete(reason) && this.#reasons.size === 0) for (const source of this.#sources) source.resume();
  }
}
