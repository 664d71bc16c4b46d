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

/**
 * The directory for what is kept: the configured one even where it can't be written to, since what somebody put there can be read; of
 * the default ones the first that can be written to, made if need be. undefined if there is none.
 *
 * @param configured dataDirectory; "" for the default ones
 */
export function dataDirectoryOf(configured: string, defaults = DEFAULT_DIRECTORIES): string | undefined {
  const writable = writableDataDirectory(configured, defaults);
  return writable ?? (configured === '' ? undefined : configured);
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
