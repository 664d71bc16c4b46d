import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, chown, mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';

/** Which file something is, how long it is, and whose. */
export interface FileState {
  readonly device: bigint;
  readonly inode: bigint;
  /** Bytes. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly user: number;
  readonly group: number;
  /** Not a pipe or a device, which have no size and are not renamed. */
  readonly isRegular: boolean;
}

/** A file that is open for appending. Methods reject with the file system's errors, which have a `code`. */
export interface OpenFile {
  state(): Promise<FileState>;
  /** Writes at the file's end, wherever that is now. Resolves with the number of bytes that were written, which may be fewer. */
  append(bytes: Uint8Array): Promise<number>;
  /** Cuts the file off. */
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** What the flow log needs of a file system. Methods reject with its errors. */
export interface FileSystem {
  /** Opens a file for appending; makes it if there is none, with these permissions. */
  open(path: string, mode: number): Promise<OpenFile>;
  /** Undefined if there is no such file. */
  state(path: string): Promise<FileState | undefined>;
  /** The last byte of a file; undefined if it is empty. */
  lastByte(path: string): Promise<number | undefined>;
  /** Makes a directory and those above it. */
  makeDirectory(path: string): Promise<void>;
  /** Names in a directory. */
  list(directory: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  /** It is no error if there is no such file. */
  remove(path: string): Promise<void>;
  /** Gives a file the permissions and the owner of another, as far as that is allowed. Never rejects. */
  makeAlike(path: string, state: FileState): Promise<void>;
  /** Compresses a file into a new one, off the main thread. Rejects when aborted, and may leave a part. */
  gzip(from: string, to: string, signal: AbortSignal): Promise<void>;
}

const PERMISSIONS = 0o7777n;

/** Bytes that are read and written at a time while a file is compressed: few turns of the event loop for each megabyte. */
const GZIP_CHUNK = 256 * 1024;

/** The fastest: a third of the default's time, which the record path would have to do without, for files a third larger. */
const GZIP_LEVEL = constants.Z_BEST_SPEED;

/** The code of a file system's error, wherever it was made; "" for any other. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** The machine's file systems. What takes time is done on Node's thread pool. */
export const SYSTEM_FILES: FileSystem = {
  open: async (path, mode) => new SystemFile(await open(path, 'a', mode)),
  state: async (path) => {
    try {
      return stateOf(await stat(path, { bigint: true }));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  },
  lastByte: async (path) => {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const { bytesRead, buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
      return bytesRead === 1 ? buffer[0] : undefined;
    } finally {
      await file.close();
    }
  },
  makeDirectory: async (path) => {
    await mkdir(path, { recursive: true });
  },
  list: readdir,
  rename,
  remove: (path) => rm(path, { force: true }),
  makeAlike: async (path, { mode, user, group }) => {
    // Some file systems have no permissions, and who is not root may not give files away.
    await chmod(path, mode).catch(() => undefined);
    await chown(path, user, group).catch(() => undefined);
  },
  gzip: async (from, to, signal) => {
    await pipeline(
      createReadStream(from, { highWaterMark: GZIP_CHUNK }),
      createGzip({ chunkSize: GZIP_CHUNK, level: GZIP_LEVEL }),
      createWriteStream(to, { flags: 'wx', mode: 0o600, highWaterMark: GZIP_CHUNK }),
      { signal },
    );
  },
};

class SystemFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async state(): Promise<FileState> {
    return stateOf(await this.#handle.stat({ bigint: true }));
  }

  async append(bytes: Uint8Array): Promise<number> {
    const { bytesWritten } = await this.#handle.write(bytes);
    return bytesWritten;
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

interface BigIntStats {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mode: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
  isFile(): boolean;
}

function stateOf(stats: BigIntStats): FileState {
  return {
    device: stats.dev,
    inode: stats.ino,
    size: Number(stats.size),
    mode: Number(stats.mode & PERMISSIONS),
    user: Number(stats.uid),
    group: Number(stats.gid),
    isRegular: stats.isFile(),
  };
}
