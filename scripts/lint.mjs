/** Lints the project; fails on any problem, and also if a source was not linted: a check that reads nothing finds nothing. */
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { sourceFiles } from './sources.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const eslint = new ESLint({ cwd: root });
const results = await eslint.lintFiles(['.']);
const formatter = await eslint.loadFormatter('stylish');
process.stdout.write(await formatter.format(results));

const linted = new Set(results.map(({ filePath }) => relative(root, filePath).split(sep).join('/')));
const sources = sourceFiles(root);
const missed = sources.filter((path) => !linted.has(path));
const problems = results.reduce((sum, { errorCount, warningCount }) => sum + errorCount + warningCount, 0);
if (sources.length === 0) console.error('There are no sources to lint.');
for (const path of missed) console.error(`Not linted: ${path}`);
console.log(`Linted ${linted.size} files, ${problems} problems.`);
if (problems > 0 || missed.length > 0 || sources.length === 0) process.exitCode = 1;
