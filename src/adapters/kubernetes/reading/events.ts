import type { Clock } from '../../../application/ports/clock.js';
import type { Answer } from '../answer.js';
import { ApiError } from '../api-error.js';
import { fieldsOf, textOf, type JsonObject } from '../objects/json.js';
import { turn } from '../wait.js';
import { LineSplitter } from './line-splitter.js';

/** A watch that says nothing for so long is dead: servers send a bookmark about once a minute. */
export const SILENCE_MS = 180_000;

const TURN_BYTES = 128 * 1024;

/** Something that happened to an object; a bookmark's has nothing but a resource version. */
export interface WatchEvent {
  readonly type: string;
  readonly object: JsonObject;
}

/**
 * Reads a watch until it ends, as it does when its time is over.
 *
 * @throws ApiError if the connection breaks, nothing comes for {@link SILENCE_MS}, the server says that something is wrong or sends
 *   something else than events
 */
export async function readEvents(answer: Answer, clock: Clock, onEvent: (event: WatchEvent) => void): Promise<void> {
  const lines = new LineSplitter((line) => {
    const event = fieldsOf(answer.parse(line));
    const object = fieldsOf(event['object']);
    if (event['type'] === 'ERROR') throw answer.failed(object);
    onEvent({ type: textOf(event['type']), object });
  });
  let bytes = 0;
  for await (const chunk of answer.chunks(SILENCE_MS)) {
    answer.bounded(() => lines.write(chunk));
    bytes += chunk.length;
    if (bytes < TURN_BYTES) continue;
    bytes = 0;
    await turn(clock);
  }
  if (lines.pending > 0)
    throw new ApiError('unreachable', 'the API server broke off a watch in the middle of an event');
}
