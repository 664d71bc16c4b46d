import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../application/ports/clock.js';

const FILE_NAME = '.lock';
const RETRY_MS = 20;
/** What is done under the lock takes milliseconds: who has it that long died with it. */
const ABANDONED_MS = 5_000;

/** Lets one process after another change a directory. Held by a file, so that it works across containers that share a volume. */
export class DirectoryLock {
  readonly #directory: string;
  readonly #clock: Clock;

  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /**
   * Runs `action` while nobody else runs one for the same directory.
   *
   * @throws Error of the file system if the directory can't be written to, and what `action` throws
   */
  async hold<T>(action: () => Promise<T>): Promise<T> {
    const token = randomUUID();
    await this.#acquire(token);
    try {
      return await action();
    } finally {
      // Not if it was taken from this process, which must have stood still for long.
      if ((await this.#holder()) === token) await rm(this.#file, { force: true });
    }
  }

  get #file(): string {
    return join(this.#directory, FILE_NAME);
  }

  async #acquire(token: string): Promise<void> {
    let holder: string | undefined;
    let since = this.#clock.monotonicMilliseconds();
    while (!(await this.#tryAcquire(token))) {
      const now = this.#clock.monotonicMilliseconds();
      const current = await this.#holder();
      if (current !== holder) {
        holder = current;
        since = now;
      } else if (current !== undefined && now - since >= ABANDONED_MS) await this.#breakOpen(current);
      await new Promise<void>((resolve) => this.#clock.after(RETRY_MS, resolve));
    }
  }

  async #tryAcquire(token: string): Promise<boolean> {
    const file = await open(this.#file, 'wx', 0o600).catch(ifCode('EEXIST'));
    if (file === undefined) return false;
    try {
      await file.writeFile(token);
      return true;
    } catch (error) {
      // The disk is full, say: nobody should wait for a lock that has no holder.
      await rm(this.#file, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  }

  /** Whose lock it is; undefined if it is nobody's, "" just after it was taken. */
  #holder(): Promise<string | undefined> {
    return readFile(this.#file, 'utf8').catch(ifCode('ENOENT'));
  }

  /** Takes an abandoned lock away. Of several that try, one renames the file; it looks whether that was the one it meant. */
  async #breakOpen(holder: string): Promise<void> {
    const aside = `${this.#file}.${randomUUID()}`;
    const isMine = await rename(this.#file, aside).then(() => true, ifCode('ENOENT'));
    if (isMine === undefined) return;
    if ((await readFile(aside, 'utf8')) === holder) await rm(aside);
    else await rename(aside, this.#file);
  }
}

/** Takes errors of one code for an undefined result, and throws others on. */
function ifCode(code: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
    return undefined;
  };
}
