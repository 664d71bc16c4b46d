import type { Writable } from 'node:stream';
import { createLogger, format, transports, type Logger as Winston } from 'winston';
import type { Clock } from '../../application/ports/clock.js';
import type { LogFields, Logger } from '../../application/ports/logger.js';
import { jsonLines, readableLines } from './log-format.js';
import { Repetitions } from './repetitions.js';

/** What a winston logger takes. */
type Transport = Parameters<Winston['add']>[0];

/** Which lines are written: those of this level and the ones more important. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** Files that logs are written to, rotated by size. */
export interface LogFiles {
  readonly directory: string;
  /** Bytes after which a new file is begun. */
  readonly maxBytes: number;
  /** Files that are kept; 0 keeps all. */
  readonly maxFiles: number;
}

/** Where a log goes and what it looks like. */
export interface LoggerOptions {
  readonly level: LogLevel;
  /** Where lines are written; undefined: only to files. */
  readonly stream: Writable | undefined;
  /** Lines for a person instead of JSON. */
  readonly readable: boolean;
  readonly colours: boolean;
  readonly files?: LogFiles;
}

/** The Logger port on winston. Its level can be changed while it runs. */
export class WinstonLogger implements Logger {
  readonly #winston: Winston;
  readonly #repetitions: Repetitions;

  constructor(options: LoggerOptions, clock: Clock) {
    const stamp = format.timestamp({ format: () => new Date(clock.unixMilliseconds()).toISOString() });
    const lines = options.readable ? readableLines(options.colours) : jsonLines;
    this.#winston = createLogger({
      level: options.level,
      format: format.combine(stamp, lines),
      exitOnError: false,
    });
    const { stream, files } = options;
    if (stream !== undefined) this.#add(new transports.Stream({ stream }));
    if (files !== undefined) this.#add(new transports.File(fileOptions(files)));
    this.#repetitions = new Repetitions(clock, (message, fields) => this.warn(message, fields));
  }

  get level(): LogLevel {
    return this.#winston.level as LogLevel;
  }

  set level(level: LogLevel) {
    this.#winston.level = level;
  }

  debug(message: string, fields?: LogFields): void {
    this.#write('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#write('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#write('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#write('error', message, fields);
  }

  repeated(key: string, message: string, fields?: LogFields): void {
    this.#repetitions.report(key, message, fields);
  }

  /** Writes what {@link repeated} has gathered; resolves when all is written. Nothing is logged after. */
  async close(): Promise<void> {
    this.#repetitions.flush();
    await new Promise<void>((resolve) => {
      this.#winston.once('finish', resolve);
      this.#winston.end();
    });
  }

  /** winston's types declare its transports as interfaces beside the class that `add` wants. */
  #add(transport: unknown): void {
    this.#winston.add(transport as Transport);
  }

  #write(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (this.#winston.isLevelEnabled(level)) this.#winston.log({ ...fields, level, message });
  }
}

function fileOptions({ directory, maxBytes, maxFiles }: LogFiles): ConstructorParameters<typeof transports.File>[0] {
  return {
    dirname: directory,
    filename: 'weir.log',
    maxsize: maxBytes,
    tailable: true,
    ...(maxFiles > 0 && { maxFiles }),
  };
}
