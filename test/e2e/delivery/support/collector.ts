import { fork, type ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atEnd, type Lifetime } from '../../support/clean-up.js';
import type { CollectorNews, CollectorOrder, CollectorSettings, ConnectionState } from './collector-process.js';
import { readBrief, readFull, type BriefMessage, type FullMessage } from './collector-report.js';
import { temporaryDirectory, type Exit } from '../../support/program.js';

const PROGRAM = fileURLToPath(new URL('./collector-process.js', import.meta.url));

/** How a collector is started. */
export interface CollectorOptions extends Partial<Omit<CollectorSettings, 'report' | 'host'>> {
  /** @default 'test' */
  readonly lives?: Lifetime;
}

/** A collector in a process of its own; the test knows what it wrote that it read. Killed at the end of the test at the latest. */
export class Collector {
  readonly #child: ChildProcess;
  readonly #file: string;
  readonly #news: CollectorNews[] = [];
  #hear: () => void = () => undefined;
  #port = 0;

  /** Resolves when the process has ended. */
  readonly exited: Promise<Exit>;

  /** Starts the process, which does not listen yet. */
  constructor({ lives = 'test', ...settings }: CollectorOptions = {}) {
    this.#file = join(temporaryDirectory(lives), 'report');
    const all: CollectorSettings = {
      transport: 'tcp',
      detail: 'brief',
      host: '127.0.0.1',
      port: 0,
      ...settings,
      report: this.#file,
    };
    this.#child = fork(PROGRAM, [JSON.stringify(all)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execArgv: [],
    });
    this.#child.on('message', (news: CollectorNews) => {
      this.#news.push(news);
      this.#hear();
    });
    this.exited = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#hear();
        resolve({ code, signal });
      });
    });
    atEnd(() => this.kill(), lives);
  }

  /** Port that it listens on. */
  get port(): number {
    return this.#port;
  }

  /** `host:port:protocol`, as the configuration has it. */
  addressFor(transport: 'tcp' | 'udp'): string {
    return `127.0.0.1:${this.#port}:${transport}`;
  }

  /** Octets of its report: they grow as it reads. */
  get reported(): number {
    return statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** What it read, by its report (of detail `brief`). */
  get messages(): BriefMessage[] {
    return readBrief(this.#file);
  }

  /** What it read, by its report (of detail `full`). */
  get fullMessages(): FullMessage[] {
    return readFull(this.#file);
  }

  /** Begins to listen. */
  async listen(): Promise<void> {
    await this.#next('loaded');
    this.#order({ do: 'listen' });
    this.#port = (await this.#next('listening')).port;
  }

  /** Resolves when the process is there and only has to be told to listen. */
  async loaded(): Promise<void> {
    await this.#heard('loaded');
  }

  /** Has it read no more after so many more octets; resolves when it does so. */
  async stopAfter(octets: number): Promise<void> {
    this.#order({ do: 'stop', after: octets });
    await this.#next('stopped');
  }

  /** Its open connections. */
  async connections(): Promise<readonly ConnectionState[]> {
    this.#order({ do: 'state' });
    return (await this.#next('state')).connections;
  }

  /** Closes in order: sends FIN on every connection and reads each to its end, then ends. */
  async finish(): Promise<Exit> {
    this.#order({ do: 'finish' });
    return this.exited;
  }

  /** Ends it at once (SIGKILL), if it still runs. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.exited;
  }

  #order(order: CollectorOrder): void {
    this.#child.send(order);
  }

  async #heard<Is extends CollectorNews['is']>(is: Is): Promise<Extract<CollectorNews, { is: Is }>> {
    for (;;) {
      const news = this.#news.find((one): one is Extract<CollectorNews, { is: Is }> => one.is === is);
      if (news) return news;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw new Error(`the collector ended before it was ${is}`);
      await new Promise<void>((resolve) => {
        this.#hear = resolve;
      });
    }
  }

  /** Waits for news of a kind, each of which is heard once. */
  async #next<Is extends CollectorNews['is']>(is: Is): Promise<Extract<CollectorNews, { is: Is }>> {
    const news = await this.#heard(is);
    this.#news.splice(this.#news.indexOf(news), 1);
    return news;
  }
}

/** Starts a collector that listens. */
export async function startCollector(options: CollectorOptions = {}): Promise<Collector> {
  const collector = new Collector(options);
  await collector.listen();
  return collector;
}
