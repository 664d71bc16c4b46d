import { setTimeout as pause } from 'node:timers/promises';

/** How long and how often is looked. */
export interface Patience {
  /** @default 15000 */
  readonly withinMs?: number;
  /** @default 20 */
  readonly everyMs?: number;
}

/**
 * Looks again and again until `look` gives something else than undefined and false, and resolves with that.
 *
 * @throws Error naming `what` is awaited if that takes too long, with the last error of `look` as its cause; what it throws before counts as "not yet"
 */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  { withinMs = 15_000, everyMs = 20 }: Patience = {},
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    let cause: unknown;
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`, { cause });
    await pause(everyMs);
  }
}

/** Resolves with the value once it was the same for `quietMs`: when what changes it has come to rest. */
export async function atRest<T>(
  what: string,
  look: () => T | Promise<T>,
  { quietMs = 300, ...patience }: Patience & { readonly quietMs?: number } = {},
): Promise<T> {
  let last = await look();
  let since = performance.now();
  return eventually(
    `${what} comes to rest`,
    async () => {
      const now = await look();
      if (now !== last) {
        last = now;
        since = performance.now();
      }
      return performance.now() - since >= quietMs ? { now } : undefined;
    },
    patience,
  ).then(({ now }) => now);
}
