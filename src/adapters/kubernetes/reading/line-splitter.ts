import { GatheredBytes } from './gathered-bytes.js';

const LINE_FEED = 0x0a;

/** Bytes of a line: more than etcd would ever keep of an object. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** Puts bytes that arrive in chunks together to lines. No more than one line is held. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  readonly #line = new GatheredBytes('a line', MAX_LINE_BYTES);

  /** @param onLine is given each line without its line feed; empty lines are left out */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Bytes of a line whose end has not come. */
  get pending(): number {
    return this.#line.length;
  }

  /** Takes more bytes. @throws RangeError if a line is too long to be one, and whatever `onLine` throws */
  write(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      const line = this.#line.take(chunk.subarray(start, end));
      start = end + 1;
      if (line !== '') this.#onLine(line);
    }
    if (start < chunk.length) this.#line.add(chunk.subarray(start));
  }
}
