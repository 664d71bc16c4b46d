import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { errorText } from '../../application/error-text.js';
import type { Cancel, Clock } from '../../application/ports/clock.js';
import type { Logger } from '../../application/ports/logger.js';
import { concerns, placesOf, type Places } from './watched-places.js';
import { watchDirectory, type WatchDirectory } from './watch-directory.js';

/** So long nothing may happen to the file before it is read: who writes it may not be done. */
const QUIET_MS = 250;

/** What never is quiet is read after this long all the same. */
const RESTLESS_MS = 2_000;

/** So long a file may be missing, or empty, before that is worth a line: some write a file by removing it first. */
const MISSING_MS = 2_000;

/** How often is looked where nothing can be watched. */
const POLL_MS = 2_000;

/** So often is looked again where to watch, while directories come and go. */
const MOST_ROUNDS = 10;

/** Contents longer than this are no configuration; they are told apart by when they were written. */
const MAX_BYTES = 1 << 20;

/** What a watcher needs of the outside. */
export interface WatcherContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** @default watchDirectory */
  readonly watch?: WatchDirectory;
}

/** A directory that is watched. */
interface Watched {
  /** Which directory it was: another one may have its name by now. */
  readonly identity: string;
  readonly close: () => void;
}

/**
 * Tells when a file has new contents, however they got there: written in place, renamed to its name, or behind a symbolic link that was
 * replaced, as in a mounted ConfigMap. Where the system can't watch, or not any more, it looks every two seconds.
 */
export class ConfigurationWatcher {
  readonly #file: string;
  readonly #changed: () => void;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #watch: WatchDirectory;
  readonly #watched = new Map<string, Watched>();
  #places: Places = new Map();
  #contents: Buffer | undefined;
  #restlessSince: number | undefined;
  #missing: 'no' | 'lately' | 'said' = 'no';
  #cancelQuiet: Cancel = () => undefined;
  #cancelMissing: Cancel = () => undefined;
  #cancelPolling: Cancel | undefined;
  #polled = '';
  #isStopped = false;

  /** @param changed called with the first contents, too */
  constructor(file: string, changed: () => void, { clock, logger, watch = watchDirectory }: WatcherContext) {
    this.#file = file;
    this.#changed = changed;
    this.#clock = clock;
    this.#logger = logger;
    this.#watch = watch;
  }

  /** Begins to watch. Never throws. */
  start(): void {
    if (isNoFile(this.#file)) {
      const fields = { file: this.#file };
      this.#logger.info('the configuration is not watched for changes: it was read from what is no file', fields);
      return;
    }
    this.#rewatch();
    this.#look();
  }

  /** Nothing is told any more. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelQuiet();
    this.#cancelMissing();
    this.#cancelPolling?.();
    this.#unwatch();
  }

  /** Watches the places where a change would show now. */
  #rewatch(): void {
    // A directory may come or go between looking at it and watching it, which nobody would hear of.
    let isNew = true;
    for (let round = 0; round < MOST_ROUNDS && isNew && !this.#cancelPolling; round++) {
      this.#places = placesOf(this.#file);
      isNew = false;
      for (const [directory, { identity }] of this.#watched)
        if (!this.#places.has(directory) || identity !== identityOf(directory)) this.#forget(directory);
      for (const directory of this.#places.keys())
        if (!this.#watched.has(directory) && this.#add(directory)) isNew = true;
    }
  }

  /** Whether the directory is watched now and was not before. */
  #add(directory: string): boolean {
    const identity = identityOf(directory);
    // It went just now; the next look at the places finds another.
    if (identity === undefined) return true;
    const failed = (error: unknown): void => {
      this.#poll(directory, error);
    };
    try {
      const changed = (name: string | null): void => {
        // It may be gone, and one that is made then can be the same to the system in every respect but that nobody watches it.
        if (name === basename(directory)) this.#forget(directory);
        if (concerns(this.#places, directory, name)) this.#stir();
      };
      this.#watched.set(directory, { identity, close: this.#watch(directory, { changed, failed }) });
      return true;
    } catch (error) {
      failed(error);
      return false;
    }
  }

  #forget(directory: string): void {
    this.#watched.get(directory)?.close();
    this.#watched.delete(directory);
  }

  #unwatch(): void {
    for (const directory of this.#watched.keys()) this.#forget(directory);
  }

  /** Something happened to the file: it is read once it is left alone. */
  #stir(): void {
    if (this.#isStopped) return;
    const now = this.#clock.monotonicMilliseconds();
    this.#restlessSince ??= now;
    this.#cancelQuiet();
    const rest = this.#restlessSince + RESTLESS_MS - now;
    this.#cancelQuiet = this.#clock.after(Math.max(0, Math.min(QUIET_MS, rest)), () => {
      this.#restlessSince = undefined;
      this.#rewatch();
      this.#look();
    });
  }

  #look(): void {
    let contents: Buffer;
    try {
      contents = contentsOf(this.#file);
    } catch (error) {
      this.#miss(errorText(error));
      return;
    }
    // Whoever writes a file begins by emptying it; an empty one would mean that every key has its default.
    if (contents.length === 0 && this.#contents !== undefined) {
      this.#miss('it is empty');
      return;
    }
    this.#cancelMissing();
    const wasMissed = this.#missing === 'said';
    this.#missing = 'no';
    if (this.#contents?.equals(contents) === true) {
      if (wasMissed) this.#logger.info('the configuration file is there again, unchanged', { file: this.#file });
      return;
    }
    this.#contents = contents;
    this.#changed();
  }

  /** There is nothing to be read. If it stays so, that is said once. */
  #miss(error: string): void {
    if (this.#missing !== 'no') return;
    this.#missing = 'lately';
    this.#cancelMissing = this.#clock.after(MISSING_MS, () => {
      this.#missing = 'no';
      this.#rewatch();
      this.#look();
      // Looking again has found it missing again.
      if ((this.#missing as string) !== 'lately') return;
      this.#cancelMissing();
      this.#missing = 'said';
      this.#logger.warn("the configuration file can't be read; what is running goes on", { file: this.#file, error });
    });
  }

  /** Looks from time to time from now on. */
  #poll(directory: string, error: unknown): void {
    if (this.#cancelPolling || this.#isStopped) return;
    this.#logger.warn("changes of the configuration can't be watched; they are looked for every 2 s", {
      directory,
      error: errorText(error),
    });
    this.#unwatch();
    this.#polled = stampOf(this.#file);
    this.#cancelPolling = this.#clock.every(POLL_MS, () => {
      const stamp = stampOf(this.#file);
      if (stamp === this.#polled) return;
      this.#polled = stamp;
      this.#stir();
    });
    // What happened before the first look.
    this.#stir();
  }
}

/** Whether it is there and a pipe, say. */
function isNoFile(path: string): boolean {
  try {
    return !statSync(path).isFile();
  } catch {
    return false;
  }
}

function identityOf(directory: string): string | undefined {
  try {
    const { dev, ino } = statSync(directory, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}

function stampOf(file: string): string {
  try {
    const { dev, ino, size, mtimeNs } = statSync(file, { bigint: true });
    return `${dev} ${ino} ${size} ${mtimeNs}`;
  } catch {
    return 'missing';
  }
}

/** @throws Error if the file can't be read */
function contentsOf(file: string): Buffer {
  return statSync(file).size > MAX_BYTES ? Buffer.from(stampOf(file)) : readFileSync(file);
}
