import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { SYSTEM_FILES, type FileSystem } from '../../../src/adapters/flow-log/file-system.js';
import { flows, LoggedFlows, manyNames, namesIn } from './support.js';

const DAY = 86_400_000;
const START = 1_700_000_000_000;

/** The name of the backup of a time. */
function backupAt(time: number, end = ''): string {
  return `flows-${new Date(time).toISOString().slice(0, -1).replaceAll(':', '-')}.log${end}`;
}

/** Bytes of a line of {@link flows} whose name has this length. */
async function lineLength(name: string): Promise<number> {
  const logged = new LoggedFlows();
  await logged.deliver(flows(name));
  return logged.text.length;
}

/** Rejects from now on where the file system is asked to do something. */
class Broken {
  readonly files: FileSystem = { ...SYSTEM_FILES };

  break(what: keyof FileSystem, code: string): void {
    const reject = (): Promise<never> => Promise.reject(Object.assign(new Error(`${code}: no`), { code }));
    Object.assign(this.files, { [what]: reject });
  }

  repair(): void {
    Object.assign(this.files, SYSTEM_FILES);
  }
}

describe('rotation by size', () => {
  it('comes before the line that would make the file longer than it may be', async () => {
    const length = await lineLength('a');
    const logged = new LoggedFlows({ maxSizeBytes: 2 * length, maxBackups: 0 });
    await logged.deliver(flows('a', 'b'));
    expect(logged.backups).toEqual([]);
    await logged.deliver(flows('c'));
    expect(logged.backups).toEqual([backupAt(START)]);
    expect(namesIn(logged.read(backupAt(START)))).toEqual(['a', 'b']);
    expect(logged.names).toEqual(['c']);
  });

  it('splits a group, gives each file as many lines as it can hold and loses none', async () => {
    const names = manyNames('n', 1_000);
    const length = await lineLength('n-999');
    const maxSizeBytes = 10 * length + 3;
    const logged = new LoggedFlows({ maxSizeBytes, maxBackups: 0 });
    await logged.deliver(flows(...names.slice(0, 400)), flows(...names.slice(400)));
    const files = [...logged.backups, 'flows.log'];
    expect(files.length).toBeGreaterThanOrEqual(99);
    expect(files.flatMap((file) => namesIn(logged.read(file)))).toEqual(names);
    const sizes = files.slice(0, -1).map((file) => logged.read(file).length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(maxSizeBytes);
    expect(Math.min(...sizes)).toBeGreaterThan(maxSizeBytes - length);
  });

  it('gives a line that is longer a file of its own', async () => {
    const long = 'x'.repeat(3_000);
    const logged = new LoggedFlows({ maxSizeBytes: 1_000, maxBackups: 0 });
    await logged.deliver(flows('a', long, 'b'));
    expect([...logged.backups, 'flows.log'].map((file) => namesIn(logged.read(file)))).toEqual([['a'], [long], ['b']]);
  });

  it('never gives two backups one name, whatever the clock says and whoever has one already', async () => {
    const length = await lineLength('a');
    const logged = new LoggedFlows({ maxSizeBytes: length, maxBackups: 0 });
    writeFileSync(join(logged.directory, backupAt(START + 1)), '');
    writeFileSync(join(logged.directory, backupAt(START + 3, '.gz')), '');
    await logged.deliver(flows('a', 'b', 'c'));
    logged.clock.setUnix(START - 5_000);
    await logged.deliver(flows('d', 'e'));
    const made = [0, 2, 4, 5].map((after) => backupAt(START + after));
    expect(made.map((file) => namesIn(logged.read(file)))).toEqual([['a'], ['b'], ['c'], ['d']]);
    expect(logged.names).toEqual(['e']);
  });

  it('rotates a file that was too long when it was opened', async () => {
    const logged = new LoggedFlows();
    await logged.deliver(flows('a', 'b', 'c'));
    await logged.log.close();
    const log = logged.open({ maxSizeBytes: 10 });
    await log.deliver([flows('d')], new AbortController().signal);
    expect(namesIn(logged.read(backupAt(START)))).toEqual(['a', 'b', 'c']);
    expect(logged.names).toEqual(['d']);
  });

  it('keeps the permissions that somebody gave the file', async () => {
    const logged = new LoggedFlows({ maxSizeBytes: 10, compress: true });
    await logged.deliver(flows('a'));
    chmodSync(logged.path, 0o644);
    await logged.deliver(flows('b'));
    await logged.log.tidied();
    expect(statSync(logged.path).mode & 0o777).toBe(0o644);
    expect(statSync(join(logged.directory, backupAt(START, '.gz'))).mode & 0o777).toBe(0o644);
  });

  it('is put off while the file can not be renamed, and nothing is lost or doubled', async () => {
    const broken = new Broken();
    const logged = new LoggedFlows({ maxSizeBytes: 10, maxBackups: 0 }, broken.files);
    const group = [flows('a', 'b', 'c')];
    for (const what of ['rename', 'list', 'open'] as const) {
      broken.break(what, 'EACCES');
      await expect(logged.log.deliver(group, new AbortController().signal)).rejects.toThrow(
        'permission is denied (EACCES)',
      );
      broken.repair();
    }
    await logged.log.deliver(group, new AbortController().signal);
    expect([...logged.backups, 'flows.log'].map((file) => namesIn(logged.read(file)))).toEqual([['a'], ['b'], ['c']]);
  });
});

describe('backups', () => {
  it('are compressed, and the plain file goes when the other is whole', async () => {
    const names = manyNames('n', 2_000);
    const logged = new LoggedFlows({ maxSizeBytes: 30_000, maxBackups: 0, compress: true });
    await logged.deliver(flows(...names));
    await logged.log.tidied();
    expect(logged.backups.length).toBeGreaterThan(1);
    expect(logged.backups.every((name) => name.endsWith('.log.gz'))).toBe(true);
    expect([...logged.backups, 'flows.log'].flatMap((file) => namesIn(logged.read(file)))).toEqual(names);
  });

  it('are deleted when they are too many, the oldest first, both forms together, and nothing else is', async () => {
    const logged = new LoggedFlows();
    await logged.log.close();
    const others = ['flows.log.1', 'flows-old.log', 'other-2020-01-01T00-00-00.000.log', backupAt(START - DAY, '.bak')];
    const backups = [1, 2, 3, 4].map((days) => START - days * DAY);
    for (const name of [...others, ...backups.map((time) => backupAt(time))])
      writeFileSync(join(logged.directory, name), '');
    writeFileSync(join(logged.directory, backupAt(backups[3]!, '.gz')), '');
    writeFileSync(join(logged.directory, backupAt(backups[0]!, '.gz')), '');
    const log = logged.open({ maxBackups: 2 });
    await log.tidied();
    const kept = [backupAt(backups[0]!), backupAt(backups[0]!, '.gz'), backupAt(backups[1]!)];
    expect(logged.backups).toEqual([...others, ...kept].sort());
  });

  it('are deleted when they are too old, also while nothing is rotated', async () => {
    const logged = new LoggedFlows({ maxSizeBytes: 10, maxBackups: 0, maxAgeDays: 2 });
    await logged.deliver(flows('a', 'b'));
    await logged.clock.advance(DAY);
    await logged.deliver(flows('c'));
    await logged.log.tidied();
    expect(logged.backups).toEqual([backupAt(START), backupAt(START + DAY)]);
    await logged.clock.advance(DAY + 3_600_000);
    await logged.log.tidied();
    expect(logged.backups).toEqual([backupAt(START + DAY)]);
  });

  it('that a process left half done are done at the next start', async () => {
    const logged = new LoggedFlows();
    await logged.deliver(flows('a'));
    await logged.log.close();
    const plain = logged.text;
    const [first, second] = [START - 2 * DAY, START - DAY];
    writeFileSync(join(logged.directory, backupAt(first)), plain);
    writeFileSync(join(logged.directory, backupAt(first, '.gz.tmp')), 'a part');
    writeFileSync(join(logged.directory, backupAt(second)), plain);
    writeFileSync(join(logged.directory, backupAt(second, '.gz')), 'whole or not');
    const log = logged.open({ compress: true });
    await log.tidied();
    expect(logged.backups).toEqual([backupAt(first, '.gz'), backupAt(second, '.gz')]);
    for (const name of logged.backups) expect(logged.read(name)).toBe(plain);
  });

  it('that can not be compressed are kept, told of, and tried again', async () => {
    const broken = new Broken();
    const logged = new LoggedFlows({ maxSizeBytes: 10, compress: true }, broken.files);
    broken.break('gzip', 'ENOSPC');
    await logged.deliver(flows('a', 'b'));
    await logged.log.tidied();
    expect(logged.backups).toEqual([backupAt(START)]);
    expect(logged.logger.of('repeated').map(({ message, fields }) => [message, fields])).toEqual([
      [
        'a rotated flow log could not be compressed; it is kept as it is and tried again',
        { sink: 'flow-log', file: backupAt(START), error: 'the disk is full (ENOSPC)' },
      ],
    ]);
    broken.repair();
    await logged.clock.advance(3_600_000);
    await logged.log.tidied();
    expect(logged.backups).toEqual([backupAt(START, '.gz')]);
    expect(namesIn(logged.read(backupAt(START, '.gz')))).toEqual(['a']);
  });

  it('that can not be deleted are told of, and the others are seen to', async () => {
    const logged = new LoggedFlows();
    await logged.log.close();
    const times = [1, 2, 3].map((days) => START - days * DAY);
    mkdirSync(join(logged.directory, backupAt(times[1]!)));
    for (const time of [times[0]!, times[2]!]) writeFileSync(join(logged.directory, backupAt(time)), '');
    const log = logged.open({ maxBackups: 1 });
    await log.tidied();
    expect(logged.backups).toEqual([backupAt(times[1]!), backupAt(times[0]!)]);
    expect(logged.logger.of('repeated')).toHaveLength(1);
  });

  it('are left to the next start when the process ends in the middle of one', async () => {
    let begun = 0;
    const files: FileSystem = {
      ...SYSTEM_FILES,
      gzip: (_from, to, signal) => {
        begun++;
        writeFileSync(to, 'a part');
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
      },
    };
    const logged = new LoggedFlows({ maxSizeBytes: 10, compress: true }, files);
    await logged.deliver(flows('a', 'b'));
    await logged.log.close();
    expect(begun).toBe(1);
    expect(logged.backups).toEqual([backupAt(START)]);
    expect(logged.logger.of('repeated')).toEqual([]);
  });
});
