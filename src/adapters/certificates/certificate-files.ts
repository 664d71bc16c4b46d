import { access, constants, mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock } from '../../application/ports/clock.js';
import { errorText } from '../../application/error-text.js';
import { DirectoryLock } from './directory-lock.js';

/** Names of all files that are read. */
export const FILE_NAMES = [
  'ca.crt',
  'ca.key',
  'client.crt',
  'client.key',
  'server.crt',
  'server.key',
  'previous-ca.crt',
] as const;

/** Name of a file with a certificate or a key. */
export type FileName = (typeof FILE_NAMES)[number];

/** What the files hold; those that are not there are undefined or missing. */
export type FileTexts = Readonly<Partial<Record<FileName, string | undefined>>>;

/** Files that are being written; nothing reads them. */
const STAGED = '.new';
/** Files that were written completely and only have to be moved to their places: whoever finds them does so. */
const COMMITTED = '.commit';

const ABSENT: readonly unknown[] = ['ENOENT', 'ENOTDIR'];

/**
 * The directory of certificates. Several files change as one: they are written beside the others, then a rename of their directory
 * says that they count, then they are moved into place; a process that dies on the way leaves what the next one drops or finishes.
 */
export class CertificateFiles {
  /** Absolute: people are told where the files are. */
  readonly directory: string;
  readonly #lock: DirectoryLock;

  constructor(directory: string, clock: Clock) {
    this.directory = resolve(directory);
    this.#lock = new DirectoryLock(this.directory, clock);
  }

  /** Where a file is. */
  path(name: FileName): string {
    return join(this.directory, name);
  }

  /**
   * What the files hold now. A directory that can't be entered holds none.
   *
   * @throws Error that names a file which is there but can't be read
   */
  async read(): Promise<FileTexts> {
    if (!(await this.#canEnter())) return {};
    const texts = await Promise.all(FILE_NAMES.map(async (name) => [name, await this.#text(name)] as const));
    return Object.fromEntries(texts);
  }

  /** Whether somebody died, or is at it right now, between files that belong together. */
  async isInterrupted(): Promise<boolean> {
    try {
      await access(join(this.directory, COMMITTED));
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Changes files while no other process does. Makes the directory if need be.
   *
   * @param decide is given what the files hold, and says what they should hold: "" removes a file, those not named stay as they are,
   * undefined changes nothing
   * @throws Error if the directory can't be written to, a file can't be read, and what `decide` throws
   */
  async change(decide: (texts: FileTexts) => Promise<FileTexts | undefined>): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    await this.#lock.hold(async () => {
      await this.#finish();
      const next = await decide(await this.read());
      if (next === undefined) return;
      await this.#stage(next);
      await this.#finish();
    });
  }

  /** Differs from what it was if a file was written, replaced or removed since, or may be read by others: even by `cp -p`. */
  async signature(): Promise<string> {
    const parts = FILE_NAMES.map(async (name) => {
      try {
        const { ino, size, mtimeNs, ctimeNs } = await stat(this.path(name), { bigint: true });
        return `${ino}/${size}/${mtimeNs}/${ctimeNs}`;
      } catch {
        return '';
      }
    });
    return (await Promise.all(parts)).join(' ');
  }

  async #canEnter(): Promise<boolean> {
    try {
      await access(this.directory, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  }

  async #text(name: FileName): Promise<string | undefined> {
    try {
      return await readFile(this.path(name), 'utf8');
    } catch (error) {
      if (ABSENT.includes((error as NodeJS.ErrnoException).code)) return undefined;
      throw new UnreadableFile(this.path(name), error);
    }
  }

  async #stage(texts: FileTexts): Promise<void> {
    const staged = join(this.directory, STAGED);
    await rm(staged, { recursive: true, force: true });
    await mkdir(staged, { mode: 0o700 });
    for (const [name, text] of Object.entries(texts)) {
      if (text !== undefined) await writeDurably(join(staged, name), text);
    }
    await syncDirectory(staged);
    await rename(staged, join(this.directory, COMMITTED));
    await syncDirectory(this.directory);
  }

  async #finish(): Promise<void> {
    if (!(await this.isInterrupted())) return;
    const committed = join(this.directory, COMMITTED);
    for (const name of await readdir(committed)) {
      const from = join(committed, name);
      if ((await stat(from)).size > 0) await rename(from, join(this.directory, name));
      else {
        await rm(join(this.directory, name), { force: true });
        await rm(from);
      }
    }
    await rmdir(committed);
    await syncDirectory(this.directory);
  }
}

/** A file that is there but can't be read. */
export class UnreadableFile extends Error {
  constructor(path: string, cause: unknown) {
    super(`${path} can not be read: ${errorText(cause)}`, { cause });
  }
}

/** The mode comes with the file, before there is anything in it to read. */
async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
