import { spawnSync } from 'node:child_process';
import { Program, type ProgramOptions } from './program.js';

/** A network of its own with nothing but loopback, where every port is free, and an empty /var/lib. */
const PREPARE = 'ip link set lo up && mount -t tmpfs none /var/lib && exec "$0" "$@"';

const inNamespace = (command: readonly string[]): [string, string[]] => [
  'unshare',
  ['--map-root-user', '--net', '--mount', 'sh', '-c', PREPARE, ...command],
];

/** Whether this system lets tests make namespaces. */
export function canIsolate(): boolean {
  const [unshare, args] = inNamespace(['true']);
  return spawnSync(unshare, args, { stdio: 'ignore' }).status === 0;
}

/** Starts a program where nobody else is: all ports are free, and /var/lib is empty and gone afterwards. */
export function isolated(command: readonly string[], options: ProgramOptions = {}): Program {
  return new Program(...inNamespace(command), options);
}

/** Starts a program where an isolated one is. */
export function beside({ pid }: Program, command: readonly string[]): Program {
  const where = ['--target', String(pid), '--user', '--net', '--mount', '--preserve-credentials'];
  return new Program('nsenter', [...where, ...command]);
}
