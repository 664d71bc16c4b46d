import { Writable } from 'node:stream';
import { createLogger, format, transports, type Logger as Winston } from 'winston';
import type { Clock } from '../../application/ports/clock.js';
import type { LogFields, Logger } from '../../application/ports/logger.js';
import { jsonLines, readableLines } from './log-format.js';
import { LogFile, type LogFiles } from './log-file.js';
import { Repetitions } from './repetitions.js';

/** What a winston logger takes. */
type Transport = Parameters<Winston['add']>[0];

/** Which lines are written: those of this level and the ones more important. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** Where a log goes and what it looks like. */
export interface LoggerOptions {
  readonly level: LogLevel;
  /** Where lines are written. */
  readonly stream: Writable;
  /** Lines for a person instead of JSON. */
  readonly readable: boolean;
  readonly colours: boolean;
  /** Files that are written, too. */
  readonly files?: LogFiles;
  /** Whether lines go to the files alone, as long as those can be written. @default false */
  readonly onlyFiles?: boolean;
}

/** The Logger port on winston. Its level can be changed while it runs. */
export class WinstonLogger implements Logger {
  readonly #winston: Winston;
  readonly #repetitions: Repetitions;
  #file: LogFile | undefined;

  constructor(options: LoggerOptions, clock: Clock) {
    const stamp = format.timestamp({ format: () => new Date(clock.unixMilliseconds()).toISOString() });
    const lines = options.readable ? readableLines(options.colours) : jsonLines;
    this.#winston = createLogger({
      level: options.level,
      format: format.combine(stamp, lines),
      exitOnError: false,
    });
    this.#repetitions = new Repetitions(clock, (message, fields) => this.warn(message, fields));
    const toStream = new transports.Stream({ stream: options.stream });
    this.#add(toStream);
    if (options.files !== undefined) this.#writeFiles(options.files, options, toStream);
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
    this.#file?.close();
    this.#file = undefined;
  }

  /** Writes lines to files. When that fails, at once or later, a warning says so and lines go to the stream from then on. */
  #writeFiles(files: LogFiles, { stream, onlyFiles = false }: LoggerOptions, toStream: { silent?: boolean }): void {
    const giveUp = (error: unknown): void => {
      this.#file?.close();
      this.#file = undefined;
      toStream.silent = false;
      const { code } = error as NodeJS.ErrnoException;
      this.warn('no log files are written', { directory: files.directory, error: code ?? String(error) });
    };
    try {
      this.#file = new LogFile(files);
    } catch (error) {
      giveUp(error);
      return;
    }
    toStream.silent = onlyFiles;
    const write = (line: string, _encoding: BufferEncoding, done: () => void): void => {
      try {
        this.#file?.write(line);
      } catch (error) {
        if (onlyFiles) stream.write(line);
        giveUp(error);
      }
      done();
    };
    this.#add(new transports.Stream({ stream: new Writable({ decodeStrings: false, write }) }));
  }

  /** winston's types declare its transports as interfaces beside the class that `add` wants. */
  #add(transport: unknown): void {
    this.#winston.add(transport as Transport);
  }

  #write(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (this.#winston.isLevelEnabled(level)) this.#winston.log({ ...fields, level, message });
  }
}
