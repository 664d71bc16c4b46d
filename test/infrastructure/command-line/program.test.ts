import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

const WEIR = resolve('bin/weir');

// Processes start slowly where many tests run at once.
jest.setTimeout(60_000);

let directory: string;
let children: ChildProcess[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-program-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

interface Program {
  readonly child: ChildProcess;
  readonly out: string[];
  readonly err: string[];
  /** Resolves with the line once one matches on standard error. */
  says(pattern: RegExp): Promise<string>;
  readonly ended: Promise<number | null>;
}

function start(...args: readonly string[]): Program {
  const env = { ...process.env, TMPDIR: directory };
  const child = spawn(process.execPath, [WEIR, ...args], { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const out: string[] = [];
  const err: string[] = [];
  const waiting: { pattern: RegExp; found: (line: string) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => out.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => {
    err.push(line);
    for (const { pattern, found } of waiting) if (pattern.test(line)) found(line);
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    out,
    err,
    ended,
    says: (pattern) =>
      Promise.race([
        new Promise<string>((found) => {
          const known = err.find((line) => pattern.test(line));
          if (known === undefined) waiting.push({ pattern, found });
          else found(known);
        }),
        ended.then(() => Promise.reject(new Error(`ended without saying ${String(pattern)}: ${err.join('\n')}`))),
      ]),
  };
}

function configuration(text = ''): string {
  const file = join(directory, 'weir.yaml');
  writeFileSync(
    file,
    `aggregatorTransportProtocol: TCP\ndataDirectory: ${join(directory, 'data')}\nlisten:\n  ipfix: 127.0.0.1:0\n  grpc: 127.0.0.1:0\n  metrics: 127.0.0.1:0\n${text}`,
  );
  return file;
}

describe('the service', () => {
  it('says where it listens, is ready, and ends with 0 at SIGTERM', async () => {
    const program = start('--config', configuration());
    const { address } = JSON.parse(await program.says(/metrics and health are served/)) as { address: string };
    await program.says(/"message":"ready"/);
    expect((await fetch(`http://${address}/readyz`)).status).toBe(200);
    const metrics = await (await fetch(`http://${address}/metrics`)).text();
    for (const name of [
      'weir_records_received_total',
      'weir_records_taken_total',
      'weir_flows',
      'weir_flow_exports_total',
      'weir_build_info',
    ]) {
      expect(metrics).toMatch(new RegExp(`^${name}(\\{.*\\})? \\d`, 'm'));
    }
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(program.err.at(-1)).toContain('nothing was left behind');
    for (const line of program.err)
      expect(JSON.parse(line)).toMatchObject({ time: expect.any(String), level: expect.any(String) });
  });

  it('ends at once at a second signal, with 128 and its number', async () => {
    // A collector that is not there: the first signal waits for it.
    const program = start('--config', configuration('flowCollector:\n  enable: true\n  address: 127.0.0.1:1\n'));
    const { address } = JSON.parse(await program.says(/exporters can connect/)) as { address: string };
    await program.says(/"message":"ready"/);
    const simulator = start(
      'simulate',
      '--target',
      address,
      '--nodes=1',
      '--flows=10',
      '--interval=100ms',
      '--reports=2',
    );
    expect(await simulator.ended).toBe(0);
    program.child.kill('SIGTERM');
    await program.says(/takes no flows/);
    program.child.kill('SIGINT');
    expect(await program.ended).toBe(130);
  });

  it('goes on when the reader of its log goes away, and ends in order', async () => {
    const program = start('--config', configuration());
    const { address } = JSON.parse(await program.says(/metrics and health are served/)) as { address: string };
    await program.says(/"message":"ready"/);
    const listening = JSON.parse(await program.says(/exporters can connect/)) as { address: string };
    program.child.stderr!.destroy();
    program.child.stdout!.destroy();
    // Each of these connections is a line of the log, which has no reader.
    const { port } = new URL(`http://${listening.address}`);
    const socket = connect(Number(port), '127.0.0.1').on('error', () => {});
    const closed = once(socket, 'close');
    socket.end('no IPFIX at all, yet long enough for a header');
    await closed;
    expect((await fetch(`http://${address}/livez`)).status).toBe(200);
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
  });

  it('starts after one that was killed with the lock of the certificates, with no port open meanwhile', async () => {
    const certificates = join(directory, 'data/certificates');
    mkdirSync(certificates, { recursive: true });
    writeFileSync(join(certificates, '.lock'), 'who was killed');
    const file = join(directory, 'weir.yaml');
    const listen = '{ipfix: "127.0.0.1:0", grpc: "127.0.0.1:0", metrics: ""}';
    writeFileSync(file, `dataDirectory: ${join(directory, 'data')}\nlisten: ${listen}\n`);
    const program = start('--config', file);
    await program.says(/"message":"ready"/);
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
  });

  it('starts though it can write neither logs nor data nor flows, with one warning for each, and one line on flags', async () => {
    const nowhere = join(directory, 'a-file');
    writeFileSync(nowhere, 'no directory');
    const file = join(directory, 'weir.yaml');
    const listen = '{ipfix: "127.0.0.1:0", grpc: "127.0.0.1:0", metrics: ""}';
    writeFileSync(
      file,
      `dataDirectory: ${nowhere}/data\nlisten: ${listen}\nflowLogger: {enable: on, path: ${nowhere}/flows}\n`,
    );
    const klog = [
      '--logtostderr=false',
      `--log_dir=${nowhere}/logs`,
      '--alsologtostderr=false',
      '--one_output',
      '--vmodule=a=1',
    ];
    const program = start('--config', file, ...klog);
    await program.says(/"message":"ready"/);
    program.child.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    const lines = program.err.map((line) => JSON.parse(line) as { level: string; message: string; flags?: string });
    expect(lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      'no log files are written',
      'rotated flow logs could not be looked for',
      expect.stringMatching(/^certificates can not be kept/),
    ]);
    expect(lines.filter(({ flags }) => flags !== undefined)).toMatchObject([
      { message: 'flags without effect', flags: '--vmodule --one_output' },
    ]);
  });

  it('ends with 3 if it can not listen', async () => {
    const first = start('--config', configuration());
    const { address } = JSON.parse(await first.says(/exporters can connect/)) as { address: string };
    const file = join(directory, 'taken.yaml');
    writeFileSync(
      file,
      `aggregatorTransportProtocol: TCP\ndataDirectory: ${directory}\nlisten:\n  ipfix: ${address}\n  grpc: 127.0.0.1:0\n  metrics: ""\n`,
    );
    const second = start('--config', file);
    expect(await second.ended).toBe(3);
    expect(second.err.join('\n')).toMatch(/weir can not start.*EADDRINUSE/);
  });
});

describe('a short command', () => {
  it('ends without a word if nobody reads its output', async () => {
    const program = start('config', 'example');
    program.child.stdout!.destroy();
    expect(await program.ended).toBe(0);
    expect(program.err).toEqual([]);
  });

  it('ends with 3 if its output can not be written', async () => {
    const shell = spawn('sh', ['-c', `"${process.execPath}" "${WEIR}" config example > /dev/full`], {
      stdio: 'ignore',
    });
    children.push(shell);
    expect((await once(shell, 'close'))[0]).toBe(3);
  });
});

describe('weir demo', () => {
  it('without a terminal prints a line a second and ends by itself with 0', async () => {
    const program = start('demo', '--duration=3s', '--nodes=2', '--pods=5', '--flows=100');
    expect(await program.ended).toBe(0);
    expect(program.out[0]).toBe('weir demo: 2 Nodes, 10 Pods, 100 flows');
    expect(program.out[1]).toMatch(/^IPFIX 127\.0\.0\.1:\d+$/);
    expect(program.out[2]).toMatch(/^metrics http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const flowLog = /^flow log (.*\.csv)$/.exec(program.out[3]!)?.[1];
    expect(program.out[4]).toMatch(/^ *\d+:\d\d .* records\/s .* flows /);
    expect(program.out.at(-3)).toMatch(/^Weir took \S+ records in \d s.* 0 dropped, every record is accounted for\.$/);
    expect(program.out.at(-1)).toBe(`The flows are in ${flowLog!}, a line of CSV each.`);
    // Nothing else, and no key, is left behind.
    expect(readdirSync(dirname(flowLog!))).toEqual(['flows.csv']);
    expect(readFileSync(flowLog!, 'utf8')).toMatch(/^\d{10},\d{10},[\da-f.:]+,[\da-f.:]+,\d+,\d+,(TCP|UDP),/);
    expect(program.err).toEqual([]);
  });

  it('ends with 0 at SIGINT', async () => {
    const program = start('demo', '--nodes=1', '--pods=2', '--flows=10');
    await once(program.child.stdout!, 'data');
    program.child.kill('SIGINT');
    expect(await program.ended).toBe(0);
    expect(program.out.at(-3)).toMatch(/^Weir took /);
  });
});
