import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Files that logs are written to, rotated by size. */
export interface LogFiles {
  readonly directory: string;
  /** Bytes after which a new file is begun. A line is never torn apart: one that is longer has a file of its own. */
  readonly maxBytes: number;
  /** Files that are kept, the one that is written to among them; 0 keeps all. */
  readonly maxFiles: number;
}

const CURRENT = 'weir.log';

/** Earlier files; the greater the number, the younger the file. */
const EARLIER = /^weir\.(\d+)\.log$/;

/**
 * `weir.log` in a directory. Once it is full it becomes `weir.N.log` and a new one is begun.
 *
 * A line is in the file when {@link write} returns: the last one, which says why the process ends, is the one that matters most. Log
 * lines are few, since what repeats is one line a minute, so that waiting for the file costs nothing.
 */
export class LogFile {
  readonly #files: LogFiles;
  #descriptor: number;
  #bytes: number;

  /** Opens the file, to go on where it ends. @throws Error of the file system if it can't be written to */
  constructor(files: LogFiles) {
    this.#files = files;
    mkdirSync(files.directory, { recursive: true });
    this.#descriptor = this.#open();
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  /** Appends a line, which has its line feed. @throws Error of the file system, after which nothing may be in the file, or a part */
  write(line: string): void {
    const octets = Buffer.from(line);
    if (this.#bytes > 0 && this.#bytes + octets.length > this.#files.maxBytes) this.#rotate();
    for (let written = 0; written < octets.length;) written += writeSync(this.#descriptor, octets, written);
    this.#bytes += octets.length;
  }

  /** Nothing can be written afterwards. */
  close(): void {
    closeSync(this.#descriptor);
  }

  #open(): number {
    return openSync(this.#path(CURRENT), 'a', 0o640);
  }

  #rotate(): void {
    const earlier = this.#earlier();
    const next = (earlier.at(-1) ?? 0) + 1;
    renameSync(this.#path(CURRENT), this.#path(nameOf(next)));
    const full = this.#descriptor;
    this.#descriptor = this.#open();
    closeSync(full);
    this.#bytes = 0;
    const { maxFiles } = this.#files;
    if (maxFiles <= 0) return;
    const kept = maxFiles - 1;
    for (const number of [...earlier, next].slice(0, -kept || undefined)) rmSync(this.#path(nameOf(number)));
  }

  /** Numbers of the earlier files, the oldest first. */
  #earlier(): number[] {
    return readdirSync(this.#files.directory)
      .map((name) => EARLIER.exec(name)?.[1])
      .filter((number) => number !== undefined)
      .map(Number)
      .toSorted((a, b) => a - b);
  }

  #path(name: string): string {
    return join(this.#files.directory, name);
  }
}

function nameOf(number: number): string {
  return `weir.${number}.log`;
}
