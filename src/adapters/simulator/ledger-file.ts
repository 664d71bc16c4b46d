import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { Ledger, LedgerEntry } from './ledger.js';

/** A ledger as a file of JSON lines, one flow a line. */
export class LedgerFile implements Ledger {
  readonly #stream: WriteStream;
  readonly #finished: Promise<void>;

  /** Creates the file, or empties it. What goes wrong with it rejects {@link drained} or {@link close}. */
  constructor(path: string) {
    this.#stream = createWriteStream(path);
    this.#finished = finished(this.#stream);
    // Reported by drained() and close(); until then nobody waits for it.
    this.#finished.catch(() => undefined);
  }

  write(entry: LedgerEntry): void {
    this.#stream.write(`${JSON.stringify(entry)}\n`);
  }

  async drained(): Promise<void> {
    if (this.#stream.errored) throw this.#stream.errored;
    if (this.#stream.writableNeedDrain) await once(this.#stream, 'drain');
  }

  async close(): Promise<void> {
    this.#stream.end();
    await this.#finished;
  }
}
