import { errorText } from '../../application/error-text.js';
import type { Logger } from '../../application/ports/logger.js';
import { printConfiguration } from '../configuration/print-configuration.js';
import { formatProblem } from '../configuration/problem.js';
import { readConfiguration, type ReadConfiguration } from '../configuration/read-configuration.js';
import type { WeirConfiguration } from '../configuration/weir-configuration.js';
import { changesBetween, withLiveChanges, type Change } from './configuration-changes.js';

/** What reloading works with. */
export interface ReloadParts {
  /** As its user named it. */
  readonly file: string;
  /** What the service was started with. */
  readonly running: WeirConfiguration;
  /** Reads the file. @throws Error if it can't be read */
  readonly load: () => ReadConfiguration;
  /**
   * Has these changes take effect; `configuration` is then what runs. Resolves when all is in its place.
   *
   * @throws Error if it can't be done, and nothing was
   */
  readonly apply: (configuration: WeirConfiguration, changes: readonly Change[]) => Promise<void>;
  readonly logger: Logger;
}

/** Takes over what a changed file says, as far as that goes without a restart, and says what it does. */
export class Reload {
  readonly #parts: ReloadParts;
  #running: WeirConfiguration;
  #work: Promise<void> | undefined;
  #isDue = false;
  #isFirst = true;
  #isStopped = false;

  constructor(parts: ReloadParts) {
    this.#parts = parts;
    this.#running = parts.running;
  }

  /** What is in effect. */
  get running(): WeirConfiguration {
    return this.#running;
  }

  /** The file is to be looked at: at once, or when what is under way is done. The first time it says nothing if nothing has changed. */
  changed(): void {
    this.#isDue = true;
    this.#work ??= this.#workOff();
  }

  /** Resolves when all changes so far are in effect. */
  async idle(): Promise<void> {
    await this.#work;
  }

  /** Takes over nothing any more. */
  stop(): void {
    this.#isStopped = true;
  }

  async #workOff(): Promise<void> {
    while (this.#isDue && !this.#isStopped) {
      this.#isDue = false;
      await this.#reload();
    }
    this.#work = undefined;
  }

  async #reload(): Promise<void> {
    const { file, load, logger } = this.#parts;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    let result: ReadConfiguration;
    try {
      result = load();
    } catch (error) {
      logger.error('the new configuration is refused; what is running goes on', { error: errorText(error) });
      return;
    }
    const changes = changesBetween(this.#running, result.configuration);
    if (isFirst && result.usable && changes.length === 0) return;
    for (const problem of result.problems) {
      const level = problem.severity === 'error' ? 'error' : 'warn';
      logger[level](formatProblem(file, problem));
    }
    if (!result.usable) logger.error('the new configuration is refused; what is running goes on', { file });
    else if (changes.length === 0) logger.info('the configuration says what is running', { file });
    else await this.#takeOver(result.configuration, changes);
  }

  async #takeOver(next: WeirConfiguration, changes: readonly Change[]): Promise<void> {
    const { logger } = this.#parts;
    for (const { path: key, before: running, after: file, isLive } of changes)
      if (!isLive) logger.warn('a change of the configuration needs a restart', { key, running, file });
    const live = changes.filter(({ isLive }) => isLive);
    if (live.length === 0) return;
    const effective = withLiveChanges(this.#running, next);
    if (live.length < changes.length && !this.#isSound(effective)) return;
    try {
      const applied = this.#parts.apply(effective, live);
      this.#running = effective;
      for (const { path: key, before: from, after: to } of live)
        logger.info('a change of the configuration takes effect', { key, from, to });
      await applied;
    } catch (error) {
      logger.error('a change of the configuration can not take effect', { error: errorText(error) });
    }
  }

  /** Whether what is new goes together with what stays as it is; each for itself was checked, the mixture was not. */
  #isSound(effective: WeirConfiguration): boolean {
    const { problems, usable } = readConfiguration(printConfiguration(effective));
    for (const { severity, path, message } of problems)
      if (severity === 'error')
        this.#parts.logger.error('a change does not go with what is running and needs a restart', {
          key: path,
          error: message,
        });
    return usable;
  }
}
