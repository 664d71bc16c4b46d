/** `npm run bench`: what the record path costs, in process and in the built service, with tables at the end. */
import { parseArgs } from 'node:util';
import { runEnrichment, type EnrichmentResult } from './enrichment.js';
import { runInProcess, type InProcessResult } from './in-process.js';
import type { BenchTransport } from './outlet.js';
import { conditions, save, table } from './report.js';
import type { BenchSink } from './service.js';
import { runExports, runService, type ExportResult, type ServiceCell, type ServiceResult } from './service-run.js';

const HELP = `Usage: npm run bench -- [OPTIONS]

Decodes and aggregates in process, then runs the built service on loopback with exporters in another process.
Results go to bench/results/<date>.json. The machine should have nothing else to do.

  --parts LIST              what is measured 
                            (default in-process,enrichment,service,transports,proxy,exports)
  --seconds N               of each measurement (default 10)
  --flows LIST              in-process, service: flows alive (default 10000,100000,1000000,2000000)
  --connections LIST        service, transports: exporters (default 1,8)
  --sinks LIST              service: none, tcp, log, log+gzip (default none,tcp)
  --transports LIST         transports: tcp, tls, grpc (default all)
  --transport-flows N       transports: flows alive (default 100000)
  --flows-per-message LIST  transports, gRPC: flows in a message (default 1,10)
  --pods N                  enrichment: Pods of the cluster (default 100000)
  --proxy-flows LIST        proxy: flows that exporters report (default 10000,1000000)
  --export-sinks LIST       exports: sinks as above (default none,tcp,log,log+gzip)
  --export-rate N           exports: flows a second that leave (default 200000)`;

const PARTS = ['in-process', 'enrichment', 'service', 'transports', 'proxy', 'exports'] as const;
type Part = (typeof PARTS)[number];

const { values } = parseArgs({
  options: {
    parts: { type: 'string', default: PARTS.join(',') },
    flows: { type: 'string', default: '10000,100000,1000000,2000000' },
    connections: { type: 'string', default: '1,8' },
    sinks: { type: 'string', default: 'none,tcp' },
    seconds: { type: 'string', default: '10' },
    transports: { type: 'string', default: 'tcp,tls,grpc' },
    'transport-flows': { type: 'string', default: '100000' },
    'flows-per-message': { type: 'string', default: '1,10' },
    pods: { type: 'string', default: '100000' },
    'proxy-flows': { type: 'string', default: '10000,1000000' },
    'export-sinks': { type: 'string', default: 'none,tcp,log,log+gzip' },
    'export-rate': { type: 'string', default: '200000' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const names = (list: string): string[] => list.split(',');
const numbers = (list: string): number[] => names(list).map(Number);
const thousands = (n: number): string => Math.round(n).toLocaleString('en');
const milliseconds = (seconds: number): string => (seconds * 1000).toFixed(1);

/** Records of the in-process runs: enough for two rounds of the largest table. */
const IN_PROCESS_RECORDS = 4_000_000;

/** Seconds after which a flow falls due in the exports: the least with which most flows are exported as often as they report. */
const EXPORT_EVERY_SECONDS = 2;

const parts = new Set(names(values.parts) as Part[]);
const seconds = Number(values.seconds);

if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const where = conditions();
  console.log(
    `${where.cpu}, ${where.cores} cores, ${where.memoryGiB} GiB, Node ${where.node}, commit ${where.commit}\n`,
  );
  const inProcess = parts.has('in-process') ? measureInProcess() : [];
  const enrichment = parts.has('enrichment') ? measureEnrichment() : [];
  const services = parts.has('service') ? await measureServices('The service over TCP', serviceCells()) : [];
  const transports = parts.has('transports') ? await measureServices('The transports', transportCells()) : [];
  const proxy = parts.has('proxy') ? await measureProxy() : [];
  const exports = parts.has('exports') ? await measureExports() : [];
  console.log(
    `Written to ${save({ ...where, inProcess, enrichment, services, transports, proxy, exports }, where.date)}`,
  );
}

function measureInProcess(): InProcessResult[] {
  const results = numbers(values.flows).map((count) => {
    progress(`in process, ${thousands(count)} flows`);
    return runInProcess(count, IN_PROCESS_RECORDS);
  });
  const rows = results.map((result) => [
    thousands(result.flows),
    result.decodeNanoseconds.toFixed(0),
    result.protobufDecodeNanoseconds.toFixed(0),
    result.aggregateNanoseconds.toFixed(0),
    result.growthNanoseconds.toFixed(0),
    thousands(1e9 / result.aggregateNanoseconds),
  ]);
  const head = ['flows', 'decode ns', 'decode protobuf ns', 'decode + aggregate ns', 'new flows ns', 'records/s'];
  console.log(`In process, nanoseconds a record:\n\n${table(head, rows)}\n`);
  return results;
}

function measureEnrichment(): EnrichmentResult[] {
  const pods = Number(values.pods);
  progress(`enrichment, ${thousands(pods)} Pods`);
  const result = runEnrichment(pods, pods);
  const head = ['Pods', 'flows', 'bytes/Pod', 'put ns', 'lookup ns', 'flow ns', 'record ns', 'copy ns'];
  const { putNanoseconds, lookupNanoseconds, flowNanoseconds, recordNanoseconds, copyNanoseconds } = result;
  const costs = [putNanoseconds, lookupNanoseconds, flowNanoseconds, recordNanoseconds, copyNanoseconds];
  const row = [...[pods, result.flows, result.bytesPerPod].map(thousands), ...costs.map((cost) => cost.toFixed(0))];
  console.log(`Enrichment, in process:\n\n${table(head, [row])}\n`);
  return [result];
}

async function measureProxy(): Promise<ServiceResult[]> {
  const cells = numbers(values['proxy-flows']).flatMap((flows) =>
    numbers(values.connections).map((connections): ServiceCell => {
      return { mode: 'Proxy', transport: 'tcp', flowsPerMessage: 1, flows, connections, sink: 'tcp' };
    }),
  );
  const results: ServiceResult[] = [];
  for (const cell of cells) {
    progress(`Proxy mode, ${thousands(cell.flows)} flows, ${cell.connections} connections`);
    results.push(await runService(cell, seconds));
  }
  const head = [
    'flows',
    'connections',
    'records/s',
    'CPU µs/record',
    'grown MiB',
    'loop p99 ms',
    'loop max ms',
    'lost',
  ];
  const rows = results.map((result) => [
    thousands(result.flows),
    String(result.connections),
    thousands(result.recordsPerSecond),
    result.cpuMicrosecondsPerRecord.toFixed(2),
    ((result.residentBytesPerFlow * result.flows) / 2 ** 20).toFixed(0),
    milliseconds(result.delayP99),
    milliseconds(result.delayMax),
    thousands(result.recordsDropped + result.flowsDropped),
  ]);
  console.log(`Proxy mode, from TCP to one TCP collector:\n\n${table(head, rows)}\n`);
  return results;
}

function serviceCells(): ServiceCell[] {
  return (names(values.sinks) as BenchSink[]).flatMap((sink) =>
    numbers(values.flows).flatMap((flows) =>
      numbers(values.connections).map((connections) => ({
        ...({ mode: 'Aggregate', transport: 'tcp', flowsPerMessage: 1, flows, connections, sink } as const),
      })),
    ),
  );
}

function transportCells(): ServiceCell[] {
  return (names(values.transports) as BenchTransport[]).flatMap((transport) =>
    (transport === 'grpc' ? numbers(values['flows-per-message']) : [1]).flatMap((flowsPerMessage) =>
      numbers(values.connections).map((connections) => ({
        ...({ mode: 'Aggregate' } as const),
        ...{ transport, flowsPerMessage, flows: Number(values['transport-flows']), connections, sink: 'none' },
      })),
    ),
  );
}

async function measureServices(title: string, cells: readonly ServiceCell[]): Promise<ServiceResult[]> {
  const results: ServiceResult[] = [];
  for (const cell of cells) {
    const { flows, connections, sink } = cell;
    progress(`${transportText(cell)}, ${thousands(flows)} flows, ${connections} connections, sink ${sink}`);
    results.push(await runService(cell, seconds));
  }
  console.log(`${title}:\n\n${serviceTable(results)}\n`);
  return results;
}

function serviceTable(results: readonly ServiceResult[]): string {
  const head = [
    'transport',
    'sink',
    'flows',
    'connections',
    'records/s',
    'CPU µs/record',
    'new: records/s',
    'new: CPU µs',
    'bytes/flow',
    'loop p99 ms',
    'loop max ms',
    'new: loop max ms',
    'lost',
  ];
  const rows = results.map((result) => [
    transportText(result),
    result.sink,
    thousands(result.flows),
    String(result.connections),
    thousands(result.recordsPerSecond),
    result.cpuMicrosecondsPerRecord.toFixed(2),
    thousands(result.growthRecordsPerSecond),
    result.growthCpuMicrosecondsPerRecord.toFixed(2),
    thousands(result.residentBytesPerFlow),
    milliseconds(result.delayP99),
    milliseconds(result.delayMax),
    milliseconds(result.growthDelayMax),
    thousands(result.recordsDropped + result.flowsDropped),
  ]);
  return table(head, rows);
}

function transportText({ transport, flowsPerMessage }: ServiceCell): string {
  return transport === 'grpc' ? `grpc × ${flowsPerMessage}` : transport;
}

/** What a row costs shows in comparison with the run without a sink, where flows leave the table all the same. */
async function measureExports(): Promise<ExportResult[]> {
  const results: ExportResult[] = [];
  const flows = Number(values['export-rate']) * EXPORT_EVERY_SECONDS;
  for (const sink of names(values['export-sinks']) as BenchSink[]) {
    progress(`exports, ${thousands(flows)} flows every ${EXPORT_EVERY_SECONDS} s, sink ${sink}`);
    results.push(await runExports(sink, flows, EXPORT_EVERY_SECONDS, seconds));
  }
  const idle = results.find(({ sink }) => sink === 'none');
  const rows = results.map((result) => [
    result.sink,
    thousands(result.recordsPerSecond),
    thousands(result.exportsPerSecond),
    thousands(result.rowsPerSecond),
    result.cpuMicrosecondsPerRecord.toFixed(2),
    idle === undefined || result === idle ? '' : cpuOfRow(result, idle).toFixed(2),
    milliseconds(result.delayP99),
    milliseconds(result.delayMax),
    thousands(result.rowsDropped),
  ]);
  const head = [
    ...['sink', 'records/s', 'flows due/s', 'rows/s', 'CPU µs/record'],
    ...['CPU µs/row', 'loop p99 ms', 'loop max ms', 'dropped'],
  ];
  console.log(`Flows that leave:\n\n${table(head, rows)}\n`);
  return results;
}

/** Microseconds of CPU that a row costs beyond what the records that led to it cost without a sink. */
function cpuOfRow(result: ExportResult, idle: ExportResult): number {
  const beyond = result.cpuMicrosecondsPerRecord - idle.cpuMicrosecondsPerRecord;
  return (beyond * result.recordsPerSecond) / result.rowsPerSecond;
}

/** Long work shows progress, on stderr so that the tables can be piped. */
function progress(what: string): void {
  process.stderr.write(`… ${what}\n`);
}
