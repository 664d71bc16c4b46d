/**
 * Runs Jest with the Node flags that ES modules need: `node scripts/jest.mjs [--suite=unit|e2e|fuzz] [arguments of jest]`.
 * Without a suite it runs whatever the arguments name.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const SUITES = {
  // Far more than any test needs: what hangs is told from what has to share its machine.
  unit: ['--testPathIgnorePatterns=/dist/test/(e2e|fuzz)/', '--testTimeout=30000'],
  e2e: ['--testPathIgnorePatterns=/dist/test/(?!e2e/)', '--runInBand', '--testTimeout=180000'],
  fuzz: ['--testPathIgnorePatterns=/dist/test/(?!fuzz/)', '--runInBand', '--testTimeout=3600000'],
};
const NODE_FLAGS = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', '--enable-source-maps'];

const root = fileURLToPath(new URL('..', import.meta.url));
const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
const [first, ...rest] = process.argv.slice(2);
const suite = first?.startsWith('--suite=') ? first.slice('--suite='.length) : undefined;
if (suite !== undefined && !Object.hasOwn(SUITES, suite)) {
  console.error(`There is no suite "${suite}": choose one of ${Object.keys(SUITES).join(', ')}.`);
  process.exit(2);
}

// The suite's options come last: they take lists, which would swallow a test's name that follows.
const jestArguments = suite === undefined ? process.argv.slice(2) : [...rest, ...SUITES[suite]];
const child = spawn(process.execPath, [...NODE_FLAGS, jest, ...jestArguments], { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal];
});
