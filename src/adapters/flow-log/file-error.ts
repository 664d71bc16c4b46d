import { errorText } from '../../application/error-text.js';
import { errorCode } from './file-system.js';

/** What the common errors of file systems mean to who has to act on them. */
const MEANINGS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file may not get any longer',
  EIO: 'the disk has an error',
  EISDIR: 'it is a directory',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOENT: 'there is no such directory',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is no directory',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
};

/** The flow log can't be written. The message names the file and says why. */
export class FlowLogError extends Error {
  override readonly name = 'FlowLogError';

  /** @param cause what the file system said */
  constructor(path: string, cause: unknown) {
    super(`${path} can't be written: ${fileErrorText(cause)}`, { cause });
  }
}

/** What a file system's error says, in words where it is a common one. */
export function fileErrorText(error: unknown): string {
  const code = errorCode(error);
  const meaning = MEANINGS[code];
  return meaning === undefined ? errorText(error) : `${meaning} (${code})`;
}
