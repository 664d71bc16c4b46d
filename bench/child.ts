import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A helper process of the benchmark that answers each request with one message. */
export class Child {
  readonly #process: ChildProcess;

  /** @param module file name of the module, beside this one */
  constructor(module: string) {
    this.#process = fork(new URL(module, import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  /** Asks for something; what the child answers. */
  async ask<T>(request: unknown): Promise<T> {
    const answer = once(this.#process, 'message');
    this.#process.send(request as object);
    const exit = once(this.#process, 'exit').then(() => {
      throw new Error('a helper process of the benchmark ended');
    });
    const [message] = (await Promise.race([answer, exit])) as [T];
    return message;
  }

  /** Ends the process. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }
}
