import type { EncodedRecord } from './encoded-record.js';
import type { RecordFormat } from './record-format.js';

/** Records whose room is allocated together. */
const RECORDS_A_SLAB = 1024;

/**
 * Encoded records that are used again: the next flow gets the one that was given back last. So a round that goes through all flows reads
 * their records in the order of memory even after thousands of flows came and went; ones scattered over the heap cost three times as much.
 */
export class RecordPool {
  readonly #format: RecordFormat;
  readonly #free: EncodedRecord[] = [];

  constructor(format: RecordFormat) {
    this.#format = format;
  }

  /** A record to encode a half in. */
  take(): EncodedRecord {
    if (this.#free.length === 0) this.#grow();
    return this.#free.pop()!;
  }

  /** Gives a record back that is reported no more. */
  release(record: EncodedRecord): void {
    this.#free.push(record);
  }

  #grow(): void {
    const { room } = this.#format;
    const slab = Buffer.allocUnsafeSlow(RECORDS_A_SLAB * room);
    for (let end = slab.length; end > 0; end -= room) {
      this.#free.push(this.#format.newRecord(slab.subarray(end - room, end)));
    }
  }
}
