import { setTimeout as delay } from 'node:timers/promises';
import { Child } from './child.js';
import type { CollectorAnswer, CollectorRequest } from './collector.js';
import type { BenchTransport } from './outlet.js';
import { cpuSeconds, residentBytes } from './process-usage.js';
import type { SenderAnswer, SenderRequest } from './sender.js';
import { type BenchSink, type Metrics, Service, value } from './service.js';

/** One cell of the tables: what the service is given to do. */
export interface ServiceCell {
  readonly mode: 'Aggregate' | 'Proxy';
  readonly transport: BenchTransport;
  /** Over gRPC, else 1. */
  readonly flowsPerMessage: number;
  readonly flows: number;
  readonly connections: number;
  readonly sink: BenchSink;
}

/** What was measured of it. */
export interface ServiceResult extends ServiceCell {
  /** While every flow reports again and again. */
  readonly recordsPerSecond: number;
  /** User and system time of the service, all its threads. */
  readonly cpuMicrosecondsPerRecord: number;
  /** While the flows were new. */
  readonly growthRecordsPerSecond: number;
  readonly growthCpuMicrosecondsPerRecord: number;
  /** Beyond the idle process. */
  readonly residentBytesPerFlow: number;
  /** Seconds by which the event loop was late while flows were new, and after. */
  readonly growthDelayMax: number;
  readonly delayP99: number;
  readonly delayMax: number;
  /** Records that did not become or update a flow; 0 or the figures are worth nothing. */
  readonly recordsDropped: number;
  /** Flows that left for the collector and were dropped on the way. */
  readonly flowsExported: number;
  readonly flowsDropped: number;
}

/** Runs the built service against exporters in another process, on loopback, and measures it from outside. */
export async function runService(cell: ServiceCell, seconds: number): Promise<ServiceResult> {
  return withService(cell, '60s', async ({ service, idleBytes, ask }) => {
    const fast = (time: number): SenderRequest => ({ kind: 'seconds', seconds: time, rate: 0 });
    const growth = await measure(service, () => ask({ kind: 'rounds', rounds: 1 }));
    const grownBytes = residentBytes(service.pid);
    // The compiler has seen everything once the table is full and was gone over for a while.
    await measure(service, () => ask(fast(Math.min(seconds, 3))));
    const steady = await measure(service, () => ask(fast(seconds)));
    const { metrics } = steady;
    return {
      ...cell,
      recordsPerSecond: steady.records / steady.seconds,
      cpuMicrosecondsPerRecord: (steady.cpu * 1e6) / steady.records,
      growthRecordsPerSecond: growth.records / growth.seconds,
      growthCpuMicrosecondsPerRecord: (growth.cpu * 1e6) / growth.records,
      residentBytesPerFlow: (Math.max(grownBytes, residentBytes(service.pid)) - idleBytes) / cell.flows,
      growthDelayMax: growth.delayMax,
      delayP99: steady.delayP99,
      delayMax: steady.delayMax,
      recordsDropped: value(metrics, 'weir_records_received_total') - value(metrics, 'weir_records_taken_total'),
      flowsExported: value(metrics, 'weir_flow_exports_total'),
      flowsDropped: value(metrics, 'weir_sink_records_dropped_total'),
    };
  });
}

/** What a sink was measured to do with flows that leave at a steady rate. */
export interface ExportResult {
  readonly sink: BenchSink;
  readonly flows: number;
  readonly recordsPerSecond: number;
  /** Flows that fell due. */
  readonly exportsPerSecond: number;
  /** Flows that the sink has taken. */
  readonly rowsPerSecond: number;
  readonly rowsDropped: number;
  /** User and system time of the service, all its threads. */
  readonly cpuMicrosecondsPerRecord: number;
  readonly delayP99: number;
  readonly delayMax: number;
}

/** A flow's two halves. */
const HALVES = 2;

/** Runs the service so that every flow reports and falls due again and again, once in `everySeconds`. */
export async function runExports(
  sink: BenchSink,
  flows: number,
  everySeconds: number,
  seconds: number,
): Promise<ExportResult> {
  const cell: ServiceCell = { mode: 'Aggregate', transport: 'tcp', flowsPerMessage: 1, flows, connections: 1, sink };
  const rate = (flows * HALVES) / everySeconds;
  return withService(cell, `${everySeconds}s`, async ({ service, ask }) => {
    const paced = (time: number): SenderRequest => ({ kind: 'seconds', seconds: time, rate });
    await measure(service, () => ask({ kind: 'rounds', rounds: 1 }));
    await measure(service, () => ask(paced(Math.max(3, 2 * everySeconds))));
    const before = await service.metrics();
    const {
      records,
      seconds: took,
      cpu,
      metrics,
      delayP99,
      delayMax,
    } = await measure(service, () => ask(paced(seconds)));
    const counted = (name: string): number => value(metrics, name) - value(before, name);
    return {
      sink,
      flows,
      recordsPerSecond: records / took,
      exportsPerSecond: counted('weir_flow_exports_total') / took,
      rowsPerSecond: counted('weir_sink_records_delivered_total') / took,
      rowsDropped: value(metrics, 'weir_sink_records_dropped_total'),
      cpuMicrosecondsPerRecord: (cpu * 1e6) / records,
      delayP99,
      delayMax,
    };
  });
}

/** A service that runs, with connected exporters that do what they are asked to. */
interface Running {
  readonly service: Service;
  readonly idleBytes: number;
  readonly ask: (request: SenderRequest) => Promise<SenderAnswer>;
}

async function withService<T>(
  cell: ServiceCell,
  activeTimeout: string,
  run: (running: Running) => Promise<T>,
): Promise<T> {
  const { mode, transport, flowsPerMessage, flows, connections, sink } = cell;
  const sender = new Child('./sender.js');
  const collector = new Child('./collector.js');
  const ask = async (request: SenderRequest): Promise<SenderAnswer> => {
    const answer = await sender.ask<SenderAnswer>(request);
    if (answer.failure !== undefined) throw new Error(`the exporters failed: ${answer.failure}`);
    return answer;
  };
  let service: Service | undefined;
  try {
    const listening = await collector.ask<CollectorAnswer>({ kind: 'listen' } satisfies CollectorRequest);
    service = await Service.start({ mode, transport, sink, collectorPort: listening.port, activeTimeout });
    await delay(1000);
    const idleBytes = residentBytes(service.pid);
    await service.metrics();
    const { port, certificates } = service;
    await ask({ kind: 'connect', transport, port, certificates, flowsPerMessage, flows, connections });
    return await run({ service, idleBytes, ask });
  } finally {
    await Promise.all([sender.end(), collector.end(), service?.stop()]);
  }
}

interface Measured {
  readonly records: number;
  readonly seconds: number;
  readonly cpu: number;
  readonly metrics: Metrics;
  readonly delayP99: number;
  readonly delayMax: number;
}

/** What the service did from the time it was asked to until it had received everything. */
async function measure(service: Service, send: () => Promise<SenderAnswer>): Promise<Measured> {
  const before = value(await service.metrics(), 'weir_records_received_total');
  const cpu = cpuSeconds(service.pid);
  const started = performance.now();
  const { records } = await send();
  const received = await service.received(before + records);
  return { records, seconds: (performance.now() - started) / 1000, cpu: cpuSeconds(service.pid) - cpu, ...received };
}
