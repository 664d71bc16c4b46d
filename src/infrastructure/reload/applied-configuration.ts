import type { WeirConfiguration } from '../configuration/weir-configuration.js';

/** Tells all who want to know when another configuration is in effect. */
export class AppliedConfiguration {
  readonly #listeners: ((configuration: WeirConfiguration) => void)[] = [];

  /** Calls `listener` each time, from the next one on, with what is in effect from then on. It must not throw. */
  onApplied(listener: (configuration: WeirConfiguration) => void): void {
    this.#listeners.push(listener);
  }

  /** Tells them all. */
  tell(configuration: WeirConfiguration): void {
    for (const listener of this.#listeners) listener(configuration);
  }
}
