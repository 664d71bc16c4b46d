import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atEnd, type Lifetime } from './clean-up.js';
import { eventually } from './eventually.js';

/** The folder of the project; tests run from dist/test/e2e/support. */
export const PROJECT = fileURLToPath(new URL('../../../../', import.meta.url));

/** How a process ended: with a code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How a program is started. */
export interface ProgramOptions {
  readonly cwd?: string;
  /** Beside the environment of the test; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** @default 'test' */
  readonly lives?: Lifetime;
  /** Whether there is a channel whose end a Weir takes as its parent's. @default false */
  readonly channel?: boolean;
  /** Whether it has processes of its own, which are to end with it. @default false */
  readonly group?: boolean;
}

/** A process that a test started. It is killed at the end of the test at the latest. */
export class Program {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #group: boolean;
  #stdout = '';
  #stderr = '';

  /** Resolves when the process has ended and all it wrote was read; rejects if it could not be started. */
  readonly exited: Promise<Exit>;

  constructor(command: string, args: readonly string[], options: ProgramOptions = {}) {
    const { cwd, env, lives = 'test', channel = false, group = false } = options;
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...(channel ? (['ipc'] as const) : [])];
    this.#group = group;
    this.#name = [command, ...args].join(' ');
    this.#child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio, detached: group });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.exited = new Promise((resolve, reject) => {
      this.#child.on('error', reject).on('close', (code, signal) => resolve({ code, signal }));
    });
    this.exited.catch(() => undefined);
    atEnd(() => this.kill(), lives);
  }

  /** What it wrote to standard output so far. */
  get stdout(): string {
    return this.#stdout;
  }

  /** What it wrote to standard error so far. */
  get stderr(): string {
    return this.#stderr;
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`${this.#name} did not start`);
    return pid;
  }

  get running(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Sends a signal. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it at once, if it still runs; of a group, all that is left of it. */
  async kill(): Promise<void> {
    if (this.#group) this.#killGroup();
    else if (this.running) this.#child.kill('SIGKILL');
    if (this.running) await this.exited;
  }

  #killGroup(): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch (error) {
      // Nobody is left.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Resolves with the first match in what it writes. @throws Error with all that it wrote if it ends without, or that takes too long */
  async says(pattern: RegExp, withinMs = 15_000): Promise<RegExpExecArray> {
    const find = (): RegExpExecArray | undefined =>
      pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr) ?? undefined;
    const over = this.exited.then(() => 'over' as const);
    const said = eventually(String(pattern), find, { withinMs });
    try {
      const first = await Promise.race([said, over]);
      const match = first === 'over' ? find() : first;
      if (match !== undefined) return match;
      said.catch(() => undefined);
    } catch (cause) {
      throw new Error(`${this.#name} did not say ${pattern.source}, but:\n${this.#stdout}${this.#stderr}`, { cause });
    }
    throw new Error(`${this.#name} ended without saying ${pattern.source}, but:\n${this.#stdout}${this.#stderr}`);
  }
}

/** `weir ARGUMENTS…`, the built program. */
export function weir(args: readonly string[], options: ProgramOptions = {}): Program {
  return new Program(process.execPath, [join(PROJECT, 'bin/weir'), ...args], options);
}

/** A directory that is removed at the end. */
export function temporaryDirectory(lives: Lifetime = 'test'): string {
  const directory = mkdtempSync(join(tmpdir(), 'weir-e2e-'));
  atEnd(() => rmSync(directory, { recursive: true, force: true }), lives);
  return directory;
}
