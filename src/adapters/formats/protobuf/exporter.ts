/** Who sends records, for as long as its connection lasts. */
export class Exporter {
  readonly #noticed = new Set<string>();
  /** The peer without its port. */
  readonly host: string;

  /**
   * @param peer the transport's peer, for people: "address:port"
   * @param address its address, 4 or 16 bytes, IPv4 in 4
   */
  constructor(
    readonly peer: string,
    readonly address: Uint8Array,
  ) {
    this.host = peer.slice(0, peer.lastIndexOf(':'));
  }

  /** Whether this is the first time that something is noticed about the exporter; from now on it isn't. */
  isFirst(notice: string): boolean {
    if (this.#noticed.has(notice)) return false;
    this.#noticed.add(notice);
    return true;
  }
}
