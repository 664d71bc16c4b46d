import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { serviceLogger } from '../../../src/infrastructure/logging/service-logger.js';
import { WinstonLogger, type LoggerOptions } from '../../../src/infrastructure/logging/winston-logger.js';
import { FakeClock } from '../../support/fake-clock.js';

const TIME = Date.parse('2026-01-02T03:04:05.678Z');

class Terminal extends PassThrough {
  readonly isTTY = true;
}

describe('WinstonLogger', () => {
  let stream: PassThrough;
  let clock: FakeClock;
  beforeEach(() => {
    stream = new PassThrough({ highWaterMark: 1 << 20 });
    clock = new FakeClock(TIME);
  });

  const logger = (options: Partial<LoggerOptions> = {}): WinstonLogger =>
    new WinstonLogger({ level: 'info', stream, readable: false, colours: false, ...options }, clock);
  const written = (): string => String(stream.read() ?? '');
  const json = (): unknown[] =>
    written()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown);

  it('writes JSON with the time, the level, the message and the fields', () => {
    logger().info('it works', { address: '[::]:4739', flows: 12n, missing: undefined, on: true });
    expect(json()).toEqual([
      {
        time: '2026-01-02T03:04:05.678Z',
        level: 'info',
        message: 'it works',
        address: '[::]:4739',
        flows: '12',
        on: true,
      },
    ]);
  });

  it('writes readable lines, which nothing an exporter sends can break', () => {
    const log = logger({ readable: true });
    log.warn('odd\u001b[2J name', { pod: 'a b', node: 'n\n1', empty: '', port: 4739 });
    expect(written()).toBe('03:04:05.678 WARN  odd\\x1b[2J name pod="a b" node="n\\n1" empty="" port=4739\n');
  });

  it('colours levels on a terminal', () => {
    logger({ readable: true, colours: true }).error('no');
    expect(written()).toBe('\u001b[2m03:04:05.678\u001b[0m \u001b[31;1mERROR\u001b[0m no\n');
  });

  it('never writes secrets', () => {
    logger().info('connecting to https://user:hunter2@host/', {
      password: 'hunter2',
      awsSecretKey: 'hunter2',
      url: 'tcp://u:hunter2@h:1',
    });
    const text = written();
    expect(text).not.toContain('hunter2');
    expect(text).toContain('https://***@host/');
  });

  it('writes what is important enough, also after that has changed', () => {
    const log = logger();
    log.debug('one');
    log.level = 'debug';
    log.debug('two');
    log.level = 'error';
    log.warn('three');
    log.error('four');
    expect(json()).toMatchObject([{ message: 'two' }, { message: 'four' }]);
    expect(log.level).toBe('error');
  });

  describe('repeated', () => {
    it('writes the first at once and the others of a minute as one line', async () => {
      const log = logger();
      for (let i = 0; i < 5; i++) log.repeated('k', 'again', { i });
      expect(json()).toMatchObject([{ level: 'warn', message: 'again', i: 0 }]);
      await clock.advance(59_999);
      expect(json()).toEqual([]);
      await clock.advance(1);
      expect(json()).toMatchObject([{ level: 'warn', message: 'again', i: 4, repeated: 4 }]);
    });

    it('goes on with a line a minute as long as it happens, then begins anew', async () => {
      const log = logger();
      log.repeated('k', 'again');
      log.repeated('k', 'again');
      await clock.advance(60_000);
      log.repeated('k', 'again');
      await clock.advance(60_000);
      expect(json()).toMatchObject([{ message: 'again' }, { repeated: 1 }, { repeated: 1 }]);
      await clock.advance(60_000);
      expect(json()).toEqual([]);
      expect(clock.timers).toBe(0);
      log.repeated('k', 'again');
      expect(json()).toHaveLength(1);
    });

    it('tells keys apart', () => {
      const log = logger();
      log.repeated('a', 'again');
      log.repeated('b', 'again');
      expect(json()).toHaveLength(2);
    });

    it('keeps a bounded number of keys; what is beyond shares one', () => {
      const log = logger();
      for (let i = 0; i < 5000; i++) log.repeated(`k${i}`, 'again');
      expect(json()).toHaveLength(1001);
      expect(clock.timers).toBe(1001);
    });

    it('writes what was gathered when it is closed', async () => {
      const log = logger();
      log.repeated('k', 'again');
      log.repeated('k', 'again');
      await log.close();
      expect(json()).toMatchObject([{ message: 'again' }, { repeated: 1 }]);
    });
  });
});

describe('serviceLogger', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'weir-log-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('writes for a person on a terminal, without colours if NO_COLOR is set', () => {
    const terminal = new Terminal();
    const options = { level: 'info', toStream: true, files: undefined } as const;
    serviceLogger(options, terminal, new FakeClock(TIME), {}).info('hello');
    serviceLogger(options, terminal, new FakeClock(TIME), { NO_COLOR: '1' }).info('hello');
    expect(String(terminal.read())).toBe(
      '\u001b[2m03:04:05.678\u001b[0m \u001b[36mINFO \u001b[0m hello\n03:04:05.678 INFO  hello\n',
    );
  });

  it('writes files, and to the stream only if asked to', async () => {
    const stream = new PassThrough();
    const files = { directory: join(directory, 'logs'), maxBytes: 1e6, maxFiles: 2 };
    const logger = serviceLogger({ level: 'info', toStream: false, files }, stream, new FakeClock(TIME));
    logger.info('hello');
    await logger.close();
    expect(readFileSync(join(directory, 'logs/weir.log'), 'utf8')).toContain('"message":"hello"');
    expect(stream.read()).toBeNull();
  });

  it('warns once and uses the stream where no files can be written', () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    const stream = new PassThrough();
    const files = { directory: join(file, 'logs'), maxBytes: 1e6, maxFiles: 2 };
    serviceLogger({ level: 'info', toStream: false, files }, stream, new FakeClock(TIME)).info('hello');
    expect(String(stream.read())).toMatch(/"level":"warn","message":"no log files are written".*\n.*"message":"hello"/);
    expect(existsSync(join(directory, 'logs'))).toBe(false);
  });

  describe('with a directory for files', () => {
    const MEGABYTE = 1e6;
    const PADDING = 'x'.repeat(2000);

    /** Logs so many numbered lines of about 2100 octets to files of a megabyte. */
    async function log(lines: number, { maxFiles = 0, from = 0 } = {}): Promise<string> {
      const stream = new PassThrough();
      const files = { directory, maxBytes: MEGABYTE, maxFiles };
      const logger = serviceLogger({ level: 'info', toStream: false, files }, stream, new FakeClock(TIME));
      for (let line = from; line < from + lines; line++) logger.info('line', { line, PADDING });
      await logger.close();
      return String(stream.read() ?? '');
    }

    /** Files, the oldest first, with the numbers of their lines. */
    const written = (): { name: string; lines: number[] }[] =>
      readdirSync(directory)
        .map((name) => ({ name, number: Number(name.split('.')[1]) || Infinity }))
        .sort((a, b) => a.number - b.number)
        .map(({ name }) => ({ name, lines: linesOf(name) }));
    const linesOf = (name: string): number[] =>
      readFileSync(join(directory, name), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { line: number }).line);
    const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

    it('keeps every line in its order, in files of the size, if none is to be removed', async () => {
      expect(await log(1700)).toBe('');
      const files = written();
      expect(files.map(({ name }) => name)).toEqual(['weir.1.log', 'weir.2.log', 'weir.3.log', 'weir.log']);
      expect(files.flatMap(({ lines }) => lines)).toEqual(numbers(0, 1700));
      for (const { name } of files.slice(0, -1)) {
        const { size } = statSync(join(directory, name));
        expect(size).toBeGreaterThan(MEGABYTE - 2500);
        expect(size).toBeLessThanOrEqual(MEGABYTE);
      }
    });

    it.each([1, 2, 3])('keeps the %d youngest files without a gap', async (maxFiles) => {
      await log(2200, { maxFiles });
      const files = written();
      expect(files).toHaveLength(maxFiles);
      const lines = files.flatMap((file) => file.lines);
      expect(lines).toEqual(numbers(lines[0]!, 2200));
    });

    it('goes on where an earlier process ended, and counts its files', async () => {
      await log(1000, { maxFiles: 2 });
      await log(1000, { maxFiles: 2, from: 1000 });
      const files = written();
      expect(files).toHaveLength(2);
      const lines = files.flatMap((file) => file.lines);
      expect(lines).toEqual(numbers(lines[0]!, 2000));
    });

    it.each([
      ['is a directory', 'EISDIR', (file: string) => mkdirSync(file)],
      ['is on a full disk', 'ENOSPC', (file: string) => symlinkSync('/dev/full', file)],
    ])('warns once and writes every line to the stream if weir.log %s', async (_, error, make) => {
      make(join(directory, 'weir.log'));
      const text = await log(3);
      const lines = text.trimEnd().split('\n');
      const warnings = lines.filter((line) => line.includes('"level":"warn"'));
      expect(warnings.map((line) => JSON.parse(line) as unknown)).toMatchObject([
        { message: 'no log files are written', directory, error },
      ]);
      expect(lines.filter((line) => line.includes('"message":"line"'))).toHaveLength(3);
      expect(lines).toHaveLength(4);
    });
  });
});
