import type { IpfixTemplate } from '../../../support/ipfix-reader.js';

const VARIABLE = 65_535;
const LONG = 255;

/** Where in a record a field is, and how long it is. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/**
 * Finds the records of a data set without decoding them, for tests with so many records that decoding each would slow down what they
 * test. Fields can be told apart only before the first one of variable length, where their place is the same in every record.
 */
export class RecordWalker {
  readonly #places = new Map<string, Place>();
  /** Bytes of fixed length before each field of variable length, and after the last one. */
  readonly #runs: readonly number[];

  constructor({ fields }: IpfixTemplate) {
    const runs = [0];
    for (const { name, length } of fields) {
      if (length === VARIABLE) {
        runs.push(0);
        continue;
      }
      if (runs.length === 1) this.#places.set(name, { offset: runs[0]!, length });
      runs[runs.length - 1]! += length;
    }
    this.#runs = runs;
  }

  /** The place of a field in every record. @throws Error if it has none */
  place(name: string): Place {
    const place = this.#places.get(name);
    if (!place) throw new Error(`${name} has no fixed place in the records of this template`);
    return place;
  }

  /** Whether a field has the same place in every record. */
  has(name: string): boolean {
    return this.#places.has(name);
  }

  /** Where the record that begins at `start` ends. @throws Error if that is after `limit` */
  end(bytes: Buffer, start: number, limit: number): number {
    const runs = this.#runs;
    let at = start + runs[0]!;
    for (let i = 1; i < runs.length; i++) {
      let length = bytes[at]!;
      at += 1;
      if (length === LONG) {
        length = bytes.readUInt16BE(at);
        at += 2;
      }
      at += length + runs[i]!;
    }
    if (at > limit) throw new Error(`a record ends ${at - limit} octets after its set`);
    return at;
  }
}
