import type { Clock } from '../../application/ports/clock.js';
import type { LogFields } from '../../application/ports/logger.js';

/** How long what repeats is gathered into one line. */
const WINDOW_MS = 60_000;

/** Keys that are told apart at a time. Exporters choose some keys, so beyond this they share one. */
const MAX_KEYS = 1000;
const OVERFLOW_KEY = 'everything else';

interface Repetition {
  suppressed: number;
  message: string;
  fields: LogFields | undefined;
}

/** Writes one line. */
export type WriteLine = (message: string, fields: LogFields | undefined) => void;

/**
 * Turns what happens again and again into a line at once and then, as long as it goes on, a line a minute that says how often.
 * Memory is bounded whatever the keys.
 */
export class Repetitions {
  readonly #clock: Clock;
  readonly #write: WriteLine;
  readonly #current = new Map<string, Repetition>();

  constructor(clock: Clock, write: WriteLine) {
    this.#clock = clock;
    this.#write = write;
  }

  /** Writes the message, or counts it if one of its key was written within the last minute. */
  report(key: string, message: string, fields?: LogFields): void {
    const known = this.#current.get(key);
    if (known !== undefined) {
      known.suppressed++;
      known.message = message;
      known.fields = fields;
      return;
    }
    if (this.#current.size >= MAX_KEYS && key !== OVERFLOW_KEY) {
      this.report(OVERFLOW_KEY, message, fields);
      return;
    }
    this.#write(message, fields);
    this.#current.set(key, { suppressed: 0, message, fields });
    this.#awaitWindow(key);
  }

  /** Writes what is gathered, for the end of the process. */
  flush(): void {
    for (const repetition of this.#current.values()) this.#summarize(repetition);
  }

  #awaitWindow(key: string): void {
    this.#clock.after(WINDOW_MS, () => {
      const repetition = this.#current.get(key)!;
      if (repetition.suppressed === 0) {
        this.#current.delete(key);
        return;
      }
      this.#summarize(repetition);
      this.#awaitWindow(key);
    });
  }

  #summarize(repetition: Repetition): void {
    const { suppressed, message, fields } = repetition;
    if (suppressed === 0) return;
    repetition.suppressed = 0;
    this.#write(message, { ...fields, repeated: suppressed });
  }
}
