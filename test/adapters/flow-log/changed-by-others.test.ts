import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { flows, LoggedFlows, manyNames, namesIn } from './support.js';

const LOGROTATE = '/usr/sbin/logrotate';

/** Lets a second pass, and what is done to files then be done. */
async function aSecondLater(logged: LoggedFlows): Promise<void> {
  await logged.clock.advance(1_000);
  // An empty group waits for its turn.
  await logged.deliver();
}

describe('a file that somebody else', () => {
  it('moves is left, and a new one begun by the next delivery', async () => {
    const logged = new LoggedFlows();
    await logged.deliver(flows('a', 'b'));
    renameSync(logged.path, `${logged.path}.1`);
    await logged.deliver(flows('c'));
    expect([namesIn(logged.read('flows.log.1')), logged.names]).toEqual([['a', 'b'], ['c']]);
    expect(logged.logger.matching(/moved or deleted/)).toHaveLength(1);
  });

  it('moves, and makes anew, is left for that', async () => {
    const logged = new LoggedFlows();
    await logged.deliver(flows('a'));
    renameSync(logged.path, `${logged.path}.1`);
    writeFileSync(logged.path, '', { mode: 0o640 });
    await logged.deliver(flows('b'));
    expect([namesIn(logged.read('flows.log.1')), logged.names]).toEqual([['a'], ['b']]);
  });

  it('deletes is there again a second later, though there are no flows', async () => {
    const logged = new LoggedFlows();
    await logged.deliver(flows('a'));
    rmSync(logged.path);
    await aSecondLater(logged);
    expect(logged.text).toBe('');
    await logged.deliver(flows('b'));
    expect(logged.names).toEqual(['b']);
  });

  it('deletes with its directory is there again', async () => {
    const logged = new LoggedFlows();
    const path = join(logged.directory, 'a', 'flows.log');
    const log = logged.open({ path });
    await log.deliver([flows('a')], new AbortController().signal);
    rmSync(dirname(path), { recursive: true });
    await log.deliver([flows('b')], new AbortController().signal);
    expect(namesIn(logged.read('a/flows.log'))).toEqual(['b']);
  });

  it('cuts off is gone on with at its end, without a hole, and may become as long as any', async () => {
    const logged = new LoggedFlows({ maxSizeBytes: 1_000 });
    await logged.deliver(flows(...manyNames('old', 10)));
    copyFileSync(logged.path, `${logged.path}.1`);
    truncateSync(logged.path);
    const names = manyNames('new', 10);
    await logged.deliver(flows(...names));
    expect(logged.names).toEqual(names);
    expect(logged.text).not.toContain('\0');
    expect(logged.backups).toEqual(['flows.log.1']);
  });

  it('writes to keeps what was written, and is rotated when both together fill it', async () => {
    const logged = new LoggedFlows({ maxSizeBytes: 1_000 });
    await logged.deliver(flows('a'));
    appendFileSync(logged.path, `${'-'.repeat(940)}\n`);
    await logged.deliver(flows('b'));
    expect(logged.backups).toHaveLength(1);
    expect(logged.read(logged.backups[0]!)).toContain('---');
    expect(logged.names).toEqual(['b']);
  });

  it('moves, deletes or cuts off again and again loses nothing but what was in the files that are gone', async () => {
    const logged = new LoggedFlows({ maxSizeBytes: 3_000, maxBackups: 0 });
    const kept: string[] = [];
    for (let round = 0; round < 60; round++) {
      const names = manyNames(`r${round}`, 20);
      const delivery = logged.deliver(flows(...names.slice(0, 10)), flows(...names.slice(10)));
      // Whenever that is within the delivery: the file is moved with what it has.
      if (round % 3 === 0 && existsSync(logged.path)) renameSync(logged.path, `${logged.path}.${round}`);
      await delivery;
      kept.push(...names);
    }
    expect(logged.allNames).toEqual(kept.sort());
  });
});

(existsSync(LOGROTATE) ? describe : describe.skip)('logrotate', () => {
  const rotate = (logged: LoggedFlows, directives: string): void => {
    const [configuration, state] = ['conf', 'state'].map((name) => join(logged.directory, name));
    writeFileSync(configuration!, `${logged.path} {\n  rotate 9\n  ${directives}\n}\n`, { mode: 0o644 });
    execFileSync(LOGROTATE, ['--force', '--state', state!, configuration!]);
    rmSync(configuration!);
    rmSync(state!);
  };

  it.each(['create', 'nocreate', 'copytruncate', 'create 0640\n  dateext', 'create\n  compress'])(
    'with %j takes nothing away',
    async (directives) => {
      const logged = new LoggedFlows();
      const names = ['a', 'b', 'c'].map((prefix) => manyNames(prefix, 50));
      for (const [index, part] of names.entries()) {
        if (index > 0) rotate(logged, directives.replace('dateext', `dateext\n  dateformat -${index}`));
        await logged.deliver(flows(...part));
      }
      expect(logged.names).toEqual(names.at(-1));
      expect(logged.backups).toHaveLength(2);
      expect(logged.allNames).toEqual(names.flat().sort());
      expect(logged.text).not.toContain('\0');
    },
  );
});
