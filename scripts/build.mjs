/** Compiles src, test, bench and the examples of the documentation into dist and removes what no longer has a source. Exits with 1 if there is a type error. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildHash, orphanedOutputs } from './sources.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'dist/.build');

for (const path of orphanedOutputs(root)) rmSync(join(root, path));
rmSync(stamp, { force: true });
// Hashed before compiling: a file that is saved meanwhile makes the next set-up build again.
const hash = buildHash(root);
const compiler = join(root, 'node_modules/@typescript/native/bin/tsc');
const { status } = spawnSync(process.execPath, [compiler, '--project', root], { stdio: 'inherit' });
if (status === 0) {
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(stamp, hash);
} else {
  console.error('The build failed.');
  process.exitCode = 1;
}
