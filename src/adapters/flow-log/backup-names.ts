import { basename } from 'node:path';

/** What follows the name of a compressed backup. */
export const COMPRESSED = '.gz';

/** What follows the name of a backup while it is being compressed. */
export const UNFINISHED = '.gz.tmp';

const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}`;

/** A file that is a rotated one by its name. */
export interface BackupName {
  /** File name, without a directory. */
  readonly name: string;
  /** When it was rotated, Unix milliseconds; no two backups of a log have the same. */
  readonly time: number;
  readonly kind: 'plain' | 'compressed' | 'unfinished';
}

/**
 * Names of a log's backups: `flows-2025-01-31T23-59-59.123.log` for `flows.log`, the time in UTC, and the same with `.gz`. These are the
 * names that Go's lumberjack gives, so that what an Antrea flow aggregator left behind is taken care of, too.
 */
export class BackupNames {
  readonly #stem: string;
  readonly #extension: string;
  readonly #pattern: RegExp;

  /** @param path of the log */
  constructor(path: string) {
    const name = basename(path);
    // As Go has it: in a name that begins with its only dot, all is extension.
    const dot = name.lastIndexOf('.');
    this.#stem = dot < 0 ? name : name.slice(0, dot);
    this.#extension = dot < 0 ? '' : name.slice(dot);
    const ends = [COMPRESSED, UNFINISHED].map(escape).join('|');
    this.#pattern = new RegExp(`^${escape(this.#stem)}-(${TIME})${escape(this.#extension)}(${ends})?$`);
  }

  /** The name of the backup of a time in Unix milliseconds. */
  of(time: number): string {
    const text = new Date(time).toISOString().slice(0, -1).replaceAll(':', '-');
    return `${this.#stem}-${text}${this.#extension}`;
  }

  /** What a file name says; undefined if it is not exactly a backup's. */
  parse(name: string): BackupName | undefined {
    const [, text, end] = this.#pattern.exec(name) ?? [];
    if (text === undefined) return undefined;
    const time = Date.parse(`${text.slice(0, 10)}T${text.slice(11).replaceAll('-', ':')}Z`);
    if (Number.isNaN(time)) return undefined;
    const kind = end === undefined ? 'plain' : end === COMPRESSED ? 'compressed' : 'unfinished';
    return { name, time, kind };
  }
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
