const FIRST_BYTES = 4096;

/**
 * Bytes that are put together from chunks, in one piece of memory that doubles when it is full: chunks of a byte each must not cost more
 * than their bytes.
 */
export class GatheredBytes {
  readonly #what: string;
  readonly #maxBytes: number;
  #bytes = Buffer.alloc(0);
  #length = 0;

  /** @param what is gathered, for the error if it is longer than `maxBytes` */
  constructor(what: string, maxBytes: number) {
    this.#what = what;
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#length;
  }

  /** Appends a copy. @throws RangeError if there would be too many */
  add(bytes: Buffer): void {
    const length = this.#length + bytes.length;
    if (length > this.#maxBytes) throw new RangeError(`${this.#what} of more than ${this.#maxBytes} bytes`);
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#bytes.length, FIRST_BYTES));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    bytes.copy(this.#bytes, this.#length);
    this.#length = length;
  }

  /** What was gathered and `last`, as text; nothing is gathered afterwards. @throws RangeError if that is too long */
  take(last: Buffer): string {
    if (this.#length === 0 && last.length <= this.#maxBytes) return last.toString();
    this.add(last);
    const text = this.#bytes.toString('utf8', 0, this.#length);
    this.#length = 0;
    // What one long object needed is not kept for the others.
    if (this.#bytes.length > 2 ** 20) this.#bytes = Buffer.alloc(0);
    return text;
  }

  /** The last so many bytes, each as a character. */
  tail(length: number): string {
    return this.#bytes.toString('latin1', Math.max(0, this.#length - length), this.#length);
  }
}
