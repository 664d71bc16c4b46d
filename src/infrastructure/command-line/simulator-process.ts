import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { OptionValues } from './command.js';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

/** How long a simulator may take to close its connections before it is killed. */
const PATIENCE_MS = 7000;

/** A simulator in a process of its own, on another core. */
export interface SimulatorProcess {
  /** Resolves when it is gone, for whatever reason. */
  readonly ended: Promise<void>;
  /** What it said when it failed; undefined if it did not. */
  readonly failure: string | undefined;
  /** Ends it in order. */
  stop(): Promise<void>;
}

/** Starts `weir simulate` with these options. It ends when this process does: the channel between the two breaks. */
export function startSimulator(target: string, options: OptionValues): SimulatorProcess {
  const given = Object.entries(options).filter(([name, value]) => typeof value === 'string' && name !== 'duration');
  const args = ['simulate', '--target', target, ...given.map(([name, value]) => `--${name}=${String(value)}`)];
  const child = fork(MAIN, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4096);
  });
  let failure: string | undefined;
  // Not 'close', which Node does not emit once this end of the channel was closed.
  const ended = Promise.all([once(child, 'exit'), once(child.stderr!, 'close')]).then(
    ([[code, signal]]) => {
      if (code !== 0 && signal === null) failure = `the simulator failed: ${said.trim()}`;
    },
    (error: unknown) => {
      failure = `the simulator can not be started: ${String(error)}`;
    },
  );
  return {
    ended,
    get failure() {
      return failure;
    },
    async stop() {
      // Not by a signal: Ctrl-C on a terminal reaches the child too, and a second one would end it at once.
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
