import { dirname, join } from 'node:path';
import type { Clock } from '../../application/ports/clock.js';
import type { Logger } from '../../application/ports/logger.js';
import { BackupNames, COMPRESSED, UNFINISHED, type BackupName } from './backup-names.js';
import { fileErrorText } from './file-error.js';
import { errorCode, type FileSystem } from './file-system.js';

const DAY_MS = 86_400_000;

/** Which backups are kept, and how. */
export interface BackupsOptions {
  /** Of the log. */
  readonly path: string;
  /** The sink's name, for the log. */
  readonly name: string;
  readonly maxBackups: number;
  readonly maxAgeDays: number;
  readonly compress: boolean;
}

/** What the backups need of the outside. */
export interface BackupsContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly files: FileSystem;
}

/**
 * The rotated files beside a log: compresses them, and deletes those that are too many or too old. One thing is done at a time, and none
 * of it keeps anybody from writing to the log.
 */
export class Backups {
  readonly #options: BackupsOptions;
  readonly #context: BackupsContext;
  readonly #directory: string;
  readonly #names: BackupNames;
  readonly #abort = new AbortController();
  #lastTime = 0;
  #isDue = false;
  #tidying: Promise<void> | undefined;

  constructor(options: BackupsOptions, context: BackupsContext) {
    this.#options = options;
    this.#context = context;
    this.#directory = dirname(options.path);
    this.#names = new BackupNames(options.path);
  }

  /**
   * A path for the next backup, after all that this process has made, and that no file has, compressed or not.
   *
   * @throws the file system's error
   */
  async nextPath(): Promise<string> {
    const taken = new Set((await this.#list()).map(({ time }) => time));
    let time = Math.max(Math.floor(this.#context.clock.unixMilliseconds()), this.#lastTime + 1);
    while (taken.has(time)) time++;
    this.#lastTime = time;
    return join(this.#directory, this.#names.of(time));
  }

  /** Has the backups seen to, now or once that is done that is being done. Never rejects, never waits. */
  tidy(): void {
    this.#isDue = true;
    this.#tidying ??= this.#tidyWhileDue().finally(() => (this.#tidying = undefined));
  }

  /** Resolves when there is nothing to be done. */
  async idle(): Promise<void> {
    while (this.#tidying) await this.#tidying;
  }

  /** Stops; what is being compressed is compressed anew at the next start. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.idle();
  }

  async #tidyWhileDue(): Promise<void> {
    while (this.#isDue && !this.#abort.signal.aborted) {
      this.#isDue = false;
      try {
        await this.#tidyOnce();
      } catch (error) {
        this.#tellFailure('rotated flow logs could not be looked for', error);
      }
    }
  }

  async #tidyOnce(): Promise<void> {
    const backups = await this.#list();
    const unfinished = backups.filter(({ kind }) => kind === 'unfinished');
    const [kept, surplus] = this.#sort(backups.filter(({ kind }) => kind !== 'unfinished'));
    for (const { name } of [...unfinished, ...surplus]) await this.#remove(name);
    if (!this.#options.compress) return;
    for (const { name, kind } of kept) {
      // Compressing takes long: what became due meanwhile comes first, and all of this again.
      if (this.#isDue || this.#abort.signal.aborted) return;
      if (kind === 'plain') await this.#compress(name);
    }
  }

  /** The backups that are kept, the oldest first, and the others. The two forms of one count as one. */
  #sort(backups: readonly BackupName[]): [kept: BackupName[], surplus: BackupName[]] {
    const { maxBackups, maxAgeDays } = this.#options;
    const times = [...new Set(backups.map(({ time }) => time))].sort((a, b) => b - a);
    const newest = new Set(maxBackups > 0 ? times.slice(0, maxBackups) : times);
    const oldest = maxAgeDays > 0 ? this.#context.clock.unixMilliseconds() - maxAgeDays * DAY_MS : 0;
    const isKept = ({ time }: BackupName): boolean => newest.has(time) && time >= oldest;
    const kept = backups.filter(isKept).sort((a, b) => a.time - b.time);
    return [kept, backups.filter((backup) => !isKept(backup))];
  }

  async #remove(name: string): Promise<void> {
    try {
      await this.#context.files.remove(join(this.#directory, name));
    } catch (error) {
      this.#tellFailure('a rotated flow log could not be deleted', error, name);
    }
  }

  /** At each moment there is the backup or its compressed form, whole; if both, the process ended in between and does this again. */
  async #compress(name: string): Promise<void> {
    const { files } = this.#context;
    const path = join(this.#directory, name);
    const unfinished = path + UNFINISHED;
    try {
      const state = await files.state(path);
      if (!state?.isRegular) return;
      await files.gzip(path, unfinished, this.#abort.signal);
      await files.makeAlike(unfinished, state);
      await files.rename(unfinished, path + COMPRESSED);
      await files.remove(path);
    } catch (error) {
      await files.remove(unfinished).catch(() => undefined);
      // Somebody else has deleted it, or the process is to end.
      if (errorCode(error) === 'ENOENT' || this.#abort.signal.aborted) return;
      this.#tellFailure('a rotated flow log could not be compressed; it is kept as it is and tried again', error, name);
    }
  }

  async #list(): Promise<BackupName[]> {
    const names = await this.#context.files.list(this.#directory).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    });
    return names.map((name) => this.#names.parse(name)).filter((backup) => backup !== undefined);
  }

  #tellFailure(message: string, error: unknown, file?: string): void {
    const { name: sink } = this.#options;
    this.#context.logger.repeated(`sink ${sink}: ${message}`, message, { sink, file, error: fileErrorText(error) });
  }
}
