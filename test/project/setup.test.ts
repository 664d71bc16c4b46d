import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ProjectCopy, type Outcome } from './project-copy.js';

/** Stands for npm: notes its arguments and "installs" a compiler that emits an empty file for each source. */
const NPM = `
const fs = require('node:fs');
fs.appendFileSync('npm.log', process.argv.slice(2).join(' ') + '\\n');
if (fs.existsSync('offline')) process.exit(1);
fs.mkdirSync('node_modules/@typescript/native/bin', { recursive: true });
fs.copyFileSync('compiler.cjs', 'node_modules/@typescript/native/bin/tsc');
`;
const COMPILER = `
const fs = require('node:fs');
fs.mkdirSync('dist/src', { recursive: true });
for (const name of fs.readdirSync('src')) {
  fs.writeFileSync('dist/src/' + name.replace('.ts', '.js'), '');
  if (fs.readFileSync('src/' + name, 'utf8') === 'wrong') process.exitCode = 2;
}
`;

describe('set-up', () => {
  let project: ProjectCopy;
  beforeEach(() => {
    project = new ProjectCopy({ 'npm.cjs': NPM, 'compiler.cjs': COMPILER, 'src/a.ts': '', 'src/b.ts': '' });
  });
  afterEach(() => project.remove());

  const setUp = (env: NodeJS.ProcessEnv = {}): Outcome =>
    project.run('scripts/setup.mjs', { npm_execpath: join(project.root, 'npm.cjs'), ...env });
  const steps = ({ printed }: Outcome): string[] => printed.match(/^\w.*(?= …$)/gm) ?? [];

  it('installs and builds a fresh clone, then has nothing to do', () => {
    expect(steps(setUp())).toEqual(['Installing packages', 'Building']);
    expect(setUp()).toEqual({ status: 0, printed: '' });
  });

  it('installs what the build needs in a production environment too, and leaves the lock as it is', () => {
    setUp({ NODE_ENV: 'production' });
    expect(readFileSync(join(project.root, 'npm.log'), 'utf8')).toMatch(/^install --no-save --include=dev /);
  });

  it.each([
    ['a source changed', () => project.write('src/a.ts', '// changed')],
    ['a source is new', () => project.write('src/c.ts', '')],
    ['a source is gone', () => rmSync(join(project.root, 'src/b.ts'))],
    ['the compiler has other settings', () => project.write('tsconfig.json', '{}')],
    ['its output was deleted', () => rmSync(join(project.root, 'dist'), { recursive: true })],
  ])('builds when %s', (_what, change) => {
    setUp();
    change();
    expect(steps(setUp())).toEqual(['Building']);
  });

  it.each([
    ['the lock file changed', () => project.write('package-lock.json', '{}')],
    ['the packages were deleted', () => rmSync(join(project.root, 'node_modules'), { recursive: true })],
  ])('installs when %s', (_what, change) => {
    setUp();
    change();
    expect(steps(setUp())).toEqual(['Installing packages']);
  });

  it('removes what was emitted for a source that is gone', () => {
    setUp();
    rmSync(join(project.root, 'src/b.ts'));
    setUp();
    expect(existsSync(join(project.root, 'dist/src/a.js'))).toBe(true);
    expect(existsSync(join(project.root, 'dist/src/b.js'))).toBe(false);
  });

  it('fails when packages cannot be installed, and tries again the next time', () => {
    project.write('offline', '');
    const { status, printed } = setUp();
    expect(printed).toContain('Installing packages failed.');
    expect(status).toBe(1);
    rmSync(join(project.root, 'offline'));
    expect(steps(setUp())).toEqual(['Installing packages', 'Building']);
  });

  it('fails when the build does, and tries again the next time', () => {
    project.write('src/a.ts', 'wrong');
    const { status, printed } = setUp();
    expect(printed).toContain('Building failed.');
    expect(status).toBe(1);
    expect(steps(setUp())).toEqual(['Building']);
  });

  it('says which Node it needs before it does anything', () => {
    project.write('package.json', JSON.stringify({ engines: { node: '>=99.7' } }));
    expect(setUp()).toEqual({
      status: 1,
      printed: `Weir needs Node 99.7 or newer; this is Node ${process.versions.node}.\n`,
    });
  });
});
