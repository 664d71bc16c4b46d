/** How many records late a datagram can be and still count as reordered or repeated; earlier than that, the exporter began anew. */
const LATE_RECORDS = 10_000;

const UNKNOWN = -1;

/** Follows the sequence numbers of one observation domain in one session (RFC 7011 §3.1): each is the number of data records before it. */
export class SequenceFollower {
  #expected = UNKNOWN;

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
    const ahead = this.#expected === UNKNOWN ? 0 : (sequence - this.#expected) | 0;
    if (!isOrdered && ahead < 0 && ahead > -LATE_RECORDS) return false;
    this.#expected = records === undefined ? UNKNOWN : (sequence + records) >>> 0;
    return isOrdered ? ahead !== 0 : ahead > 0;
  }
}
