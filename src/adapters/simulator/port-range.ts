/** First and last port that Linux gives to connections by default (net.ipv4.ip_local_port_range). */
const FIRST = 32_768;
const LAST = 60_999;

/** Hands out ephemeral ports, each once in 28,232: connections between the same ends differ. */
export class PortRange {
  #next = FIRST;

  /** How many ports there are before the first comes again. */
  static readonly SIZE = LAST - FIRST + 1;

  /** The next port. */
  take(): number {
    const port = this.#next;
    this.#next = port === LAST ? FIRST : port + 1;
    return port;
  }
}
