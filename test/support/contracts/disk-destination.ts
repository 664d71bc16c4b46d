import { closeSync, existsSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SYSTEM_FILES, type FileSystem, type OpenFile } from '../../../src/adapters/flow-log/file-system.js';
import type { ArrivedFlow, SinkDestination } from './sink-harness.js';
import { until } from './waiting.js';

/** Reads whole lines; undefined if the octets end within one. */
export type ReadLines = (octets: Buffer) => readonly ArrivedFlow[] | undefined;

/** What a file system says that is there no more. */
function gone(): Error {
  return Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
}

/** A file on this machine's disk, by a file system that can be held up, and that can break in the middle of a write. */
export class DiskDestination implements SinkDestination {
  readonly #read: ReadLines;
  readonly #directory = mkdtempSync(join(tmpdir(), 'weir-contract-'));
  readonly #arrived: ArrivedFlow[] = [];
  /** Octets of the file whose flows are in `#arrived`. */
  #taken = 0;
  #isGone = true;
  #isHeld = false;
  #wasReached = false;
  /** Files that are open. */
  sessions = 0;

  constructor(read: ReadLines) {
    this.#read = read;
  }

  get path(): string {
    return join(this.#directory, 'flows.log');
  }

  /** What a sink is to use in place of the machine's. */
  get files(): FileSystem {
    return {
      ...SYSTEM_FILES,
      open: async (path, mode) => this.#wrap(await this.#try(() => SYSTEM_FILES.open(path, mode))),
      state: (path) => this.#try(() => SYSTEM_FILES.state(path)),
      makeDirectory: (path) => this.#try(() => SYSTEM_FILES.makeDirectory(path)),
      rename: (from, to) => this.#try(() => SYSTEM_FILES.rename(from, to)),
    };
  }

  get arrived(): readonly ArrivedFlow[] {
    this.#look();
    return this.#arrived;
  }

  get count(): number {
    return this.arrived.length;
  }

  start(): Promise<void> {
    this.#isGone = false;
    this.#wasReached = false;
    return Promise.resolve();
  }

  vanish(): Promise<void> {
    this.#isGone = true;
    return Promise.resolve();
  }

  leave(): Promise<void> {
    return this.vanish();
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
  }

  reached(): Promise<void> {
    return until(() => this.#wasReached);
  }

  close(): Promise<void> {
    rmSync(this.#directory, { recursive: true });
    return Promise.resolve();
  }

  #wrap(file: OpenFile): OpenFile {
    this.sessions++;
    return {
      state: () => this.#try(() => file.state()),
      truncate: (size) => this.#try(() => file.truncate(size)),
      close: async () => {
        this.sessions--;
        await file.close();
      },
      append: async (octets) => {
        const wasGone = this.#isGone;
        this.#wasReached = true;
        await until(() => !this.#isHeld || this.#isGone);
        // As kernels do it: a part is written, and the next write says why it was only a part.
        if (this.#isGone && !wasGone) return file.append(octets.subarray(0, octets.length / 2));
        return this.#try(() => file.append(octets));
      },
    };
  }

  async #try<T>(action: () => Promise<T>): Promise<T> {
    if (this.#isGone) throw gone();
    return action();
  }

  /** Takes the lines that are new. A part of one may be taken back by its writer, so that it does not count before it is whole. */
  #look(): void {
    if (!existsSync(this.path)) return;
    const file = openSync(this.path, 'r');
    const octets = Buffer.alloc(Math.max(0, fstatSync(file).size - this.#taken));
    const read = readSync(file, octets, 0, octets.length, this.#taken);
    closeSync(file);
    const lines = octets.subarray(0, octets.subarray(0, read).lastIndexOf('\n') + 1);
    const flows = lines.length > 0 ? this.#read(lines) : undefined;
    if (flows === undefined) return;
    this.#taken += lines.length;
    this.#arrived.push(...flows);
  }
}
