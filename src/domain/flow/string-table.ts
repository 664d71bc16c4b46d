/** Byte strings by id, as a dictionary or a batch holds them. Id 0 is the empty string. */
export interface StringTable {
  /** The bytes of a string; valid as long as somebody holds the id. */
  bytes(id: number): Uint8Array;
  /** The string, decoded as UTF-8 (what is no UTF-8 becomes U+FFFD). */
  text(id: number): string;
  /** Copies a string to `to` from `at`; how many bytes that were. */
  copy(id: number, to: Uint8Array, at: number): number;
}

/** What `intern` answers when a string does not fit. */
export const FULL = -1;

/** Byte strings that rows hold and let go of. */
export interface StringStore extends StringTable {
  /** The id of a string, which becomes known if it was not; FULL if there is no room for it. The caller holds nothing yet. */
  intern(bytes: Uint8Array, start: number, length: number): number;
  /** Whether an id stands for these bytes. */
  matches(id: number, bytes: Uint8Array, start: number, length: number): boolean;
  /** A row took the id. */
  hold(id: number): void;
  /** A row dropped the id. */
  drop(id: number): void;
  /** Number of bytes of a string. */
  length(id: number): number;
  /** Another number each time that a string is forgotten: its id may come to stand for another one. */
  readonly generation: number;
}
