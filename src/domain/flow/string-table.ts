/** Byte strings by id, as a dictionary or a batch holds them. Id 0 is the empty string. */
export interface StringTable {
  /** The bytes of a string; valid as long as somebody holds the id. */
  bytes(id: number): Uint8Array;
  /** The string, decoded as UTF-8 (what is no UTF-8 becomes U+FFFD). */
  text(id: number): string;
}
