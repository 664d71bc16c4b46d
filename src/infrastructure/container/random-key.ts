import { randomBytes } from 'node:crypto';

/** Two words that nobody outside the process can know: whoever sends keys and texts can't aim at a bucket of a hash index. */
export function randomKey(): [number, number] {
  const bytes = randomBytes(8);
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
}
