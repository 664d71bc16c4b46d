import { describe, expect, it } from '@jest/globals';
import { KLOG_OPTIONS, logSettings, normalizeKlogFlags } from '../../../src/infrastructure/command-line/klog-flags.js';
import { parseArguments } from '../../../src/infrastructure/command-line/parse-arguments.js';

const settings = (line: string): ReturnType<typeof logSettings> =>
  logSettings(parseArguments(normalizeKlogFlags(line.split(' ').filter((word) => word !== '')), KLOG_OPTIONS).values);

describe("klog's flags", () => {
  it('log to standard error by default', () => {
    expect(settings('')).toEqual({ level: 'info', toStderr: true, files: undefined, ignored: [] });
  });

  it("are taken as Antrea's chart passes them", () => {
    const line =
      '--logtostderr=false --log_dir=/var/log/antrea/flow-aggregator --alsologtostderr --log_file_max_size=100 --log_file_max_num=4 --v=0';
    expect(settings(line)).toEqual({
      level: 'info',
      toStderr: true,
      files: { directory: '/var/log/antrea/flow-aggregator', maxBytes: 100e6, maxFiles: 4 },
      ignored: [],
    });
  });

  it.each(['-v=4', '--v=4', '--v 4', '-v 4', '-v4', '--v=10'])('%s logs details', (line) => {
    expect(settings(line).level).toBe('debug');
  });

  it.each(['', '--v=3', '-v 0', '-v3', '--v=-1'])('%j does not', (line) => {
    expect(settings(line).level).toBe('info');
  });

  it('write no files unless standard error is turned off', () => {
    expect(settings('--log_dir=/logs')).toMatchObject({ toStderr: true, files: undefined });
    expect(settings('--logtostderr=true --log_dir=/logs')).toMatchObject({ toStderr: true, files: undefined });
    expect(settings('-logtostderr=0 -log_dir /logs')).toMatchObject({ toStderr: false, files: { directory: '/logs' } });
    expect(settings('--logtostderr=f')).toMatchObject({ toStderr: true, files: undefined });
  });

  it('are taken with dashes for underscores, and the other way round', () => {
    expect(settings('--log-dir=/logs --logtostderr=false --log_flush_frequency=5s')).toMatchObject({
      files: { directory: '/logs' },
      ignored: ['log-flush-frequency'],
    });
  });

  it('have files without end at a size of 0, of 1800 MB without one, and keep all unless told', () => {
    const files = (line: string): unknown => settings(`--logtostderr=false --log_dir=/logs ${line}`).files;
    expect(files('--log_file_max_size=0 --log_file_max_num=0')).toMatchObject({ maxBytes: Infinity, maxFiles: 0 });
    expect(files('')).toMatchObject({ maxBytes: 1.8e9, maxFiles: 0 });
    expect(files('--log_file_max_size=1 --log_file_max_num=2')).toMatchObject({ maxBytes: 1e6, maxFiles: 2 });
  });

  it.each(['--log_file_max_size=-1', '--log_file_max_num=-1', '--log_file_max_num=1.5'])('%s is refused', (flag) => {
    const [name, value] = flag.split('=');
    expect(() => settings(flag)).toThrow(`${name!}: ${value!} is not an integer of 0 or more`);
  });

  it.each([
    '--log_file=x',
    '--stderrthreshold=2',
    '--vmodule=a=1',
    '--one_output',
    '--skip_headers',
    '--skip_log_headers=true',
    '--add_dir_header',
    '--log_backtrace_at=main.go:1',
    '--log-flush-frequency=5s',
    '-stderrthreshold=ERROR',
    '--log_file x',
  ])('%s does nothing, which is told', (flag) => {
    const name = /^-+([\w-]+)/.exec(flag)![1]!;
    expect(settings(flag)).toEqual({ level: 'info', toStderr: true, files: undefined, ignored: [name] });
  });

  it('that do nothing are told', () => {
    expect(
      settings(
        '--log_file=x --stderrthreshold=2 --vmodule=a=1 --one_output --skip_headers=true --log-flush-frequency=5s',
      ).ignored,
    ).toEqual(['log_file', 'stderrthreshold', 'vmodule', 'one_output', 'skip_headers', 'log-flush-frequency']);
  });
});
