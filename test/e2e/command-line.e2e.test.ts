import { describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { ANTREA_FLOWS, messagesOf } from './support/antrea-flows.js';
import { atEnd } from './support/clean-up.js';
import { tcpCollector } from './support/collector.js';
import { eventually } from './support/eventually.js';
import { connectTo } from './support/exporting.js';
import { Program, PROJECT, temporaryDirectory, weir } from './support/program.js';
import { startWeir } from './support/weir-process.js';

const { version } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { version: string };

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `weir ARGUMENTS…` to its end. */
async function run(...args: string[]): Promise<Result> {
  const program = weir(args, { env: { TMPDIR: temporaryDirectory() } });
  const { code } = await program.exited;
  return { code, stdout: program.stdout, stderr: program.stderr };
}

/** A configuration file of these lines. */
function configuration(...lines: string[]): string {
  const file = join(temporaryDirectory(), 'weir.yaml');
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  return file;
}

describe('help and version', () => {
  it('is printed without arguments, too, and names every command', async () => {
    const help = await run('--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(await run()).toEqual(help);
    const commands = [...help.stdout.matchAll(/^ {2}weir ([a-z ]+?) {2}/gm)].map(([, name]) => name!.trim());
    expect(commands).toEqual(expect.arrayContaining(['serve', 'demo', 'simulate', 'config check', 'config print']));
    for (const name of commands) {
      const own = await run(...name.split(' '), '--help');
      expect(own).toEqual({ code: 0, stdout: expect.stringContaining(`Usage: weir ${name}`), stderr: '' });
    }
  });

  it('prints the version', async () => {
    expect(await run('--version')).toEqual({ code: 0, stdout: `weir ${version}\n`, stderr: '' });
  });
});

describe('a command line that makes no sense', () => {
  for (const [args, complaint] of [
    [['bogus'], 'weir: there is no command "bogus"; weir --help lists the commands\n'],
    [['--confg', 'x'], 'weir: there is no option --confg; did you mean --config?\n'],
    [['--config'], 'weir: --config needs a value: --config FILE\n'],
    [['serve'], 'weir: the configuration is missing: weir --config FILE\n'],
    [['simulate', '--transport', 'sctp'], 'weir: --transport: "sctp" is none of tcp, tls, udp, grpc\n'],
    [
      ['demo', '--duration', 'long'],
      'weir: --duration: "long" is no duration; accepted are such as 30s, 1m30s or 500ms\n',
    ],
  ] as const) {
    it(`is one line and exit code 2: weir ${args.join(' ')}`, async () => {
      expect(await run(...args)).toEqual({ code: 2, stdout: '', stderr: complaint });
    });
  }
});

describe('a configuration file', () => {
  const BAD = [
    'mode: Aggregat',
    'aggregatorTransportProtocol: tcp',
    'flowCollector:',
    '  enable: true',
    '  adress: foo',
  ];
  const report = (file: string): string =>
    [
      `${file}:1:1: mode: "Aggregat" is not valid; accepted is Aggregate or Proxy`,
      `${file}:3:1: flowCollector.address: is missing; accepted is host:port[:proto], [IPv6 address]:port[:proto], host::proto or host, where proto is tcp or udp`,
      `${file}:5:3: flowCollector.adress: unknown key, ignored; did you mean address?`,
      '',
    ].join('\n');

  it('that is wrong is refused with all its problems, a line each, and exit code 1', async () => {
    const file = configuration(...BAD);
    expect(await run('--config', file)).toEqual({ code: 1, stdout: '', stderr: report(file) });
  });

  it('is checked without running anything', async () => {
    const bad = configuration(...BAD);
    expect(await run('config', 'check', bad)).toEqual({
      code: 1,
      stdout: `${report(bad)}${bad} is refused.\n`,
      stderr: '',
    });
    const good = configuration('aggregatorTransportProtocol: TCP');
    expect(await run('config', 'check', good)).toEqual({ code: 0, stdout: `${good} can be used.\n`, stderr: '' });
  });

  it('that is not there is said in one line', async () => {
    const file = join(temporaryDirectory(), 'missing.yaml');
    expect(await run('--config', file)).toEqual({ code: 1, stdout: '', stderr: `${file}: can't be read (ENOENT)\n` });
  });
});

describe('an address that is taken', () => {
  /** A port that somebody else listens on. */
  async function takenPort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    atEnd(() => void server.close());
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  it('for exporters is a failed start, exit code 3', async () => {
    const port = await takenPort();
    const directory = temporaryDirectory();
    const listen = `{ ipfix: "127.0.0.1:${port}", grpc: "127.0.0.1:0", metrics: "" }`;
    const file = configuration('aggregatorTransportProtocol: TCP', `listen: ${listen}`, `dataDirectory: ${directory}`);
    const message = `"level":"error","message":"weir can not start","error":".*127\\.0\\.0\\.1:${port}`;
    expect(await run('--config', file)).toEqual({
      code: 3,
      stdout: '',
      stderr: expect.stringMatching(message),
    });
  });

  it('for metrics is one error line, and the service runs', async () => {
    const port = await takenPort();
    const directory = temporaryDirectory();
    const listen = `{ ipfix: "127.0.0.1:0", grpc: "127.0.0.1:0", metrics: "127.0.0.1:${port}" }`;
    const file = configuration('aggregatorTransportProtocol: TCP', `listen: ${listen}`, `dataDirectory: ${directory}`);
    const service = weir(['--config', file]);
    await service.says(/"message":"ready"/);
    expect(service.stderr.split('\n').filter((line) => line.includes('"level":"error"'))).toHaveLength(1);
    service.signal('SIGTERM');
    expect(await service.exited).toEqual({ code: 0, signal: null });
  });
});

describe('the end of the service', () => {
  it('is in order at SIGTERM: flows that waited for their time leave, exit code 0', async () => {
    const collector = await tcpCollector();
    const service = await startWeir({ settings: { flowCollector: { enable: true, address: collector.address } } });
    const exporter = await connectTo(service.ipfixPort);
    // Of the second flow only one half.
    for (const message of messagesOf(ANTREA_FLOWS).slice(0, 4)) exporter.write(message);
    const taken = async (): Promise<boolean> => (await service.metrics()).sum('weir_records_taken_total') === 3;
    await eventually('all halves are taken', taken);
    expect(await service.stop()).toEqual({ code: 0, signal: null });
    await eventually('both flows are collected', () => collector.records.length === 2);
  });

  /** A service with flows for a collector that is not there, and that was asked to end. */
  async function endingWithoutCollector(): Promise<Awaited<ReturnType<typeof startWeir>>> {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    gone.close();
    const flowCollector = { enable: true, address: `127.0.0.1:${port}:tcp` };
    const service = await startWeir({ settings: { activeFlowRecordTimeout: '1s', flowCollector } });
    const exporter = await connectTo(service.ipfixPort);
    for (const message of messagesOf(ANTREA_FLOWS)) exporter.write(message);
    const exported = async (): Promise<boolean> =>
      (await service.metrics()).sum('weir_flow_exports_total') === ANTREA_FLOWS.length;
    await eventually('the flows wait for the collector', exported);
    service.signal('SIGTERM');
    await eventually('it is ending', () => service.logged(/^ending/).length === 1);
    return service;
  }

  it('is at once at the second SIGTERM, exit code 143', async () => {
    const service = await endingWithoutCollector();
    const begun = performance.now();
    service.signal('SIGTERM');
    expect(await service.exited).toEqual({ code: 143, signal: null });
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it('is not longer than 10 s if a sink takes nothing: exit code 4, and the log says how many flows', async () => {
    const service = await endingWithoutCollector();
    expect(await service.exited).toEqual({ code: 4, signal: null });
    expect(service.logged(/^ended/)).toMatchObject([{ level: 'error', undelivered: ANTREA_FLOWS.length }]);
  });
});

describe('weir demo', () => {
  const OPTIONS = ['--nodes', '3', '--pods', '5', '--flows', '200', '--interval', '500ms'];

  it('without a terminal prints a line a second, and ends after its duration with exit code 0', async () => {
    const { code, stdout, stderr } = await run('demo', ...OPTIONS, '--duration', '3500ms');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    const flowLog = lines[3]!.replace(/^flow log /, '');
    expect(lines.slice(0, 3)).toEqual([
      'weir demo: 3 Nodes, 15 Pods, 200 flows',
      expect.stringMatching(/^IPFIX 127\.0\.0\.1:\d+$/),
      expect.stringMatching(/^metrics http:\/\/127\.0\.0\.1:\d+\/metrics$/),
    ]);
    expect(lines.slice(4, -3)).toHaveLength(3);
    expect(lines.at(-3)).toMatch(/0 dropped, every record is accounted for\.$/);
    expect(lines.at(-1)).toBe(`The flows are in ${flowLog}, a line of CSV each.`);
    const rows = readFileSync(flowLog, 'utf8').trimEnd().split('\n');
    expect(new Set(rows.map((row) => row.split(',').length))).toEqual(new Set([30]));
  });

  it('ends in order at SIGINT', async () => {
    const demo = weir(['demo', ...OPTIONS], { env: { TMPDIR: temporaryDirectory() } });
    await demo.says(/metrics http/);
    demo.signal('SIGINT');
    expect(await demo.exited).toEqual({ code: 0, signal: null });
    expect(demo.stdout).toContain('every record is accounted for');
  });

  it('ends with the process that started it, and so does its simulator', async () => {
    const main = join(PROJECT, 'bin/weir');
    // Its output goes to nobody: to a closed pipe it could not write, and would end for that.
    const script = `
      const { spawn } = require('node:child_process');
      const demo = spawn(process.execPath, ${JSON.stringify([main, 'demo', ...OPTIONS])}, { stdio: 'ignore' });
      console.log('demo ' + demo.pid);
      setInterval(() => {}, 1000);
    `;
    const parent = new Program(process.execPath, ['-e', script], {
      group: true,
      env: { TMPDIR: temporaryDirectory() },
    });
    const demo = Number((await parent.says(/demo (\d+)/))[1]);
    const simulator = await eventually('the simulator runs', () => childrenOf(demo)[0]);
    parent.signal('SIGKILL');
    await eventually('both are gone', () => !isRunning(demo) && !isRunning(simulator));
  });
});

/** Processes that a process started. */
function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.split(' ').filter(Boolean).map(Number);
}

/** Whether a process runs. One that ended counts as gone, even if nobody asked how. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
