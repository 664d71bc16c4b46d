import { accessSync, constants, mkdirSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Clock } from '../../application/ports/clock.js';
import { WinstonLogger, type LogFiles, type LogLevel } from './winston-logger.js';

/** What a service's log is asked to be. */
export interface ServiceLogOptions {
  readonly level: LogLevel;
  /** Whether lines go to the stream; they do in any case if files can't be written. */
  readonly toStream: boolean;
  readonly files: LogFiles | undefined;
}

/**
 * The logger of a program: readable lines if the stream is a terminal, coloured unless NO_COLOR is set, else JSON.
 * A directory of log files that can't be written is a warning.
 */
export function serviceLogger(
  { level, toStream, files }: ServiceLogOptions,
  stream: Writable & { readonly isTTY?: boolean },
  clock: Clock,
  environment: NodeJS.ProcessEnv = process.env,
): WinstonLogger {
  const problem = files === undefined ? undefined : unwritable(files.directory);
  const readable = stream.isTTY === true;
  const logger = new WinstonLogger(
    {
      level,
      stream: toStream || problem !== undefined ? stream : undefined,
      readable,
      colours: readable && !environment['NO_COLOR'],
      ...(files !== undefined && problem === undefined && { files }),
    },
    clock,
  );
  if (problem !== undefined) logger.warn('no log files are written', { directory: files!.directory, error: problem });
  return logger;
}

/** Why files can't be written to a directory, undefined if they can. */
function unwritable(directory: string): string | undefined {
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}
