/** Buffers that are kept: as many as are on their way at a time, with a queue of the usual length. */
const MOST_FREE = 4;

/** Sizes are rounded up to this, so that the memory of one batch fits most others. */
const STEP_BYTES = 512 * 1024;

/**
 * Memory that batches took and no longer need, for the next ones. At 300,000 rows a second it is 200 MB each second: new memory has to be
 * cleared by the kernel, and V8 marks its whole heap again and again for what it thinks it could free.
 */
export class BatchPool {
  readonly #free: ArrayBuffer[] = [];

  /** Memory of at least so many bytes. It has what it had. */
  take(bytes: number): ArrayBuffer {
    const buffer = this.#free.pop();
    // One that is too small is from before batches grew; it goes.
    if (buffer !== undefined && buffer.byteLength >= bytes) return buffer;
    return new ArrayBuffer(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES);
  }

  /** Takes memory back that nobody looks at any more. */
  give(buffer: ArrayBuffer): void {
    if (this.#free.length < MOST_FREE) this.#free.push(buffer);
  }
}
