import 'reflect-metadata';
import { run } from './run.js';

// Output that nobody reads any more (`weir config example | head`) is no reason for a stack trace.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
}

const code = await run(process.argv.slice(2), process);
process.exit(code);
