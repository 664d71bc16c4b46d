import type { Logger } from '../../application/ports/logger.js';
import { ExitCode } from './exit-code.js';

/**
 * A mistake in the program ends it: what it would do next nobody knows.
 *
 * @param beforeExit called once the mistake is logged
 */
export function endOnMistakes(logger: Logger, beforeExit?: () => void): void {
  const end = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    logger.error('weir has a mistake and ends', { error: text });
    beforeExit?.();
    process.exit(ExitCode.Internal);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}
