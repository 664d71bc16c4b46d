import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readCsv } from '../../../support/csv-reader.js';
import { balancedAtRest } from '../../support/balance.js';
import { atRest } from '../../support/eventually.js';
import type { MetricsSnapshot } from '../../support/metrics.js';
import { temporaryDirectory } from '../../support/program.js';
import { startWeir, type Settings, type WeirProcess } from '../../support/weir-process.js';

const COLUMNS = 30;

/** Longer than flows wait until they are exported again, so that nothing is left to be exported when it is over. */
const QUIET_MS = 2_500;

/** A running service that logs flows to a file, in a directory that has nothing else. */
export class LoggingWeir {
  readonly weir: WeirProcess;
  readonly directory: string;
  readonly path: string;

  private constructor(weir: WeirProcess, directory: string) {
    this.weir = weir;
    this.directory = directory;
    this.path = join(directory, 'flows.log');
  }

  /** Starts the service, with flows exported every second. @param directory of the log. @default a new one */
  static async start(
    flowLogger: Settings = {},
    directory = temporaryDirectory(),
    settings: Settings = {},
  ): Promise<LoggingWeir> {
    mkdirSync(directory, { recursive: true });
    const weir = await startWeir({
      settings: {
        activeFlowRecordTimeout: '1s',
        inactiveFlowRecordTimeout: '10m',
        flowLogger: { enable: true, path: join(directory, 'flows.log'), maxBackups: 0, ...flowLogger },
        ...settings,
      },
    });
    return new LoggingWeir(weir, directory);
  }

  /** What the metrics say once all flows are exported and delivered. */
  async atRest(): Promise<MetricsSnapshot> {
    const exports = async (): Promise<number> => (await this.weir.metrics()).sum('weir_flow_exports_total');
    await atRest('what is exported', exports, { quietMs: QUIET_MS, everyMs: 100, withinMs: 60_000 });
    return balancedAtRest(this.weir);
  }

  /** Rows that the sink has delivered so far. */
  async delivered(): Promise<number> {
    return (await this.weir.metrics()).sum('weir_sink_records_delivered_total', { sink: 'flow-log' });
  }

  /** Names of all files of the log, the present one among them. */
  get files(): string[] {
    return readdirSync(this.directory).sort();
  }

  /** The text of one file, decompressed. */
  text(name = 'flows.log'): string {
    const octets = readFileSync(join(this.directory, name));
    return (name.endsWith('.gz') ? gunzipSync(octets) : octets).toString('utf8');
  }

  /** Rows in all files. @throws Error if one has anything but whole rows */
  get rowCount(): number {
    return this.files.reduce((sum, name) => sum + rowsOf(this.text(name)).length, 0);
  }
}

/** The rows of a file. @throws Error if it has anything but whole rows */
export function rowsOf(text: string): string[][] {
  if (text.includes('\0')) throw new Error('the file has bytes that nobody wrote');
  const rows = readCsv(text);
  const odd = rows.find((row) => row.length !== COLUMNS);
  if (odd) throw new Error(`a row of ${odd.length} fields: ${odd.join()}`);
  return rows;
}
