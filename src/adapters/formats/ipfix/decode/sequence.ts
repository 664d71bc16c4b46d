/** How many records late a datagram can be and still count as reordered or repeated; earlier than that, the exporter began anew. */
const LATE_RECORDS = 10_000;

const UNKNOWN = -1;

/**
 * Follows the sequence numbers of one observation domain in one session (RFC 7011 §3.1): each is the number of data records before its
 * message.
 *
 * Some exporters (softflowd) count the message's own records too. They are recognised by the first message whose number fits that and
 * not the rule, until one fits the rule and not that.
 */
export class SequenceFollower {
  /** Sequence number of the message before. */
  #previous = UNKNOWN;
  /** Data records of the message before. */
  #records = 0;
  /** Whether the exporter was seen to follow the rule where the other way would have given another number. */
  #followsRule = false;
  #countsOwnRecords = false;

  /**
   * Takes the next message.
   *
   * The first message, and the one after a message whose records couldn't be counted, set what is expected.
   *
   * @param records data records of the message; undefined if their number is unknown, since a template was
   * @param isOrdered whether the transport keeps messages in order: if not, a late one is no gap
   * @returns whether records are missing before it
   */
  follow(sequence: number, records: number | undefined, isOrdered: boolean): boolean {
    const ahead = this.#previous === UNKNOWN ? 0 : this.#ahead(sequence, records);
    if (!isOrdered && ahead < 0 && ahead > -LATE_RECORDS) return false;
    this.#previous = records === undefined ? UNKNOWN : sequence;
    this.#records = records ?? 0;
    return isOrdered ? ahead !== 0 : ahead > 0;
  }

  /** By how many records the message is later than expected. */
  #ahead(sequence: number, records: number | undefined): number {
    const byRule = (sequence - this.#previous - this.#records) | 0;
    if (records === undefined || records === this.#records || this.#followsRule) return byRule;
    const byOwnRecords = (sequence - this.#previous - records) | 0;
    if (byRule === 0) {
      this.#followsRule = true;
      this.#countsOwnRecords = false;
    } else if (byOwnRecords === 0) {
      this.#countsOwnRecords = true;
    }
    return this.#countsOwnRecords ? byOwnRecords : byRule;
  }
}
