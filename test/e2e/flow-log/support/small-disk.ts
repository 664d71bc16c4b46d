import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { atEnd } from '../../support/clean-up.js';
import { temporaryDirectory } from '../../support/program.js';

/** A file system of its own, as small as a test wants it; undone at the end of the test. */
export class SmallDisk {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  /** Mounts a tmpfs of so many KiB; undefined where that is not allowed, as it is to root alone. */
  static mount(kibibytes: number): SmallDisk | undefined {
    const directory = join(temporaryDirectory(), 'disk');
    mkdirSync(directory);
    try {
      mount(['-t', 'tmpfs', '-o', `size=${kibibytes}k,mode=0700`, 'weir-test', directory]);
    } catch {
      return undefined;
    }
    atEnd(() => {
      // Even if somebody still has a file open there.
      execFileSync('umount', ['--lazy', directory]);
    });
    return new SmallDisk(directory);
  }

  /** Gives it another size. */
  resize(kibibytes: number): void {
    mount(['-o', `remount,size=${kibibytes}k`, this.directory]);
  }
}

function mount(args: readonly string[]): void {
  execFileSync('mount', args, { stdio: 'pipe' });
}
