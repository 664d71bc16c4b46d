import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const WEIR = fileURLToPath(new URL('../../bin/weir', import.meta.url));

/** As the image has it: rows in huge pages, so that fewer look-ups of addresses miss. */
const HUGE_PAGES = 'glibc.malloc.hugetlb=1';

/** What of the service's metrics the benchmark reads: names with labels, as they are shown, to values. */
export type Metrics = ReadonlyMap<string, number>;

/** The built program, run with a configuration of its own, seen from outside. */
export class Service {
  readonly ipfixPort: number;
  readonly #metricsPort: number;
  readonly #directory: string;
  readonly #process: ChildProcess;

  private constructor(ipfixPort: number, metricsPort: number, directory: string) {
    this.ipfixPort = ipfixPort;
    this.#metricsPort = metricsPort;
    this.#directory = directory;
    this.#process = spawn(WEIR, ['--config', join(directory, 'weir.yaml')], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, GLIBC_TUNABLES: HUGE_PAGES },
    });
  }

  /**
   * Starts the service and waits until it is ready.
   *
   * @param collectorPort of an IPFIX collector on loopback, over TCP; 0 for no sink
   * @throws Error if it is not ready within ten seconds
   */
  static async start(collectorPort: number): Promise<Service> {
    const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'));
    const [ipfix, metrics] = await freePorts();
    const lines = [
      'aggregatorTransportProtocol: TCP',
      'flowCollector:',
      `  enable: ${collectorPort > 0}`,
      `  address: 127.0.0.1:${collectorPort || 4739}:tcp`,
      'listen:',
      `  ipfix: 127.0.0.1:${ipfix}`,
      `  metrics: 127.0.0.1:${metrics}`,
      `dataDirectory: ${directory}`,
      'limits:',
      '  maxFlows: 4000000',
      '  maxMemory: 8 GiB',
    ];
    writeFileSync(join(directory, 'weir.yaml'), `${lines.join('\n')}\n`);
    const service = new Service(ipfix, metrics, directory);
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

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(async (server) => {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      return (server.address() as AddressInfo).port;
    }),
  );
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports as [number, number];
}
