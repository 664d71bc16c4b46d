import { CounterBlock, writeThroughput } from './counters.js';
import type { FlowRecord } from './flow-record.js';
import { COUNTER_BLOCK, SIDE_BLOCK } from './layout.js';

const OCTETS = COUNTER_BLOCK.slots.octetTotalCount.word;
const REVERSE_OCTETS = COUNTER_BLOCK.slots.reverseOctetTotalCount.word;
const THROUGHPUT = SIDE_BLOCK.slots.throughput.word;
const REVERSE_THROUGHPUT = SIDE_BLOCK.slots.reverseThroughput.word;
const END = SIDE_BLOCK.slots.flowEndSeconds.word;

/**
 * What one of a flow's two Nodes reported (flow-rules.md §4, §5): a cursor over eight counters, two throughputs and the end of the latest
 * report.
 */
export class Side extends CounterBlock {
  /** End of the side's latest report, Unix seconds. */
  get flowEndSeconds(): number {
    return this.words[this.at + END]!;
  }

  /** Nothing was reported: all is 0 (§4). */
  clear(): void {
    this.words.fill(0, this.at, this.at + SIDE_BLOCK.words);
  }

  /** Takes the side's first report, which always counts: counters are copied, throughput is the mean of the connection so far (§4). */
  takeFirst(record: FlowRecord): void {
    const { words, at } = this;
    this.begin(record.counters, record.carried);
    const seconds = record.flowEndSeconds - record.flowStartSeconds;
    writeThroughput(words[at + OCTETS]!, words[at + OCTETS + 1]!, seconds, words, at + THROUGHPUT);
    writeThroughput(
      words[at + REVERSE_OCTETS]!,
      words[at + REVERSE_OCTETS + 1]!,
      seconds,
      words,
      at + REVERSE_THROUGHPUT,
    );
    words[at + END] = record.flowEndSeconds;
  }

  /**
   * Takes a later report (§5).
   *
   * @returns whether it was news. An older report of what is known changes nothing but for deltas that came without their totals.
   */
  takeNext(record: FlowRecord): boolean {
    const { words, at } = this;
    const seconds = record.flowEndSeconds - words[at + END]!;
    if (seconds <= 0 && !this.isExceededBy(record.counters, record.carried)) {
      return this.addLoneDeltas(record.counters, record.carried);
    }
    const octets = words[at + OCTETS]!;
    const octetsHigh = words[at + OCTETS + 1]!;
    const reverseOctets = words[at + REVERSE_OCTETS]!;
    const reverseOctetsHigh = words[at + REVERSE_OCTETS + 1]!;
    this.update(record.counters, record.carried);
    if (seconds > 0) {
      this.#writeRate(OCTETS, octets, octetsHigh, seconds, THROUGHPUT);
      this.#writeRate(REVERSE_OCTETS, reverseOctets, reverseOctetsHigh, seconds, REVERSE_THROUGHPUT);
      words[at + END] = record.flowEndSeconds;
    }
    return true;
  }

  /** Sets deltas and throughputs to 0, as after an export (§6). */
  clearInterval(): void {
    this.clearDeltas();
    this.words.fill(0, this.at + THROUGHPUT, this.at + THROUGHPUT + 2);
    this.words.fill(0, this.at + REVERSE_THROUGHPUT, this.at + REVERSE_THROUGHPUT + 2);
  }

  /** Throughput of what a total grew by since it was `low` + `high` × 2³²; 0 if it went back, which is a counter reset. */
  #writeRate(total: number, low: number, high: number, seconds: number, throughput: number): void {
    const { words, at } = this;
    let grownLow = words[at + total]! - low;
    let grownHigh = words[at + total + 1]! - high;
    if (grownLow < 0) {
      grownLow += 0x1_0000_0000;
      grownHigh -= 1;
    }
    if (grownHigh < 0) {
      grownLow = 0;
      grownHigh = 0;
    }
    writeThroughput(grownLow, grownHigh, seconds, words, at + throughput);
  }
}
