import type { Clock } from '../../../application/ports/clock.js';
import type { Answer } from '../answer.js';
import { fieldsOf, isObject, textOf } from '../objects/json.js';
import { turn } from '../wait.js';
import { ListScanner } from './list-scanner.js';

/** After so many bytes everything else has its turn: about a millisecond and a half. */
const TURN_BYTES = 128 * 1024;

/** What a page of a list says beside its items. */
export interface PageEnd {
  readonly resourceVersion: string;
  /** With what the next page is asked for; "" if there is none. */
  readonly continueToken: string;
}

/**
 * Reads a page of a list, one item after the other.
 *
 * @param onItem is given each item as it arrives, also of a page that turns out to be cut
 * @throws ApiError if it is not a whole page
 */
export async function readPage(answer: Answer, clock: Clock, onItem: (item: unknown) => void): Promise<PageEnd> {
  const scanner = new ListScanner((item) => onItem(answer.parse(item)));
  let bytes = 0;
  for await (const chunk of answer.chunks()) {
    answer.bounded(() => scanner.write(chunk));
    bytes += chunk.length;
    if (bytes < TURN_BYTES) continue;
    bytes = 0;
    await turn(clock);
  }
  const list = answer.parse(scanner.envelope());
  if (!isObject(list)) throw answer.malformed('JSON that is no list');
  if (list['kind'] === 'Status') throw answer.failed(list);
  const metadata = fieldsOf(list['metadata']);
  const resourceVersion = textOf(metadata['resourceVersion']);
  if (resourceVersion === '' || !('items' in list)) throw answer.malformed('JSON that is no list');
  return { resourceVersion, continueToken: textOf(metadata['continue']) };
}
