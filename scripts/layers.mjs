/**
 * Checks the arrows between the layers. Fails on a forbidden import, and also if a source was not read or a rule
 * applies to nothing: a check that reads nothing finds nothing.
 */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { sourceFiles } from './sources.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { forbidden, options } = createRequire(import.meta.url)('../.dependency-cruiser.cjs');

process.chdir(root);
const sources = sourceFiles(root);
const folders = [...new Set(sources.map((path) => path.split('/')[0]))];
const { output } = await cruise(folders, { ...options, ruleSet: { forbidden }, validate: true }, undefined, {
  tsConfig: extractTsConfig(resolve(root, options.tsConfig.fileName)),
});

const read = new Set(output.modules.map(({ source }) => source));
const complaints = [
  ...sources.filter((path) => !read.has(path)).map((path) => `not read: ${path}`),
  ...forbidden
    .filter(({ from }) => !sources.some((path) => applies(from, path)))
    .map(({ name }) => `no source is subject to the rule ${name}`),
  ...output.summary.violations.map(describe),
];
for (const complaint of complaints) console.error(complaint);
console.log(
  `Read ${sources.length} sources and ${output.summary.totalDependenciesCruised} imports: ${complaints.length} complaints.`,
);
if (complaints.length > 0) process.exitCode = 1;

function applies({ path, pathNot }, source) {
  return matches(path ?? '', source) && !(pathNot !== undefined && matches(pathNot, source));
}

function matches(pattern, source) {
  return [pattern].flat().some((each) => new RegExp(each).test(source));
}

function describe({ rule, from, to, cycle }) {
  const target = cycle === undefined ? to : cycle.map(({ name }) => name).join(' → ');
  const { comment } = forbidden.find(({ name }) => name === rule.name);
  return `${rule.name}: ${from} → ${target}\n    ${comment}`;
}
