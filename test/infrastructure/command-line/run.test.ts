import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../../src/infrastructure/command-line/run.js';

/** What a call printed and returned. */
async function weir(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const stdout = new PassThrough({ highWaterMark: 1 << 20 });
  const stderr = new PassThrough({ highWaterMark: 1 << 20 });
  const code = await run(args, { stdout, stderr });
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

let directory: string;
const file = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-cli-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe('help', () => {
  it.each([[[]], [['help']], [['--help']], [['-h']]])('is what %j prints', async (args: string[]) => {
    const { code, out, err } = await weir(...args);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('Usage: weir --config FILE\n');
    for (const name of ['serve', 'demo', 'simulate', 'config check', 'config print'])
      expect(out).toContain(`\n  weir ${name} `);
  });

  it.each([[['serve']], [['demo']], [['simulate']], [['config', 'check']]])(
    'of %j has its options',
    async (words: string[]) => {
      const { code, out } = await weir(...words, '--help');
      expect(code).toBe(0);
      expect(out).toContain(`Usage: weir ${words.join(' ')} `);
      expect(out).toContain('-h, --help');
    },
  );
});

describe('--version', () => {
  it.each([[['--version']], [['version']], [['--v=0', '--version']], [['--config', 'x', '--version']]])(
    'prints it: %j',
    async (words: string[]) => {
      const { code, out } = await weir(...words);
      expect(code).toBe(0);
      expect(out).toMatch(/^weir \d+\.\d+\.\d+\n$/);
    },
  );
});

describe('a command line that makes no sense', () => {
  it.each([
    ['--confg x', 'weir: there is no option --confg; did you mean --config?'],
    ['--zzz', 'weir: there is no option --zzz'],
    ['--config', 'weir: --config needs a value: --config FILE'],
    ['--config --v=4', 'weir: --config needs a value: --config FILE'],
    ['serve', 'weir: the configuration is missing: weir --config FILE'],
    ['--config a b', 'weir: weir serve takes options only, not "b"'],
    ['--config a --v=high', 'weir: --v: "high" is not a number'],
    ['--config a --logtostderr=perhaps', 'weir: --logtostderr: "perhaps" is neither true nor false'],
    ['sevre', 'weir: there is no command "sevre"; did you mean weir serve?'],
    ['xyzzy', 'weir: there is no command "xyzzy"; weir --help lists the commands'],
    [
      'config',
      'weir: weir config needs one more word: weir config check, weir config print, weir config example, weir config reference',
    ],
    ['config check', 'weir: weir config check takes one file: weir config check FILE'],
    ['simulate x', 'weir: weir simulate takes options only, not "x"'],
    ['simulate --nodes=many', 'weir: --nodes: "many" is not a number'],
    ['simulate --duration=10', 'weir: --duration: "10" is no duration; accepted are such as 30s, 1m30s or 500ms'],
    ['simulate --transport=sctp', 'weir: --transport: "sctp" is none of tcp, tls, udp, grpc'],
    ['simulate --certificates=x', 'weir: --certificates: only tls and grpc have any'],
    ['simulate --target=a:b:c:d', 'weir: --target: "a:b:c:d" is no host:port'],
    ['demo --duration=x', 'weir: --duration: "x" is no duration; accepted are such as 30s, 1m30s or 500ms'],
    ['demo x', 'weir: weir demo takes options only, not "x"'],
    ['serve --help=yes', 'weir: --help takes no value'],
    ['--config a --log_file_max_size=much', 'weir: --log_file_max_size: "much" is not a number'],
    ['--config a --log_file_max_num=-1', 'weir: --log_file_max_num: -1 is not an integer of 0 or more'],
  ])('%j exits with 2 and says why', async (line, message) => {
    expect(await weir(...line.split(' '))).toEqual({ code: 2, out: '', err: `${message}\n` });
  });

  it('says what a simulation over TLS lacks, with exit code 3', async () => {
    const { code, err } = await weir('simulate', '--transport=tls', '--certificates', directory);
    expect([code, err]).toEqual([3, expect.stringMatching(/^weir simulate: there is no .*ca\.crt: start the service/)]);
  });

  it('names the option of a simulation that makes no sense', async () => {
    const { code, err } = await weir('simulate', '--nodes=0');
    expect([code, err]).toEqual([2, expect.stringMatching(/^weir: nodes must be in 1 … /)]);
  });
});

describe('a configuration', () => {
  it('that is refused is reported as a whole, with exit code 1', async () => {
    const path = file('bad.yaml', 'mode: proxy\nflowCollector:\n  enable: perhaps\n');
    const report =
      `${path}:1:1: mode: "proxy" is not valid; accepted is Aggregate or Proxy\n` +
      `${path}:3:3: flowCollector.enable: "perhaps" is not valid; accepted is true or false\n`;
    const sorted = (text: string): string[] => text.trim().split('\n').sort();
    expect(await weir('--config', path)).toMatchObject({ code: 1, out: '' });
    expect(sorted((await weir('serve', '--config', path)).err)).toEqual(sorted(report));
    expect(await weir('config', 'check', path)).toMatchObject({ code: 1, err: '' });
    expect((await weir('config', 'check', path)).out).toContain(`${path} is refused.\n`);
    expect(await weir('config', 'print', path)).toMatchObject({ code: 1, out: '' });
  });

  it('that can be used is, with warnings', async () => {
    const path = file('good.yaml', 'aggregatorTransportProtocol: tcp\nclustreID: x\n');
    expect(await weir('config', 'check', path)).toEqual({
      code: 0,
      out: `${path}:2:1: clustreID: unknown key, ignored; did you mean clusterID?\n${path} can be used.\n`,
      err: '',
    });
    expect((await weir('config', 'print', path)).out).toMatch(/^mode: Aggregate\n/);
  });

  it('that is not there exits with 1', async () => {
    const path = join(directory, 'none.yaml');
    expect(await weir('--config', path)).toEqual({ code: 1, out: '', err: `${path}: can't be read (ENOENT)\n` });
    expect(await weir('config', 'check', directory)).toMatchObject({
      code: 1,
      err: `${directory}: can't be read (EISDIR)\n`,
    });
  });

  it.each(['config print', 'config check'])('goes through %s as the service takes it', async (command) => {
    const path = 'test/fixtures/configuration/antrea-chart.yaml';
    const { code, out, err } = await weir(...command.split(' '), path);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(command === 'config print' ? '\n  maxRecordsPerFile: 1000000\n' : `${path} can be used.\n`);
  });

  it('that is printed, and printed again, is the same', async () => {
    const { out } = await weir('config', 'print', 'test/fixtures/configuration/antrea-chart.yaml');
    expect(await weir('config', 'print', file('printed.yaml', out))).toEqual({ code: 0, out, err: '' });
  });

  it('that is too large to be one, or has no end, exits with 1', async () => {
    const report = 'has more than 1048576 bytes; accepted are at most so many\n';
    const path = file('large.yaml', '#'.repeat(2 ** 20 + 1));
    expect(await weir('config', 'check', path)).toMatchObject({ code: 1, err: `${path}: ${report}` });
    expect(await weir('config', 'check', '/dev/zero')).toMatchObject({ code: 1, err: `/dev/zero: ${report}` });
    expect(await weir('config', 'check', file('full.yaml', '#'.repeat(2 ** 20)))).toMatchObject({ code: 0 });
  });

  it('that is no text exits with 1', async () => {
    const path = join(directory, 'binary.yaml');
    writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00]));
    expect(await weir('--config', path)).toMatchObject({ code: 1, err: `${path}: is not UTF-8 text\n` });
  });
});
