import { closeSync, openSync, readSync } from 'node:fs';
import { readConfiguration, type ReadConfiguration } from './read-configuration.js';

/** A configuration file that can't be read at all. */
export class UnreadableConfiguration extends Error {
  override readonly name = 'UnreadableConfiguration';
}

/** Larger than any configuration: a wrong file, perhaps a log. */
const MAX_BYTES = 1 << 20;

/**
 * Reads a configuration file.
 *
 * @throws UnreadableConfiguration naming the file and the reason if there is no such file, or it is no UTF-8 text of at most a MiB
 */
export function loadConfiguration(file: string): ReadConfiguration {
  return readConfiguration(textOf(file));
}

function textOf(file: string): string {
  let bytes: Buffer;
  try {
    bytes = beginningOf(file);
  } catch (error) {
    throw new UnreadableConfiguration(
      `${file}: can't be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
    );
  }
  if (bytes.length > MAX_BYTES)
    throw new UnreadableConfiguration(`${file}: has more than ${MAX_BYTES} bytes; accepted are at most so many`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UnreadableConfiguration(`${file}: is not UTF-8 text`);
  }
}

/** As many bytes as are accepted and one more, if there are so many: a device can have no end. */
function beginningOf(file: string): Buffer {
  const bytes = Buffer.alloc(MAX_BYTES + 1);
  const descriptor = openSync(file, 'r');
  try {
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}
