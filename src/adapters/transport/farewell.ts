import type { Socket } from 'node:net';
import type { Cancel, Clock } from '../../application/ports/clock.js';

/** How long a peer has to read the last words and to close its own end, before it is cut off. */
const FAREWELL_MS = 1000;

/**
 * Says last words to a peer and closes the connection. What still comes from it is discarded until it closes too: were the connection
 * closed on data that nobody read, the kernel would reset it, and the peer might never see the words.
 *
 * @returns what keeps the peer from being cut off, once somebody else sees to that
 */
export function sayFarewell(socket: Socket, words: Uint8Array, clock: Clock): Cancel {
  const cancel = clock.after(FAREWELL_MS, () => socket.destroy());
  socket.once('close', cancel);
  socket.end(words);
  socket.resume();
  return cancel;
}
