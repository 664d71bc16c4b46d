import type { Clock } from '../../application/ports/clock.js';

/** Resolves after so many milliseconds, or at once when the signal is aborted. */
export function wait(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(milliseconds, end);
    signal.addEventListener('abort', end, { once: true });
  });
}

/** What a promise gives, or the error if it takes longer than that. The promise itself is not stopped. */
export function within<T>(promise: Promise<T>, clock: Clock, milliseconds: number, error: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(milliseconds, () => reject(error()));
    promise.then(resolve, reject).finally(cancel);
  });
}

/** Lets input and output that is due have its turn. */
export function turn(clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    clock.soon(resolve);
  });
}
