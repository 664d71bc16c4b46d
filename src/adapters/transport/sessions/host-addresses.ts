import { lookup } from 'node:dns/promises';
import { errorText } from '../../../application/error-text.js';

/** One of a host's addresses. */
export interface HostAddress {
  readonly address: string;
  readonly family: number;
}

/** Finds a host's addresses, in the order in which they should be tried. */
export type Resolve = (host: string) => Promise<readonly HostAddress[]>;

/** Asks the system, as every other program does. An address stands for itself. */
export const resolveHost: Resolve = (host) => lookup(host, { all: true });

/** 4 or 6. */
export function ipVersionOf({ family }: HostAddress): 4 | 6 {
  return family === 6 ? 6 : 4;
}

/**
 * What `open` makes of the first of a host's addresses that it works with.
 *
 * @throws Error that says for each address why it does not work, and the signal's reason once it is aborted
 */
export async function firstThatOpens<T>(
  host: string,
  resolve: Resolve,
  signal: AbortSignal,
  open: (address: HostAddress) => Promise<T>,
): Promise<T> {
  const failures: string[] = [];
  for (const address of await unlessAborted(resolve(host), signal)) {
    signal.throwIfAborted();
    try {
      return await open(address);
    } catch (error) {
      failures.push(errorText(error));
    }
  }
  throw new Error(failures.length > 0 ? failures.join('; ') : `${host} has no address`);
}

/** What `pending` gives. Name servers that are silent are waited for by the system for long, and it can't be told to stop. */
function unlessAborted<T>(pending: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    pending.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}
