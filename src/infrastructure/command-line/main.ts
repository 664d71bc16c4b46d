import 'reflect-metadata';
import { setImmediate } from 'node:timers/promises';
import { ExitCode } from './exit-code.js';
import { run } from './run.js';

// Output that nobody reads any more (`weir config example | head`) is no reason for a stack trace, nor for going on.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? ExitCode.Ok : ExitCode.Failed),
);
// Who reads the log may go away, or its disk be full: flows matter more.
process.stderr.on('error', () => undefined);

// The service's timers don't hold the process. Before it listens it may wait for nothing else, for a lock of the certificates say: Node
// would end then.
setInterval(() => undefined, 2 ** 30);

const code = await run(process.argv.slice(2), process);
// What went wrong with the last output is said only once this turn is over.
await setImmediate();
process.exit(code);
