import type { Writable } from 'node:stream';
import type { Clock } from '../../application/ports/clock.js';
import type { LogFiles } from './log-file.js';
import { WinstonLogger, type LogLevel } from './winston-logger.js';

/** What a service's log is asked to be. */
export interface ServiceLogOptions {
  readonly level: LogLevel;
  /** Whether lines go to the stream; they do in any case if files can't be written. */
  readonly toStream: boolean;
  readonly files: LogFiles | undefined;
}

/**
 * The logger of a program: readable lines if the stream is a terminal, coloured unless NO_COLOR is set, else JSON.
 * Log files that can't be written are a warning.
 */
export function serviceLogger(
  { level, toStream, files }: ServiceLogOptions,
  stream: Writable & { readonly isTTY?: boolean },
  clock: Clock,
  environment: NodeJS.ProcessEnv = process.env,
): WinstonLogger {
  const readable = stream.isTTY === true;
  return new WinstonLogger(
    {
      level,
      stream,
      readable,
      colours: readable && !environment['NO_COLOR'],
      onlyFiles: !toStream,
      ...(files !== undefined && { files }),
    },
    clock,
  );
}
