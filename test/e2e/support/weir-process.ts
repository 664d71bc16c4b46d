import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Lifetime } from './clean-up.js';
import { eventually } from './eventually.js';
import { MetricsSnapshot } from './metrics.js';
import { temporaryDirectory, weir, type Exit, type Program } from './program.js';

/** A line of the service's log. */
export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** Keys of the configuration file; sections are objects. */
export type Settings = Readonly<Record<string, unknown>>;

/** How the service is started. */
export interface WeirOptions {
  /** How exporters deliver. @default 'TCP' */
  readonly transport?: 'TCP' | 'UDP' | 'TLS' | 'None';
  /** What else the configuration says; sections replace those of {@link startWeir} as a whole. */
  readonly settings?: Settings;
  /** Puts the text of the configuration into a file and says which. @default weir.yaml in the service's directory */
  readonly write?: (text: string) => string;
  /** Further arguments of the command. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** @default 'test' */
  readonly lives?: Lifetime;
}

/** A running service, its configuration and its log. */
export class WeirProcess {
  readonly program: Program;
  /** Has its configuration and its data. */
  readonly directory: string;
  readonly exited: Promise<Exit>;

  constructor(program: Program, directory: string) {
    this.program = program;
    this.directory = directory;
    this.exited = program.exited;
  }

  get pid(): number {
    return this.program.pid;
  }

  /** The log so far, line by line. */
  get logs(): LogLine[] {
    const whole = this.program.stderr.slice(0, this.program.stderr.lastIndexOf('\n') + 1);
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** Lines whose message matches. */
  logged(message: RegExp): LogLine[] {
    return this.logs.filter((line) => message.test(line.message));
  }

  /** Port that exporters of IPFIX send to. */
  get ipfixPort(): number {
    return portOf(this.#listening.find(({ transport }) => transport !== 'grpc')?.['address']);
  }

  /** Port that exporters of gRPC send to. */
  get grpcPort(): number {
    return portOf(this.#listening.find(({ transport }) => transport === 'grpc')?.['address']);
  }

  /** Where it keeps what exporters need for TLS: ca.crt, client.crt and client.key. */
  get certificates(): string {
    return join(this.directory, 'data', 'certificates');
  }

  get #listening(): LogLine[] {
    return this.logged(/^exporters can connect$/);
  }

  /** Where metrics and health are served, without a path. */
  get metricsUrl(): string {
    return `http://127.0.0.1:${portOf(this.logged(/^metrics and health are served$/)[0]?.['address'])}`;
  }

  /** What /metrics says now. */
  async metrics(): Promise<MetricsSnapshot> {
    const response = await fetch(`${this.metricsUrl}/metrics`);
    if (!response.ok) throw new Error(`/metrics answers ${response.status}`);
    return new MetricsSnapshot(await response.text());
  }

  /** Status of /readyz, /livez or any other path. */
  async status(path: string): Promise<number> {
    const response = await fetch(`${this.metricsUrl}${path}`);
    await response.arrayBuffer();
    return response.status;
  }

  signal(signal: NodeJS.Signals): void {
    this.program.signal(signal);
  }

  /** Asks it to end; resolves when it has. */
  async stop(): Promise<Exit> {
    this.signal('SIGTERM');
    return this.exited;
  }
}

/**
 * Starts the service on loopback, with ports that the system chooses and a directory of its own; it is killed when the test ends, however
 * that ends, and ends by itself when the tests are killed. It need not be ready yet.
 */
export function beginWeir(options: WeirOptions = {}): WeirProcess {
  const { transport = 'TCP', settings = {}, args = [], env, lives = 'test' } = options;
  const directory = temporaryDirectory(lives);
  const write = (text: string): string => {
    writeFileSync(join(directory, 'weir.yaml'), text);
    return join(directory, 'weir.yaml');
  };
  const file = (options.write ?? write)(configurationText(directory, settings, transport));
  return new WeirProcess(weir(['--config', file, ...args], { channel: true, lives, ...(env && { env }) }), directory);
}

/**
 * The same; resolves once it is ready.
 *
 * @throws Error with its log if it does not become ready
 */
export async function startWeir(options: WeirOptions = {}): Promise<WeirProcess> {
  const service = beginWeir(options);
  await service.program.says(/"message":"ready"/);
  await eventually('/readyz is 200', async () => (await service.status('/readyz')) === 200);
  return service;
}

/** What the file of a service says that is started with these settings and has this directory. */
export function configurationText(directory: string, settings: Settings = {}, transport = 'TCP'): string {
  return stringify({
    aggregatorTransportProtocol: transport,
    listen: { ipfix: '127.0.0.1:0', grpc: '127.0.0.1:0', metrics: '127.0.0.1:0' },
    dataDirectory: join(directory, 'data'),
    ...settings,
  });
}

function portOf(address: unknown): number {
  const port = Number(/:(\d+)$/.exec(String(address))?.[1]);
  if (!(port > 0)) throw new Error(`the log names no address but ${String(address)}`);
  return port;
}
