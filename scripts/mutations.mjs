/**
 * Checks that tests fail when the code they guard is changed: `node scripts/mutations.mjs [TEXT…]`.
 *
 * Each entry of test/mutations/*.json names a piece of source, what to put in its place, and a test. In a copy of the project the
 * script makes one such change at a time, compiles, and runs that test alone: it has to fail. First all tests have to pass on the
 * unchanged copy. With arguments only entries that contain one of these texts are tried.
 *
 * Exits with 1 if a test passes although the code was changed, or if an entry fits the sources no longer.
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const COPIED = ['src', 'test', 'bench', 'scripts', 'docs', 'package.json', 'tsconfig.json', 'jest.config.js'];
const LISTS = 'test/mutations';

/** A change can make a loop endless; that is noticed too. */
const TEST_LIMIT_MS = 60_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const copy = realpathSync(mkdtempSync(join(tmpdir(), 'weir-mutations-')));
const wanted = process.argv.slice(2);

process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const entries = readLists().filter((entry) => matches(entry, wanted));
if (entries.length === 0) fail('There is nothing to do: no entry fits.');

const begun = Date.now();
for (const path of COPIED) cpSync(join(root, path), join(copy, path), { recursive: true });
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');

console.log('Compiling and running the tests on unchanged sources …');
const problem = compile();
if (problem !== undefined) fail(`The sources do not compile.\n${problem}`);
const passing = passingTests();
const unfit = entries.flatMap(unfitTo);
if (unfit.length > 0) fail(unfit.join('\n'));

const outcomes = [];
for (const [i, entry] of entries.entries()) {
  const since = Date.now();
  const outcome = tryOut(entry);
  outcomes.push({ entry, outcome });
  const seconds = ((Date.now() - since) / 1000).toFixed(1);
  console.log(
    `${String(i + 1).padStart(3)}/${entries.length} ${outcome.padEnd(9)} §${entry.rfc} ${entry.source} (${seconds} s)`,
  );
}
report(outcomes);

function readLists() {
  return readdirSync(join(root, LISTS))
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => JSON.parse(readFileSync(join(root, LISTS, name), 'utf8')));
}

function matches(entry, texts) {
  const whole = Object.values(entry).join('\n');
  return texts.length === 0 || texts.some((text) => whole.includes(text));
}

/** Full names of the tests that pass on unchanged sources, by file. */
function passingTests() {
  const files = [...new Set(entries.map(({ test }) => test))].filter((test) => existsSync(join(copy, test)));
  const result = jest(files.map(compiledOf));
  if (result === undefined) fail('The tests do not end on unchanged sources.');
  return new Map(
    result.testResults.map(({ name, assertionResults }) => [
      relative(copy, name),
      assertionResults.filter(({ status }) => status === 'passed').map(({ fullName }) => fullName),
    ]),
  );
}

/** Why an entry can't be tried: its text is not there once, or its test isn't there or does not pass. */
function unfitTo({ source, find, replace, test, name }) {
  const text = existsSync(join(copy, source)) ? readFileSync(join(copy, source), 'utf8') : '';
  const times = text.split(find).length - 1;
  if (times !== 1) return [`${source} has this text ${times} times, not once: ${find}`];
  if (find === replace) return [`${source}: nothing changes in ${find}`];
  const passes = passing.get(compiledOf(test))?.some((fullName) => fullName.includes(name));
  return passes ? [] : [`${test} has no test that passes and is called: ${name}`];
}

/** Changes the source, sees what the test says, and changes it back: "killed" is what has to come out. */
function tryOut({ source, find, replace, test, name }) {
  const file = join(copy, source);
  const text = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    text.replace(find, () => replace),
  );
  try {
    if (compile() !== undefined) return 'BROKEN';
    const result = jest([compiledOf(test)], name);
    if (result === undefined) return 'killed';
    if (result.numRuntimeErrorTestSuites > 0) return 'BROKEN';
    return result.numFailedTests > 0 ? 'killed' : 'SURVIVED';
  } finally {
    writeFileSync(file, text);
  }
}

/**
 * Emits JavaScript without looking at types, which a change may well break.
 * Returns what the compiler says if that is not JavaScript even so.
 */
function compile() {
  const compiler = join(root, 'node_modules/@typescript/native/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [compiler, '--project', copy, '--noCheck'], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : stdout;
}

function compiledOf(test) {
  return join('dist', test).replace(/\.ts$/, '.js');
}

/** What Jest says of test files, or only of the tests in them that have this in their names; undefined if it had to be ended. */
function jest(files, name = '') {
  const output = join(copy, 'result.json');
  rmSync(output, { force: true });
  const pattern = name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  spawnSync(
    process.execPath,
    [
      ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
      join(root, 'node_modules/jest/bin/jest.js'),
      ...['--runInBand', '--json', `--outputFile=${output}`, '--forceExit', `--testNamePattern=${pattern}`],
      ...['--runTestsByPath', ...files],
    ],
    { cwd: copy, stdio: 'ignore', timeout: TEST_LIMIT_MS * files.length, killSignal: 'SIGKILL' },
  );
  return existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : undefined;
}

function report(all) {
  const rows = new Map();
  for (const { entry, outcome } of all) {
    const row = rows.get(entry.rfc) ?? { mutants: 0, killed: 0 };
    row.mutants++;
    if (outcome === 'killed') row.killed++;
    rows.set(entry.rfc, row);
  }
  console.table(Object.fromEntries([...rows].map(([rfc, row]) => [`§${rfc}`, row])));
  const left = all.filter(({ outcome }) => outcome !== 'killed');
  for (const { entry, outcome } of left) {
    console.log(
      `${outcome}: §${entry.rfc} ${entry.source}\n  - ${entry.find}\n  + ${entry.replace}\n  ${entry.test}: ${entry.name}`,
    );
  }
  const seconds = Math.round((Date.now() - begun) / 1000);
  console.log(`${all.length - left.length} of ${all.length} changes were noticed. Took ${seconds} s.`);
  if (left.length > 0) process.exitCode = 1;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
