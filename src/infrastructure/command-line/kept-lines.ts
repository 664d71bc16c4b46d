import { Writable } from 'node:stream';

/** Lines that are kept; of more, the oldest are forgotten. */
const MAX_LINES = 200;

/** Keeps what is written to it until somebody takes it. */
export class KeptLines extends Writable {
  /** Whether the lines will be shown on a terminal. */
  readonly isTTY: boolean;
  #lines: string[] = [];

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    this.#lines.push(chunk.toString());
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
    done();
  }

  /** What was written since this was last called. */
  take(): string {
    const text = this.#lines.join('');
    this.#lines = [];
    return text;
  }
}
