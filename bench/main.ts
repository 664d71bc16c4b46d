/** `npm run bench`: what the record path costs, in process and in the built service, with a table at the end. */
import { parseArgs } from 'node:util';
import { runInProcess } from './in-process.js';
import { conditions, save, table } from './report.js';
import { runService, type ServiceCell, type ServiceResult } from './service-run.js';

const HELP = `Usage: npm run bench -- [--flows 10000,100000,…] [--connections 1,8] [--sinks none,tcp] [--seconds 10] [--no-service] [--no-in-process]

Decodes and aggregates in process, then runs the built service over loopback TCP with exporters in another process.
Results go to bench/results/<date>.json. The machine should have nothing else to do.`;

const { values } = parseArgs({
  options: {
    flows: { type: 'string', default: '10000,100000,1000000,2000000' },
    connections: { type: 'string', default: '1,8' },
    sinks: { type: 'string', default: 'none,tcp' },
    seconds: { type: 'string', default: '10' },
    'no-service': { type: 'boolean', default: false },
    'no-in-process': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const numbers = (list: string): number[] => list.split(',').map(Number);
const thousands = (n: number): string => Math.round(n).toLocaleString('en');
const milliseconds = (seconds: number): string => (seconds * 1000).toFixed(1);

/** Records of the in-process runs: enough for two rounds of the largest table. */
const IN_PROCESS_RECORDS = 4_000_000;

if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const flows = numbers(values.flows);
  const where = conditions();
  console.log(
    `${where.cpu}, ${where.cores} cores, ${where.memoryGiB} GiB, Node ${where.node}, commit ${where.commit}\n`,
  );
  const inProcess = values['no-in-process']
    ? []
    : flows.map((count) => {
        progress(`in process, ${thousands(count)} flows`);
        return runInProcess(count, IN_PROCESS_RECORDS);
      });
  if (inProcess.length > 0) {
    const rows = inProcess.map((result) => [
      thousands(result.flows),
      result.decodeNanoseconds.toFixed(0),
      result.aggregateNanoseconds.toFixed(0),
      result.growthNanoseconds.toFixed(0),
      thousands(1e9 / result.aggregateNanoseconds),
    ]);
    const head = ['flows', 'decode ns', 'decode + aggregate ns', 'new flows ns', 'records/s'];
    console.log(`In process, nanoseconds a record:\n\n${table(head, rows)}\n`);
  }
  const services: ServiceResult[] = [];
  if (!values['no-service']) {
    for (const cell of cells(flows)) {
      progress(`service, ${thousands(cell.flows)} flows, ${cell.connections} connections, sink ${cell.sink}`);
      services.push(await runService(cell, Number(values.seconds)));
    }
    console.log(`The service over loopback TCP:\n\n${serviceTable(services)}\n`);
  }
  console.log(`Written to ${save({ ...where, inProcess, services }, where.date)}`);
}

function cells(flows: readonly number[]): ServiceCell[] {
  const sinks = values.sinks.split(',') as ServiceCell['sink'][];
  return sinks.flatMap((sink) =>
    flows.flatMap((count) => numbers(values.connections).map((connections) => ({ flows: count, connections, sink }))),
  );
}

function serviceTable(results: readonly ServiceResult[]): string {
  const head = [
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

/** Long work shows progress, on stderr so that the tables can be piped. */
function progress(what: string): void {
  process.stderr.write(`… ${what}\n`);
}
