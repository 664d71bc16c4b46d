import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

describe('bin/weir', () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'weir-command-')));
    cpSync('bin', join(folder, 'project/bin'), { recursive: true });
    cpSync('package.json', join(folder, 'project/package.json'));
    symlinkSync(join(folder, 'project/bin/weir'), join(folder, 'flow-aggregator'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const command = () => spawnSync(join(folder, 'flow-aggregator'), ['--help'], { cwd: '/', encoding: 'utf8' });

  it('is executable', () => {
    expect(statSync('bin/weir').mode & 0o111).toBe(0o111);
  });

  it('says what to run before it is built', () => {
    expect(command()).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'weir is not built yet. Run in its folder: npm install && npm run build\n',
    });
  });

  it('starts the built program through a link, from any folder', () => {
    const main = join(folder, 'project/dist/src/infrastructure/command-line/main.js');
    mkdirSync(dirname(main), { recursive: true });
    writeFileSync(main, 'console.log(process.argv.slice(2).join());');
    expect(command()).toMatchObject({ status: 0, stdout: '--help\n' });
  });
});
