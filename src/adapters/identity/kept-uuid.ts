import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '../../application/error-text.js';
import type { Logger } from '../../application/ports/logger.js';
import { parseUuid } from '../../domain/cluster/cluster-uuid.js';

const FILE_NAME = 'cluster-uuid';

/**
 * The UUID of a cluster that has none of its own: made once and kept in a file of the data directory. Where that can't be read or
 * written, a new one each time, with a warning.
 *
 * @param directory undefined if there is none
 */
export function keptUuid(directory: string | undefined, logger: Logger, make: () => string = randomUUID): string {
  if (directory === undefined) {
    logger.warn(
      'no data directory can be written to: the cluster UUID lasts until the process ends; set dataDirectory',
    );
    return make();
  }
  const file = join(directory, FILE_NAME);
  try {
    const known = readUuid(file, logger);
    if (known !== undefined) return known;
    const uuid = make();
    writeAtomically(file, `${uuid}\n`);
    logger.info('a cluster UUID was made and kept', { uuid, file });
    return uuid;
  } catch (error) {
    logger.warn(
      'the cluster UUID can not be kept: it lasts until the process ends; make the directory writable or set dataDirectory',
      { file, error: errorText(error) },
    );
    return make();
  }
}

/** undefined if there is no such file, or one that holds no UUID. */
function readUuid(file: string, logger: Logger): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const uuid = parseUuid(text);
  if (uuid === undefined) logger.warn('the file of the cluster UUID holds none and is replaced', { file });
  else logger.info('the cluster UUID was read', { uuid, file });
  return uuid;
}

/** Either the whole file is there afterwards, or what was there before. */
function writeAtomically(file: string, text: string): void {
  const temporary = `${file}.new`;
  const descriptor = openSync(temporary, 'w', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, file);
}
