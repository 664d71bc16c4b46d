import { access } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { settle, type FakeClock } from '../fake-clock.js';

/** Turns of the event loop after which what has not happened on loopback is being waited for. */
const QUIET_TURNS = 150;

/** Turns in a row for which `busy` must not change before something counts as standing still. */
export async function untilQuiet(busy: () => unknown = () => undefined): Promise<void> {
  let seen = busy();
  for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
    await settle();
    const now = busy();
    if (now !== seen) quiet = 0;
    seen = now;
  }
}

/** Waits, turn by turn, until something is so. Jest's own time limit ends a wait in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settle();
}

/** A turn of the event loop in which the thread pool too, by which files are written and names looked up, gets on by a step. */
async function wholeTurn(): Promise<void> {
  await access('/');
  await settle();
}

/**
 * What a promise comes to, while a fake clock goes on by a millisecond with each whole turn: whoever waits for that clock gets on, and limits
 * that are thousands of milliseconds away are not reached by what loopback and disk do at once, however busy the machine is.
 *
 * @param atMost milliseconds after which the clock stands still: what needs more of them never ends
 */
export async function withTime<T>(clock: FakeClock, promise: Promise<T>, atMost = Infinity): Promise<T> {
  const progress = watched(promise);
  for (let passed = 0; !progress.settled; passed++) {
    await wholeTurn();
    if (passed < atMost) clock.advanceNow(1);
  }
  return promise;
}

/** Like `until`, while the clock goes on. */
export function untilWithTime(clock: FakeClock, condition: () => boolean): Promise<void> {
  return withTime(clock, until(condition));
}

/** How a promise stands: whether it is settled, and why it was rejected if it was. */
export interface Progress {
  readonly settled: boolean;
  readonly error: unknown;
}

/** Watches a promise; a rejection is noted and is nobody else's concern any more. */
export function watched(promise: Promise<unknown>): Progress {
  const progress = { settled: false, error: undefined as unknown };
  promise.then(
    () => {
      progress.settled = true;
    },
    (error: unknown) => {
      progress.settled = true;
      progress.error = error;
    },
  );
  return progress;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collects all garbage. A weak reference that was read keeps its object until the turn is over, so that is waited for. */
export async function collectGarbage(): Promise<void> {
  await settle();
  collect();
  await settle();
  collect();
}

/** Bytes that this process has for objects and buffers, garbage not counted. */
export async function liveBytes(): Promise<number> {
  await collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
