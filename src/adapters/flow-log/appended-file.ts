import { dirname } from 'node:path';
import { errorCode, type FileState, type FileSystem, type OpenFile } from './file-system.js';

const LINE_FEED = 0x0a;

/** Permissions of a new file: who talks to whom is nobody else's business. */
const PRIVATE = 0o600;

/** What came of appending rows. */
export interface Appended {
  /** Rows that are in the file, whole. */
  readonly rows: number;
  /** Why not all of them are. */
  readonly error?: unknown;
}

/** The end of the file while a part of a row is there. */
interface TornRow {
  /** Where the row begins. */
  readonly begin: number;
  /** Where the part ends, which is where the file ends if nobody else has changed it. */
  readonly end: number;
}

interface Current {
  readonly file: OpenFile;
  state: FileState;
}

/**
 * The file of a name that rows are appended to, whatever others do to it: one that was moved or removed is left and a new one begun, one
 * that was cut off is gone on with at its end.
 *
 * A file has whole rows. A part of one that could be written is taken back before anything else happens to the file, however long that
 * takes to succeed.
 */
export class AppendedFile {
  readonly path: string;
  readonly #files: FileSystem;
  #current: Current | undefined;
  #torn: TornRow | undefined;
  /** The file that the next one takes the place of. */
  #predecessor: FileState | undefined;

  constructor(path: string, files: FileSystem) {
    this.path = path;
    this.#files = files;
  }

  /**
   * Makes sure that the file of this name is open and ends with a whole row. To be called before each append.
   *
   * @returns whether that is another file than before, and the file as it is now
   * @throws the file system's error if it can't be opened, or a part of a row not be taken back
   */
  async ready(): Promise<{ readonly isNew: boolean; readonly state: FileState }> {
    if (this.#current) {
      if (this.#torn) await this.#takeBack(this.#current, this.#torn);
      const state = await this.#files.state(this.path);
      if (state && isSame(state, this.#current.state)) {
        this.#current.state = state;
        return { isNew: false, state };
      }
      await this.#leave();
    }
    const { state } = (this.#current = await this.#open());
    return { isNew: true, state };
  }

  /**
   * Appends rows to the file that is {@link ready}. Never rejects.
   *
   * @param rowEnds where each of them ends in `bytes`
   */
  async append(bytes: Uint8Array, rowEnds: Uint32Array): Promise<Appended> {
    const { file, state } = this.#current!;
    let written = 0;
    try {
      // Only an error says why a part was written: the rest is tried until there is one.
      while (written < bytes.length) {
        const more = await file.append(bytes.subarray(written));
        if (more === 0) throw new Error('the file system takes nothing and does not say why');
        written += more;
      }
      return { rows: rowEnds.length };
    } catch (error) {
      const rows = wholeRows(rowEnds, written);
      const begin = rows === 0 ? 0 : rowEnds[rows - 1]!;
      if (begin < written) this.#torn = { begin: state.size + begin, end: state.size + written };
      return { rows, error };
    }
  }

  /**
   * Gives the file that is {@link ready} another name; the next one takes its place, its permissions and its owner.
   *
   * @returns false if it was no longer there
   * @throws the file system's error; nothing has changed then
   */
  async renameTo(name: string): Promise<boolean> {
    const { state } = this.#current!;
    try {
      await this.#files.rename(this.path, name);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      await this.#leave();
      return false;
    }
    this.#predecessor = state;
    await this.#leave();
    return true;
  }

  /** Takes back a part of a row if that can be done, and closes the file. Never rejects. */
  async close(): Promise<void> {
    if (this.#current && this.#torn) await this.#takeBack(this.#current, this.#torn).catch(() => undefined);
    await this.#leave();
  }

  async #open(): Promise<Current> {
    const mode = this.#predecessor?.mode ?? PRIVATE;
    const file = await this.#openOrMakeDirectory(mode);
    try {
      let state = await file.state();
      if (this.#predecessor && state.size === 0) await this.#files.makeAlike(this.path, this.#predecessor);
      this.#predecessor = undefined;
      // A process that was killed can have left a part of a row, which is not known to be one's own.
      if (state.isRegular && state.size > 0 && !(await this.#endsWithLine())) {
        await file.append(Uint8Array.of(LINE_FEED));
        state = await file.state();
      }
      return { file, state };
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
  }

  async #openOrMakeDirectory(mode: number): Promise<OpenFile> {
    try {
      return await this.#files.open(this.path, mode);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      await this.#files.makeDirectory(dirname(this.path));
      return this.#files.open(this.path, mode);
    }
  }

  /** True, too, if the file can be written but not read. */
  async #endsWithLine(): Promise<boolean> {
    const last = await this.#files.lastByte(this.path).catch(() => LINE_FEED);
    return last === undefined || last === LINE_FEED;
  }

  async #takeBack({ file }: Current, { begin, end }: TornRow): Promise<void> {
    try {
      const { size } = await file.state();
      if (size === end) await file.truncate(begin);
      // Somebody else has written behind it: the part gets a line of its own.
      else if (size > end) await file.append(Uint8Array.of(LINE_FEED));
    } catch (error) {
      // The server of a network file system no longer knows the file: there is nothing to take back.
      if (errorCode(error) !== 'ESTALE') throw error;
    }
    this.#torn = undefined;
  }

  /** Closes the file. That this fails says nothing about what was written to it, which the system has taken. */
  async #leave(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    this.#torn = undefined;
    await current?.file.close().catch(() => undefined);
  }
}

function isSame(a: FileState, b: FileState): boolean {
  return a.inode === b.inode && a.device === b.device;
}

/** How many rows end within so many bytes. */
function wholeRows(rowEnds: Uint32Array, bytes: number): number {
  let rows = 0;
  while (rows < rowEnds.length && rowEnds[rows]! <= bytes) rows++;
  return rows;
}
