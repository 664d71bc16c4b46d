import { namedCounters } from './flow-counters.js';
import type { RecordFormat } from './record-format.js';
import type { FlowHalf } from './simulated-flow.js';

/** Bytes of a batch: some 150 records, enough to make the cost of a write small beside theirs. */
const BATCH_BYTES = 64 * 1024;

/** Records of one agent that are written together, each as its format has it, and whose they are. Used again once its write is done. */
export class MessageBatch {
  readonly bytes = Buffer.allocUnsafeSlow(BATCH_BYTES);
  readonly view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  readonly #format: RecordFormat;
  readonly #halves: FlowHalf[] = [];
  readonly #ends: number[] = [];
  #length = 0;

  constructor(format: RecordFormat) {
    this.#format = format;
  }

  /** Records in it. */
  get records(): number {
    return this.#halves.length;
  }

  /** Bytes in it. */
  get length(): number {
    return this.#length;
  }

  /** Whether another record fits in. */
  get hasRoom(): boolean {
    return this.#length + this.#format.room <= BATCH_BYTES;
  }

  /** Takes note of a record that was written from {@link length} to `end`. */
  add(half: FlowHalf, end: number): void {
    this.#halves.push(half);
    this.#ends.push(end);
    this.#length = end;
  }

  /** What is in it, in pieces of so many records; the last may have fewer. */
  *pieces(records: number): Generator<Uint8Array> {
    let start = 0;
    for (let last = records - 1; start < this.#length; last += records) {
      const end = this.#ends[last] ?? this.#length;
      yield this.bytes.subarray(start, end);
      start = end;
    }
  }

  /** Tells the halves whether what is in the batch was taken, calls `after` for each, and empties it. */
  settle(taken: boolean, after: (half: FlowHalf) => void): void {
    let start = 0;
    for (let i = 0; i < this.#halves.length; i++) {
      const half = this.#halves[i]!;
      if (taken) half.confirm();
      else this.#lose(half, start);
      start = this.#ends[i]!;
      after(half);
    }
    this.#halves.length = 0;
    this.#ends.length = 0;
    this.#length = 0;
  }

  /** A lost record's counters are read back from its bytes, so that nothing has to be kept for the many that are not lost. */
  #lose(half: FlowHalf, start: number): void {
    const { totals, deltas } = namedCounters(this.#format.countersOf(this.view, start, half.flow.plan.family));
    half.lose(totals, deltas);
  }
}
