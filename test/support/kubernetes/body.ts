import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/** How octets are written. */
export interface Manner {
  /** In pieces that end anywhere, also within a character or a line. */
  readonly odd?: boolean;
  /** Slowly: so many octets at a time. */
  readonly drip?: { readonly octets: number; readonly everyMs: number };
  /** So many octets of it, then the connection breaks. */
  readonly cut?: number;
}

const ODD_SIZES = [1, 3, 7, 1021, 2, 4093, 5];

/** Writes the body of an answer, one part after the other, in the manner that a test wants. */
export class BodyWriter {
  readonly #response: ServerResponse;
  readonly #manner: Manner;
  #turn = 0;
  #left: number;
  #last: Promise<void> = Promise.resolve();

  constructor(response: ServerResponse, manner: Manner) {
    this.#response = response;
    this.#manner = manner;
    this.#left = manner.cut ?? Infinity;
  }

  /** Writes octets after those before. */
  write(octets: Buffer | string): void {
    const { odd, drip, cut } = this.#manner;
    if (odd !== true && drip === undefined && cut === undefined) {
      if (!this.#response.destroyed) this.#response.write(octets);
      return;
    }
    this.#last = this.#last.then(() => this.#pieces(Buffer.from(octets)));
  }

  /** Ends the answer once all was written. */
  end(): void {
    this.#last = this.#last.then(() => void this.#response.end());
  }

  async #pieces(octets: Buffer): Promise<void> {
    const { drip } = this.#manner;
    for (let at = 0; at < octets.length && !this.#response.destroyed;) {
      const size = Math.min(drip?.octets ?? this.#oddSize(), this.#left, octets.length - at);
      if (size > 0) this.#response.write(octets.subarray(at, at + size));
      at += size;
      this.#left -= size;
      await (drip === undefined ? nextTurn() : pause(drip.everyMs, undefined, { ref: false }));
      if (this.#left === 0) this.#response.destroy();
    }
  }

  #oddSize(): number {
    return this.#manner.odd === true ? ODD_SIZES[this.#turn++ % ODD_SIZES.length]! : Infinity;
  }
}
