/** The project's TypeScript files, what the compiler makes of them, and hashes that tell whether either is out of date. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const SOURCE_FOLDERS = ['src', 'test', 'bench', 'docs/examples'];

/** Paths of all files below a folder, relative to `root`, with `/`, sorted; none if the folder does not exist. */
export function filesBelow(root, folder) {
  const start = join(root, folder);
  if (!existsSync(start)) return [];
  const files = [];
  for (const entry of readdirSync(start, { withFileTypes: true })) {
    const path = relative(root, join(start, entry.name));
    if (entry.isDirectory()) files.push(...filesBelow(root, path));
    else files.push(path.split(sep).join('/'));
  }
  return files.sort();
}

/** Every TypeScript file that the build compiles. */
export function sourceFiles(root) {
  return SOURCE_FOLDERS.flatMap((folder) => filesBelow(root, folder)).filter((path) => path.endsWith('.ts'));
}

/** Emitted files whose source is gone: a test that was deleted must not go on passing. */
export function orphanedOutputs(root) {
  const sources = new Set(sourceFiles(root));
  return SOURCE_FOLDERS.flatMap((folder) => filesBelow(root, `dist/${folder}`)).filter(
    (path) => !sources.has(path.replace(/^dist\//, '').replace(/\.js(\.map)?$/, '.ts')),
  );
}

/** A hash of files by name and content; a file that does not exist counts as such. */
export function hashOf(root, paths, ...more) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const file = join(root, path);
    hash
      .update(`${path}\0`)
      .update(existsSync(file) ? readFileSync(file) : 'absent')
      .update('\0');
  }
  for (const text of more) hash.update(`${text}\0`);
  return hash.digest('hex');
}

/** What the emitted program depends on. */
export function buildHash(root) {
  return hashOf(root, ['package.json', 'tsconfig.json', ...sourceFiles(root)]);
}

/** What the installed packages depend on. */
export function installHash(root) {
  return hashOf(root, ['package.json', 'package-lock.json'], process.version, process.platform, process.arch);
}
