/**
 * Makes a work tree ready to run: checks Node's version, installs packages and builds, each only if something it
 * depends on has changed. Runs before `npm start`, `npm test` and the like, hence on a clone that has nothing yet:
 * it needs no package, and leaves only what git ignores.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildHash, installHash } from './sources.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const installStamp = join(root, 'node_modules/.weir-install');
const buildStamp = join(root, 'dist/.build');

requireNode();
if (contentOf(installStamp) !== installHash(root)) {
  step('Installing packages', npm(), ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund']);
  writeFileSync(installStamp, installHash(root));
}
if (contentOf(buildStamp) !== buildHash(root)) {
  step('Building', [process.execPath], [join(root, 'scripts/build.mjs')]);
}

/** Stops with an explanation if this Node is older than package.json's `engines.node` (written `>=major.minor`). */
function requireNode() {
  const wanted = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node;
  const [major, minor] = wanted.replace('>=', '').split('.').map(Number);
  const [haveMajor, haveMinor] = process.versions.node.split('.').map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  console.error(`Weir needs Node ${major}.${minor} or newer; this is Node ${process.versions.node}.`);
  process.exit(1);
}

/** The npm that runs this script, or the one on the path when it is run by hand. */
function npm() {
  const script = process.env.npm_execpath;
  return script === undefined ? ['npm'] : [process.execPath, script];
}

function step(what, [command, ...first], rest) {
  console.log(`${what} …`);
  const begun = Date.now();
  const { status, error } = spawnSync(command, [...first, ...rest], { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`${what} failed${error === undefined ? '' : `: ${error.message}`}.`);
    process.exit(1);
  }
  console.log(`${what} took ${((Date.now() - begun) / 1000).toFixed(1)} s.`);
}

function contentOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
