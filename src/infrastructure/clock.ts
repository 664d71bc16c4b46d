import type { Cancel, Clock } from '../application/ports/clock.js';

/** How {@link SystemClock} waits. */
export interface SystemClockOptions {
  /** Whether a pending timer keeps the process alive. Sockets do that for a service; its timers must not delay the end. @default false */
  readonly holdProcess?: boolean;
}

/** Node's timers take no longer: beyond it, they fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's time. */
export class SystemClock implements Clock {
  readonly #holdProcess: boolean;

  constructor(options: SystemClockOptions = {}) {
    this.#holdProcess = options.holdProcess ?? false;
  }

  unixMilliseconds(): number {
    return Date.now();
  }

  monotonicMilliseconds(): number {
    return performance.now();
  }

  after(milliseconds: number, action: () => void): Cancel {
    let rest = milliseconds;
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const part = Math.min(rest, LONGEST_TIMER_MS);
      rest -= part;
      timer = setTimeout(rest > 0 ? wait : action, part);
      if (!this.#holdProcess) timer.unref();
    };
    wait();
    return () => clearTimeout(timer);
  }

  every(milliseconds: number, action: () => void): Cancel {
    if (milliseconds > LONGEST_TIMER_MS) return this.#everyLong(milliseconds, action);
    const timer = setInterval(action, milliseconds);
    if (!this.#holdProcess) timer.unref();
    return () => clearInterval(timer);
  }

  soon(action: () => void): Cancel {
    const immediate = setImmediate(action);
    return () => clearImmediate(immediate);
  }

  #everyLong(milliseconds: number, action: () => void): Cancel {
    let cancel: Cancel;
    const wait = (): void => {
      cancel = this.after(milliseconds, () => {
        wait();
        action();
      });
    };
    wait();
    return () => cancel();
  }
}
