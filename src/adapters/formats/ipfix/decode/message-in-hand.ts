/** A message whose octets are all there. */
export interface MessageInHand {
  /** What the message is somewhere in. */
  bytes: Uint8Array;
  /** The same octets as `bytes`. */
  view: DataView;
  /** Where the message begins; references of records are counted from here. */
  start: number;
  /** Where it ends. */
  end: number;
}
