import { AGENT_TEMPLATES } from './agent-template.js';
import { FlowCounters } from './flow-counters.js';
import { MESSAGE_ROOM } from './record-message.js';
import type { FlowHalf } from './simulated-flow.js';

/** Bytes of a batch: some 150 records, enough to make the cost of a write small beside theirs. */
const BATCH_BYTES = 64 * 1024;

/** Messages of one agent that are written together, and which records they hold. Used again once its write is done. */
export class MessageBatch {
  readonly bytes = Buffer.allocUnsafeSlow(BATCH_BYTES);
  readonly view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  readonly #halves: FlowHalf[] = [];
  readonly #ends: number[] = [];
  #length = 0;

  /** Records, and so messages, in it. */
  get records(): number {
    return this.#halves.length;
  }

  /** Bytes in it. */
  get length(): number {
    return this.#length;
  }

  /** Whether another message fits in. */
  get hasRoom(): boolean {
    return this.#length + MESSAGE_ROOM <= BATCH_BYTES;
  }

  /** Takes note of a message that was written from {@link length} to `end`. */
  add(half: FlowHalf, end: number): void {
    this.#halves.push(half);
    this.#ends.push(end);
    this.#length = end;
  }

  /** The messages, each by itself. */
  *messages(): Generator<Uint8Array> {
    let start = 0;
    for (const end of this.#ends) {
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
    const { offsets } = AGENT_TEMPLATES[half.flow.plan.family];
    const { totals, deltas } = FlowCounters.read(this.view, start + offsets.counters, start + offsets.reverseCounters);
    half.lose(totals, deltas);
  }
}
