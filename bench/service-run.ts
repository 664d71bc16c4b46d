import { setTimeout as delay } from 'node:timers/promises';
import { Child } from './child.js';
import type { CollectorAnswer, CollectorRequest } from './collector.js';
import { cpuSeconds, residentBytes } from './process-usage.js';
import type { SenderAnswer, SenderRequest } from './sender.js';
import { type Metrics, Service, value } from './service.js';

/** One cell of the table: what the service is given to do. */
export interface ServiceCell {
  readonly flows: number;
  readonly connections: number;
  readonly sink: 'none' | 'tcp';
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

/** Runs the built service against exporters in another process, over TCP on loopback, and measures it from outside. */
export async function runService(cell: ServiceCell, seconds: number): Promise<ServiceResult> {
  const sender = new Child('./sender.js');
  const collector = new Child('./collector.js');
  const ask = (request: SenderRequest): Promise<SenderAnswer> => sender.ask<SenderAnswer>(request);
  const listening = await collector.ask<CollectorAnswer>({ kind: 'listen' } satisfies CollectorRequest);
  const service = await Service.start(cell.sink === 'tcp' ? listening.port : 0);
  try {
    await delay(1000);
    const idleBytes = residentBytes(service.pid);
    await service.metrics();
    await ask({ kind: 'connect', port: service.ipfixPort, flows: cell.flows, connections: cell.connections });

    const growth = await measure(service, () => ask({ kind: 'rounds', rounds: 1 }));
    const grownBytes = residentBytes(service.pid);
    // The compiler has seen everything once the table is full and was gone over for a while.
    await measure(service, () => ask({ kind: 'seconds', seconds: Math.min(seconds, 3) }));
    const steady = await measure(service, () => ask({ kind: 'seconds', seconds }));
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
  } finally {
    await Promise.all([sender.end(), collector.end(), service.stop()]);
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
