import type { Cancel, Clock } from '../application/ports/clock.js';

/** How {@link SystemClock} waits. */
export interface SystemClockOptions {
  /** Whether a pending timer keeps the process alive. Sockets do that for a service; its timers must not delay the end. @default false */
  readonly holdProcess?: boolean;
}

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
    const timer = setTimeout(action, milliseconds);
    if (!this.#holdProcess) timer.unref();
    return () => clearTimeout(timer);
  }

  every(milliseconds: number, action: () => void): Cancel {
    const timer = setInterval(action, milliseconds);
    if (!this.#holdProcess) timer.unref();
    return () => clearInterval(timer);
  }

  soon(action: () => void): Cancel {
    const immediate = setImmediate(action);
    return () => clearImmediate(immediate);
  }
}
