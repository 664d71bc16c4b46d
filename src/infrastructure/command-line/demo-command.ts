import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LineView } from '../../adapters/terminal/line-view.js';
import { Observer } from '../../adapters/terminal/observer.js';
import { ScreenView } from '../../adapters/terminal/screen-view.js';
import { TrafficSink } from '../../adapters/terminal/traffic-sink.js';
import { formatBytes, formatCount } from '../../adapters/terminal/units.js';
import type { Snapshot, View } from '../../adapters/terminal/view.js';
import { errorText } from '../../application/error-text.js';
import type { Clock } from '../../application/ports/clock.js';
import type { FlowSink } from '../../application/ports/flow-sink.js';
import type { MetricsReader } from '../../application/ports/metrics-reader.js';
import { APPLICATION } from '../../application/symbols.js';
import { SystemClock } from '../clock.js';
import { readConfiguration } from '../configuration/read-configuration.js';
import type { WeirConfiguration } from '../configuration/weir-configuration.js';
import { createContainer } from '../container/container.js';
import { serviceLogger } from '../logging/service-logger.js';
import { Service } from '../service.js';
import { UsageError, type Command, type OptionValues, type Streams } from './command.js';
import { ExitCode } from './exit-code.js';
import { KeptLines } from './kept-lines.js';
import { endRequest, type EndRequest } from './lifetime.js';
import { endOnMistakes } from './mistakes.js';
import { CLUSTER_OPTIONS, clusterOptions, durationOption } from './simulate-command.js';
import { startSimulator, type SimulatorProcess } from './simulator-process.js';

/** What is simulated unless the options say otherwise: enough to look alive, little enough for a laptop. */
const DEFAULT_CLUSTER: Readonly<Record<string, string>> = {
  nodes: '20',
  pods: '25',
  flows: '20000',
  interval: '1s',
  lifetime: '30',
};

/** Short timeouts: who watches a demo wants to see flows come and go. The flow log stays small: it is left behind. */
const CONFIGURATION = `
aggregatorTransportProtocol: TCP
activeFlowRecordTimeout: 2s
inactiveFlowRecordTimeout: 4s
listen:
  ipfix: "127.0.0.1:0"
  grpc: "127.0.0.1:0"
  metrics: "127.0.0.1:0"
flowLogger:
  enable: true
  maxSize: 10
  maxBackups: 1
`;

/** Name of the flow log in the demo's directory. */
const FLOW_LOG = 'flows.csv';

/** Name of the data directory there. */
const DATA = 'data';

const SECOND_MS = 1000;

/** `weir demo` */
export const demo: Command = {
  name: 'demo',
  usage: '[OPTIONS]',
  summary: 'run the service and a simulated cluster on this machine, and watch',
  details:
    'Ports are free ones. Ctrl-C ends it; what is left behind is the flow log, 20 MB at most, in a directory of its own.\n' +
    'Without a terminal it prints a line a second.',
  options: {
    duration: { type: 'string', value: 'DURATION', doc: 'end after this long (default: when stopped)' },
    ...withDefaults(CLUSTER_OPTIONS),
  },
  async run(values, positionals, streams) {
    if (positionals.length > 0) throw new UsageError(`weir demo takes options only, not "${positionals[0]!}"`);
    const durationMs = durationOption(values, 'duration');
    const cluster = { ...DEFAULT_CLUSTER, ...values };
    clusterOptions(cluster);
    return new Demo(streams, durationMs, cluster).run();
  },
};

/** One run of the demo: the service in this process, where its CPU time can be told, and the simulated cluster in another. */
class Demo {
  readonly #clock: Clock = new SystemClock();
  readonly #kept: KeptLines;
  readonly #streams: Streams;
  readonly #durationMs: number | undefined;
  readonly #cluster: OptionValues;
  readonly #view: View;
  /** Of the flow log, and until it is over of what the service keeps. */
  readonly #directory = mkdtempSync(join(tmpdir(), 'weir-demo-'));

  constructor(streams: Streams, durationMs: number | undefined, cluster: OptionValues) {
    this.#streams = streams;
    this.#kept = new KeptLines(streams.stderr.isTTY === true);
    this.#durationMs = durationMs;
    this.#cluster = cluster;
    const { stdout } = streams;
    const { NO_COLOR: noColour, TERM: terminal } = process.env;
    const hasScreen = stdout.isTTY === true && terminal !== 'dumb';
    this.#view = hasScreen ? new ScreenView(stdout, !noColour) : new LineView((text) => stdout.write(text));
  }

  /** Resolves with the exit code when it is over. */
  async run(): Promise<number> {
    // A log line would tear the screen apart: warnings are kept until it is closed.
    const logger = serviceLogger({ level: 'warn', toStream: true, files: undefined }, this.#kept, this.#clock);
    const close = (): void => {
      this.#view.close();
      // Certificates and their keys: nobody needs them any more.
      rmSync(join(this.#directory, DATA), { recursive: true, force: true });
    };
    endOnMistakes(logger, () => {
      close();
      this.#streams.stderr.write(this.#kept.take());
    });
    const request = endRequest({ withParent: true, beforeForcedExit: close });
    const container = createContainer(demoConfiguration(this.#directory), logger);
    const traffic = new TrafficSink();
    const sinks = [traffic, ...container.get<FlowSink[]>(APPLICATION.FlowSinks)];
    container.rebind(APPLICATION.FlowSinks).toConstantValue(sinks);
    const service = new Service(container);
    try {
      await service.start();
      const simulator = startSimulator(service.addresses[0]!, this.#cluster);
      const observer = new Observer(container.get<MetricsReader>(APPLICATION.Metrics), traffic, usage, this.#seconds);
      const last = await this.#watch(service, observer, simulator, request);
      close();
      this.#streams.stdout.write(`${closing(last)}The flows are in ${this.#flowLog}, a line of CSV each.\n`);
      return simulator.failure === undefined ? ExitCode.Ok : this.#fail(simulator.failure);
    } catch (error) {
      close();
      return this.#fail(errorText(error));
    } finally {
      this.#streams.stderr.write(this.#kept.take());
    }
  }

  /** Looks once a second until it is to end, then ends the simulator and the service in order. */
  async #watch(
    service: Service,
    observer: Observer,
    simulator: SimulatorProcess,
    request: EndRequest,
  ): Promise<Snapshot> {
    const facts = [
      `IPFIX ${service.addresses[0]!}`,
      `metrics http://${service.metricsAddress}/metrics`,
      `flow log ${this.#flowLog}`,
    ];
    const title = `demo: ${clusterText(this.#cluster)}`;
    const look = (): Snapshot => observer.look(title, facts, this.#seconds);
    if (this.#view instanceof LineView) this.#streams.stdout.write(`weir ${title}\n${facts.join('\n')}\n`);
    const stop = this.#clock.every(SECOND_MS, () => {
      this.#view.show(look());
    });
    if (this.#durationMs !== undefined) this.#clock.after(this.#durationMs, () => request.end('duration'));
    void simulator.ended.then(() => request.end('the simulator ended'));
    await request.reason;
    stop();
    await simulator.stop();
    await service.drain();
    return look();
  }

  get #flowLog(): string {
    return join(this.#directory, FLOW_LOG);
  }

  get #seconds(): number {
    return this.#clock.monotonicMilliseconds() / 1000;
  }

  #fail(reason: string): number {
    this.#streams.stderr.write(`weir demo: ${reason}\n`);
    return ExitCode.Failed;
  }
}

function demoConfiguration(directory: string): WeirConfiguration {
  const { configuration, usable } = readConfiguration(CONFIGURATION);
  if (!usable) throw new TypeError("the demo's configuration is refused");
  configuration.dataDirectory = join(directory, DATA);
  configuration.flowLogger.path = join(directory, FLOW_LOG);
  return configuration;
}

function usage(): { cpuSeconds: number; residentBytes: number } {
  const { user, system } = process.cpuUsage();
  return { cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() };
}

function clusterText(cluster: OptionValues): string {
  const number = (name: string): number => Number(cluster[name]);
  return `${number('nodes')} Nodes, ${number('nodes') * number('pods')} Pods, ${formatCount(number('flows'))} flows`;
}

/** What is left to read when it is over. */
function closing({ elapsedSeconds, recordsPerSecond, cpu, memoryBytes, totals }: Snapshot): string {
  const { received, taken, older, duplicate, dropped } = totals;
  const rest = received - taken - older - duplicate - dropped;
  const verdict = rest === 0 ? 'every record is accounted for' : `${rest} records are not accounted for`;
  return [
    `Weir took ${formatCount(received)} records in ${elapsedSeconds.toFixed(0)} s, up to ${formatCount(recordsPerSecond.peak)} a second; ${dropped} dropped, ${verdict}.`,
    `It kept at most ${(cpu.peak * 100).toFixed(0)} % of a core busy and used ${formatBytes(memoryBytes.peak)} of memory.`,
    '',
  ].join('\n');
}

function withDefaults(options: typeof CLUSTER_OPTIONS): typeof CLUSTER_OPTIONS {
  return Object.fromEntries(
    Object.entries(options).map(([name, spec]) => {
      const value = DEFAULT_CLUSTER[name];
      if (value === undefined) return [name, spec];
      return [name, { ...spec, doc: `${spec.doc!.replace(/ \(default.*\)$/, '')} (default ${value})` }];
    }),
  );
}
