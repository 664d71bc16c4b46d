import { isUtf8 } from 'node:buffer';

/** The bit that no octet of ASCII has, in four octets. */
const NOT_ASCII = 0x80808080;

/**
 * Whether octets are sound UTF-8, as protobuf demands of strings. Names in Kubernetes are ASCII, which is looked at four octets at a
 * time.
 *
 * @param view the same octets as `bytes`
 */
export function isText(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
  let seen = 0;
  let at = start;
  const last = end - 4;
  for (; at < last; at += 4) seen |= view.getInt32(at);
  // What is left ends where the text does: looking at some octets twice is quicker than at each by itself.
  if (last >= start) seen |= view.getInt32(last);
  else for (; at < end; at++) seen |= bytes[at]!;
  return (seen & NOT_ASCII) === 0 || isUtf8(bytes.subarray(start, end));
}
