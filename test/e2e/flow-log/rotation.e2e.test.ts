import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  linkSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { itWith, requirePeer } from '../support/peers.js';
import { temporaryDirectory } from '../support/program.js';
import { whileHeld } from './support/held-process.js';
import { LoggingWeir, rowsOf } from './support/logging-weir.js';
import { SteadyLoad } from './support/steady-load.js';

/** How soon writing has to go on in the file of that name. */
const WITHIN_MS = 5_000;

/** Rotates the log with logrotate, as a timer would have it do. */
function logrotate(log: LoggingWeir, configuration: string, directives: string): void {
  const file = join(configuration, 'logrotate.conf');
  writeFileSync(file, `${log.path} {\n  rotate 99\n  ${directives}\n}\n`, { mode: 0o644 });
  execFileSync(requirePeer('logrotate'), ['--force', '--state', join(configuration, 'state'), file], { stdio: 'pipe' });
}

/** Waits until the file of that name has so many rows. */
function hasRows(log: LoggingWeir, least: number, withinMs: number): Promise<unknown> {
  // The last row may be under way.
  const lines = (): number => log.text().split('\n').length - 1;
  return eventually(`the file has ${least} rows`, () => lines() >= least, { withinMs });
}

describe('the flow log during load', () => {
  itWith(
    ['logrotate'],
    "loses no row to logrotate's create, nor to its own rotation and compression",
    async () => {
      const configuration = temporaryDirectory();
      const log = await LoggingWeir.start({ maxSize: 1, compress: true });
      const load = await SteadyLoad.start(log.weir.ipfixPort);
      for (let rotation = 0; rotation < 5; rotation++) {
        await hasRows(log, 1_000, 30_000);
        // Weir may be rotating the file itself at this moment: then there is none for logrotate.
        await eventually('logrotate finds the file', () => {
          logrotate(log, configuration, 'create 0600');
          return true;
        });
        await hasRows(log, 1, WITHIN_MS);
      }
      await load.finish();
      const metrics = await log.atRest();
      const compressed = await eventually('all that was rotated is compressed', () => {
        const rotated = log.files.filter((name) => name.startsWith('flows-'));
        return rotated.length > 0 && rotated.every((name) => name.endsWith('.log.gz')) && rotated;
      });
      expect(compressed.length).toBeGreaterThan(2);
      expect(log.files.filter((name) => name.startsWith('flows.log.'))).toHaveLength(5);
      expect(log.rowCount).toBe(await log.delivered());
      expect(metrics.sum('weir_sink_records_dropped_total')).toBe(0);
      for (const name of log.files.filter((file) => !file.startsWith('flows.log.')))
        expect(log.text(name).length).toBeLessThanOrEqual(2 ** 20);
    },
    120_000,
  );

  itWith(
    ['logrotate'],
    "goes on in the same file after logrotate's copytruncate, and misses at most what was written meanwhile",
    async () => {
      const configuration = temporaryDirectory();
      const log = await LoggingWeir.start();
      const load = await SteadyLoad.start(log.weir.ipfixPort);
      await hasRows(log, 5_000, 30_000);
      const before = await log.delivered();
      logrotate(log, configuration, 'copytruncate');
      await hasRows(log, 1, WITHIN_MS);
      const meanwhile = (await log.delivered()) - before;
      await load.finish();
      await log.atRest();
      const missing = (await log.delivered()) - log.rowCount;
      expect(missing).toBeGreaterThanOrEqual(0);
      expect(missing).toBeLessThanOrEqual(meanwhile);
    },
    120_000,
  );

  it('misses after a copytruncate what was written between the copy and the truncation, and nothing else', async () => {
    const log = await LoggingWeir.start();
    const load = await SteadyLoad.start(log.weir.ipfixPort);
    await hasRows(log, 5_000, 30_000);
    const copy = join(log.directory, 'flows.log.1');
    const copied = await whileHeld(log.weir, () => {
      copyFileSync(log.path, copy);
      return statSync(copy).size;
    });
    const rows = rowsOf(readFileSync(copy, 'utf8')).length;
    await hasRows(log, rows + 1_000, 30_000);
    const between = await whileHeld(log.weir, () => {
      const text = readFileSync(log.path).subarray(copied).toString('utf8');
      truncateSync(log.path);
      return rowsOf(text).length;
    });
    await hasRows(log, 1, WITHIN_MS);
    await load.finish();
    const metrics = await log.atRest();
    expect(between).toBeGreaterThanOrEqual(1_000);
    expect(log.rowCount + between).toBe(await log.delivered());
    expect(metrics.sum('weir_sink_records_dropped_total')).toBe(0);
  }, 120_000);

  it('goes on in a file of the same name after rm, and misses only what the removed file had', async () => {
    const log = await LoggingWeir.start();
    const load = await SteadyLoad.start(log.weir.ipfixPort);
    await hasRows(log, 5_000, 30_000);
    // By this name the removed file can still be read.
    linkSync(log.path, join(log.directory, 'removed'));
    rmSync(log.path);
    await hasRows(log, 1, WITHIN_MS);
    await load.finish();
    const metrics = await log.atRest();
    const removed = rowsOf(log.text('removed')).length;
    expect(removed).toBeGreaterThanOrEqual(5_000);
    expect(log.rowCount).toBe(await log.delivered());
    expect(metrics.sum('weir_sink_records_dropped_total')).toBe(0);
    expect(log.weir.logged(/moved or deleted/)).toHaveLength(1);
  }, 120_000);

  it('is there again within a few seconds after rm, though no flow comes', async () => {
    const log = await LoggingWeir.start();
    await eventually('the file is there', () => log.files.includes('flows.log'));
    appendFileSync(log.path, '# a note\n');
    rmSync(log.path);
    await eventually('it is there again', () => log.files.includes('flows.log') && log.text() === '', {
      withinMs: WITHIN_MS,
    });
  });
});
