import { readdirSync, readFileSync } from 'node:fs';
import { eventually } from '../../support/eventually.js';
import type { WeirProcess } from '../../support/weir-process.js';

/** Does something while a service stands still, so that nothing is written meanwhile. */
export async function whileHeld<T>(weir: WeirProcess, action: () => T): Promise<T> {
  weir.signal('SIGSTOP');
  try {
    await eventually('every thread stands still', () => threadStates(weir.pid).every((state) => state === 'T'));
    return action();
  } finally {
    weir.signal('SIGCONT');
  }
}

/** The states of a process' threads, as proc(5) has them: a write that is under way goes on until the thread is stopped. */
function threadStates(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0]!;
  });
}
