import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { itWith, requirePeer } from '../support/peers.js';
import { LoggingWeir } from './support/logging-weir.js';
import { SmallDisk } from './support/small-disk.js';
import { SteadyLoad } from './support/steady-load.js';

/** How long flows come while nothing can be written. */
const FULL_MS = 4_000;

/** Waits for the disk to be full, lets flows come nevertheless, makes room, and demands that no row is lost, doubled or torn. */
async function fillAndMakeRoom(log: LoggingWeir, reason: RegExp, makeRoom: () => void): Promise<void> {
  const load = await SteadyLoad.start(log.weir.ipfixPort);
  const [line] = await eventually(
    'the disk is full',
    () => {
      const said = log.weir.logged(/takes no flows/);
      return said.length > 0 && said;
    },
    { withinMs: 60_000 },
  );
  expect(line!['error']).toMatch(reason);
  await pause(FULL_MS);
  makeRoom();
  await eventually('the flow log is written again', () => log.weir.logged(/takes flows again/).length > 0, {
    withinMs: 60_000,
  });
  await load.finish();
  const metrics = await log.atRest();
  expect(metrics.sum('weir_sink_records_dropped_total')).toBe(0);
  expect(metrics.sum('weir_sink_retries_total', { sink: 'flow-log' })).toBeGreaterThan(0);
  expect(log.rowCount).toBe(await log.delivered());
  // Each time is said once: when it begins and when it is over.
  expect(log.weir.logged(/takes flows again/)).toHaveLength(log.weir.logged(/takes no flows/).length);
}

/** How often the disk was said to be full. */
function timesSaid(log: LoggingWeir): number {
  return log.weir.logged(/takes no flows/).length;
}

describe('a full disk', () => {
  const disk = 'a tmpfs of 2 MiB';

  it(`loses no row and is said once (${disk})`, async () => {
    const small = SmallDisk.mount(2_048);
    if (!small) {
      process.stderr.write(`skipped: ${disk} can't be mounted; the limit on the size of files stands for it\n`);
      return;
    }
    const log = await LoggingWeir.start({ maxSize: 100 }, small.directory);
    await fillAndMakeRoom(log, /the disk is full \(ENOSPC\)/, () => small.resize(400_000));
    expect(timesSaid(log)).toBe(1);
  }, 180_000);

  it(`loses no row while files are rotated and compressed on it (${disk})`, async () => {
    const small = SmallDisk.mount(2_048);
    if (!small) return;
    const log = await LoggingWeir.start({ maxSize: 1, compress: true }, small.directory);
    await fillAndMakeRoom(log, /the disk is full \(ENOSPC\)/, () => small.resize(400_000));
    expect(log.files.length).toBeGreaterThan(1);
    // A file that was compressed makes room for a while.
    expect(timesSaid(log)).toBeLessThan(10);
  }, 180_000);

  itWith(
    ['prlimit'],
    'that is a limit on the size of files (RLIMIT_FSIZE) loses no row and is said once',
    async () => {
      const log = await LoggingWeir.start({ maxSize: 100 });
      const limit = (bytes: string): void => {
        execFileSync(requirePeer('prlimit'), ['--pid', String(log.weir.pid), `--fsize=${bytes}:`]);
      };
      limit('1000001');
      await fillAndMakeRoom(log, /the file may not get any longer \(EFBIG\)/, () => limit('unlimited'));
      expect(timesSaid(log)).toBe(1);
    },
    180_000,
  );
});
