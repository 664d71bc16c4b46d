import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What a script that was run in a copy of the project printed, both streams together, and how it ended. */
export interface Outcome {
  readonly status: number | null;
  readonly printed: string;
}

/**
 * A project of its own in a temporary folder, with this project's scripts and settings and whatever sources a test
 * puts there: so the checks can be shown something that they must refuse.
 */
export class ProjectCopy {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'weir-project-')));

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const path of ['scripts', 'package.json', 'tsconfig.json', 'eslint.config.js', '.dependency-cruiser.cjs']) {
      cpSync(path, join(this.root, path), { recursive: true });
    }
    for (const [path, text] of Object.entries(files)) this.write(path, text);
  }

  /** Lets the copy use the packages that are installed here. */
  linkPackages(): this {
    symlinkSync(join(process.cwd(), 'node_modules'), join(this.root, 'node_modules'), 'dir');
    return this;
  }

  /** Writes a file, with the folders that lead to it. */
  write(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** Runs one of the copy's scripts with this Node. */
  run(script: string, env: NodeJS.ProcessEnv = {}): Outcome {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(this.root, script)], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    return { status, printed: stdout + stderr };
  }

  /** Deletes the copy. */
  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
