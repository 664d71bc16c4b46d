import { accessSync, constants, mkdirSync } from 'node:fs';

/** Where data is kept if the configuration does not say: the first of these that can be written to. */
export const DEFAULT_DIRECTORIES: readonly string[] = ['/var/lib/weir', './weir-data'];

/**
 * The directory for what is kept, made if need be; undefined if it can't be written to.
 *
 * @param configured dataDirectory; "" for the default ones
 */
export function writableDataDirectory(configured: string, defaults = DEFAULT_DIRECTORIES): string | undefined {
  return (configured === '' ? defaults : [configured]).find(isWritable);
}

function isWritable(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
