import { constants } from 'node:os';

/** Signals that ask a program to end. */
const END_SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** How often is looked whether the parent is still there. */
const PARENT_INTERVAL_MS = 500;

/** When a program was asked to end. */
export interface EndRequest {
  /** A signal's name, `parent` when the process that started this one is gone, or what `end` was called with. */
  readonly reason: Promise<string>;
  /** Asks from within. */
  end(reason: string): void;
}

/** What a program ends by, besides signals. */
export interface EndOptions {
  /** Ends with the process that started this one: npm ends without passing SIGTERM on. @default false */
  readonly withParent?: boolean;
  /** Called just before the process ends at a second signal: the last chance to leave the terminal in order. */
  readonly beforeForcedExit?: () => void;
}

/** Waits for the first reason to end. From then on a second signal ends the process at once, with 128 and the signal's number. */
export function endRequest(options: EndOptions = {}): EndRequest {
  let resolve!: (reason: string) => void;
  const reason = new Promise<string>((settle) => {
    resolve = settle;
  });
  let isEnding = false;
  const end = (why: string): void => {
    isEnding = true;
    resolve(why);
  };
  for (const signal of END_SIGNALS) {
    process.on(signal, () => {
      if (isEnding) {
        options.beforeForcedExit?.();
        process.exit(128 + constants.signals[signal]);
      }
      end(signal);
    });
  }
  // A parent that forked this process holds the other end of a channel; it may have let go of it already.
  if (process.channel) process.once('disconnect', () => end('parent'));
  else if ((process.connected as boolean | undefined) === false) end('parent');
  if (options.withParent === true) watchParent(() => end('parent'));
  return { reason, end };
}

function watchParent(gone: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    gone();
  }, PARENT_INTERVAL_MS);
  timer.unref();
}
