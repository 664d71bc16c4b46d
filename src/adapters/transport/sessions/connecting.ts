import { connect, type Socket } from 'node:net';
import type { Clock } from '../../../application/ports/clock.js';
import { formatEndpoint } from '../endpoint.js';
import type { HostAddress } from './host-addresses.js';

/** After so long without traffic the kernel asks whether the collector is still there. */
const KEEP_ALIVE_MS = 30_000;

/** How long one may wait for a socket, and who may end that. */
export interface Patience {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Waits for a socket's event. If it does not come the socket is destroyed.
 *
 * @param what what is waited for, "connecting to 10.0.0.1:4739"
 * @param tooLate what is said when the time is over
 * @throws Error the socket's, or one that says that time is over or that it was given up
 */
export function untilEvent(
  socket: Socket,
  event: string,
  { clock, timeoutMs, signal }: Patience,
  what: string,
  tooLate: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      settle();
      socket.on('error', () => undefined).destroy();
      reject(error);
    };
    const failed = (error: Error): void => fail(error);
    const aborted = (): void => fail(new Error(`${what} was given up`));
    const happened = (): void => {
      settle();
      resolve();
    };
    const cancel = clock.after(timeoutMs, () => fail(new Error(tooLate)));
    const settle = (): void => {
      cancel();
      signal.removeEventListener('abort', aborted);
      socket.off('error', failed).off(event, happened);
    };
    signal.addEventListener('abort', aborted, { once: true });
    socket.once('error', failed).once(event, happened);
    // Who is told to stop while something else is waited for hears of it no more.
    if (signal.aborted) aborted();
  });
}

/**
 * Connects a socket to a collector.
 *
 * @throws Error that names the address, if that fails or takes too long
 */
export async function connectSocket(address: HostAddress, port: number, patience: Patience): Promise<Socket> {
  const peer = formatEndpoint(address.address, port);
  const socket = connect({
    host: address.address,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  });
  const tooLate = `no answer from ${peer} within ${patience.timeoutMs} ms`;
  await untilEvent(socket, 'connect', patience, `connecting to ${peer}`, tooLate);
  return socket;
}
