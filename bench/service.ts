import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BenchTransport } from './outlet.js';

const WEIR = fileURLToPath(new URL('../../bin/weir', import.meta.url));

/** As the image has it: rows in huge pages, so that fewer look-ups of addresses miss. */
const HUGE_PAGES = 'glibc.malloc.hugetlb=1';

/** Where flows go: nowhere, to an IPFIX collector over TCP, to the flow log without or with compression of full files. */
export type BenchSink = 'none' | 'tcp' | 'log' | 'log+gzip';

/** How a service is set up. */
export interface ServiceOptions {
  readonly mode: 'Aggregate' | 'Proxy';
  readonly transport: BenchTransport;
  readonly sink: BenchSink;
  /** Of an IPFIX collector on loopback. */
  readonly collectorPort: number;
  /** "60s" */
  readonly activeTimeout: string;
}

/** What of the service's metrics the benchmark reads: names with labels, as they are shown, to values. */
export type Metrics = ReadonlyMap<string, number>;

/** The built program, run with a configuration of its own, seen from outside. */
export class Service {
  /** Where exporters send to. */
  readonly port: number;
  readonly #metricsPort: number;
  readonly #directory: string;
  readonly #process: ChildProcess;

  private constructor(port: number, metricsPort: number, directory: string) {
    this.port = port;
    this.#metricsPort = metricsPort;
    this.#directory = directory;
    this.#process = spawn(WEIR, ['--config', join(directory, 'weir.yaml')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, GLIBC_TUNABLES: HUGE_PAGES },
    });
    // Only what is wrong: a dozen lines for each cell would hide the tables.
    createInterface({ input: this.#process.stderr! }).on('line', (line) => {
      if (!line.includes('"level":"info"')) process.stderr.write(`${line}\n`);
    });
  }

  /**
   * Starts the service and waits until it is ready.
   *
   * @throws Error if it is not ready within ten seconds
   */
  static async start(options: ServiceOptions): Promise<Service> {
    const { transport, sink } = options;
    const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'));
    const [port, otherPort, metrics] = await freePorts();
    const lines = [
      `mode: ${options.mode}`,
      `aggregatorTransportProtocol: ${transport === 'grpc' ? 'None' : transport.toUpperCase()}`,
      `activeFlowRecordTimeout: ${options.activeTimeout}`,
      'flowCollector:',
      `  enable: ${sink === 'tcp'}`,
      `  address: 127.0.0.1:${options.collectorPort}:tcp`,
      'flowLogger:',
      `  enable: ${sink.startsWith('log')}`,
      `  path: ${join(directory, 'flows.csv')}`,
      `  compress: ${sink === 'log+gzip'}`,
      'listen:',
      `  ipfix: 127.0.0.1:${transport === 'grpc' ? otherPort : port}`,
      `  grpc: 127.0.0.1:${transport === 'grpc' ? port : otherPort}`,
      `  metrics: 127.0.0.1:${metrics}`,
      `dataDirectory: ${directory}`,
      'limits:',
      '  maxFlows: 4000000',
      '  maxMemory: 8 GiB',
    ];
    writeFileSync(join(directory, 'weir.yaml'), `${lines.join('\n')}\n`);
    const service = new Service(port, metrics, directory);
    for (let tries = 0; tries < 100; tries++) {
      const ready = await fetch(`http://127.0.0.1:${metrics}/readyz`).then(
        (response) => response.ok,
        () => false,
      );
      if (ready) return service;
      await delay(100);
    }
    await service.stop();
    throw new Error('the service was not ready within ten seconds');
  }

  /** Folder of the certificates that it made for its exporters. */
  get certificates(): string {
    return join(this.#directory, 'certificates');
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** Reads its metrics as Prometheus does. */
  async metrics(): Promise<Metrics> {
    const text = await (await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`)).text();
    const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      samples.map((line) => {
        const space = line.lastIndexOf(' ');
        return [line.slice(0, space), Number(line.slice(space + 1))];
      }),
    );
  }

  /**
   * Waits until it has received so many records. The service tells by how much its event loop was late since it was last asked, so the
   * worst of all answers is what counts.
   */
  async received(records: number): Promise<{ metrics: Metrics; delayP99: number; delayMax: number }> {
    let delayP99 = 0;
    let delayMax = 0;
    for (;;) {
      const metrics = await this.metrics();
      delayP99 = Math.max(delayP99, metrics.get('weir_event_loop_delay_seconds{quantile="0.99"}') ?? NaN);
      delayMax = Math.max(delayMax, metrics.get('weir_event_loop_delay_seconds{quantile="1"}') ?? NaN);
      if (value(metrics, 'weir_records_received_total') >= records) return { metrics, delayP99, delayMax };
      await delay(50);
    }
  }

  /** Ends it at once and removes what it kept. */
  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      const exit = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await exit;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Sum of all series of a metric, whatever their labels. */
export function value(metrics: Metrics, name: string): number {
  let sum = 0;
  for (const [series, sample] of metrics) if (series === name || series.startsWith(`${name}{`)) sum += sample;
  return sum;
}

async function freePorts(): Promise<[number, number, number]> {
  const servers = [createServer(), createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(async (server) => {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      return (server.address() as AddressInfo).port;
    }),
  );
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports as [number, number, number];
}
