import type { Cancel, Clock } from '../../application/ports/clock.js';
import type { Logger } from '../../application/ports/logger.js';
import type { ApiError } from './api-error.js';
import type { Kind } from './resources.js';

/** How often a trouble that lasts is told. */
const EVERY_MS = 60_000;

interface Entry {
  /** Whom it concerns now. */
  readonly kinds: Set<Kind>;
  message: string;
  /** Failures since the last line. */
  failures: number;
  /** Whether there was a line since it was last over. */
  isTold: boolean;
  cancel: Cancel;
}

/**
 * Tells of what is wrong with access to Kubernetes: at once, then once a minute for as long as it lasts, and once when it is over. What
 * concerns the server is told once for all kinds of objects, what concerns a permission once for each.
 */
export class Troubles {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #consequence: () => string;
  readonly #entries = new Map<string, Entry>();

  /** @param consequence what it means for flows, as long as it lasts */
  constructor(clock: Clock, logger: Logger, consequence: () => string) {
    this.#clock = clock;
    this.#logger = logger;
    this.#consequence = consequence;
  }

  /** Something went wrong for a kind of objects. */
  report(kind: Kind, error: ApiError): void {
    const key =
      error.trouble === 'forbidden' || error.trouble === 'not_found' ? `${error.trouble} ${kind}` : error.trouble;
    for (const [other, entry] of this.#entries) if (other !== key) entry.kinds.delete(kind);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.kinds.add(kind);
      known.message = error.message;
      known.failures++;
      return;
    }
    const entry: Entry = {
      kinds: new Set([kind]),
      message: error.message,
      failures: 1,
      isTold: false,
      cancel: this.#clock.every(EVERY_MS, () => this.#minuteOver(key, entry)),
    };
    this.#entries.set(key, entry);
    this.#tell(entry);
  }

  /** It works again for a kind of objects. */
  over(kind: Kind): void {
    for (const entry of this.#entries.values()) {
      if (!entry.kinds.delete(kind) || entry.kinds.size > 0 || !entry.isTold) continue;
      entry.isTold = false;
      entry.failures = 0;
      this.#logger.info('Kubernetes works again', { after: entry.message });
    }
  }

  /** Tells nothing more. */
  close(): void {
    for (const { cancel } of this.#entries.values()) cancel();
    this.#entries.clear();
  }

  #minuteOver(key: string, entry: Entry): void {
    if (entry.kinds.size > 0 || entry.failures > 0) {
      this.#tell(entry);
      return;
    }
    entry.cancel();
    this.#entries.delete(key);
  }

  #tell(entry: Entry): void {
    const { kinds, message, failures } = entry;
    entry.failures = 0;
    entry.isTold = kinds.size > 0;
    this.#logger.warn(message, {
      ...(kinds.size > 0 && { concerns: [...kinds].sort().join(', '), until_then: this.#consequence() }),
      ...(failures > 1 && { failures }),
    });
  }
}
