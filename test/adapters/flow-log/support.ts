import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach } from '@jest/globals';
import { FlowLog } from '../../../src/adapters/flow-log/flow-log.js';
import { SYSTEM_FILES, type FileSystem } from '../../../src/adapters/flow-log/file-system.js';
import type { FlowLogOptions } from '../../../src/adapters/flow-log/options.js';
import type { FlowBatch } from '../../../src/domain/batch/flow-batch.js';
import { aBatch } from '../../support/a-batch.js';
import { readCsv } from '../../support/csv-reader.js';
import { FakeClock } from '../../support/fake-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';

/** Column of the name that tells the flows of {@link flows} apart. */
const NAME_COLUMN = 7;

const ends: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end();
});

/** A flow log on real files, with a directory and a clock of its own; closed at the end of the test. */
export class LoggedFlows {
  readonly directory = mkdtempSync(join(tmpdir(), 'weir-flow-log-'));
  readonly path = join(this.directory, 'flows.log');
  readonly clock = new FakeClock();
  readonly logger = new RecordingLogger();
  readonly log: FlowLog;
  readonly #abort = new AbortController();

  constructor(options: Partial<FlowLogOptions> = {}, files: FileSystem = SYSTEM_FILES) {
    ends.push(() => {
      this.remove();
    });
    this.log = this.open(options, files);
  }

  /** Another sink on the same file. */
  open(options: Partial<FlowLogOptions> = {}, files: FileSystem = SYSTEM_FILES): FlowLog {
    const { clock, logger } = this;
    const log = new FlowLog({ path: this.path, compress: false, ...options }, { clock, logger, files });
    log.open();
    ends.push(() => log.close());
    return log;
  }

  deliver(...group: FlowBatch[]): Promise<void> {
    return this.log.deliver(group, this.#abort.signal);
  }

  /** Whether there is a file of that name. */
  get exists(): boolean {
    return existsSync(this.path);
  }

  /** Removes the directory; for tests that make many. */
  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** What the file has. */
  get text(): string {
    return readFileSync(this.path, 'utf8');
  }

  /** Names of the flows in the file, in its order. */
  get names(): string[] {
    return namesIn(this.text);
  }

  /** Files in the directory beside the log itself, in the order of their names. */
  get backups(): string[] {
    return readdirSync(this.directory)
      .filter((name) => name !== 'flows.log')
      .sort();
  }

  /** Text of a file of the directory, decompressed if its name says so. */
  read(name: string): string {
    const bytes = readFileSync(join(this.directory, name));
    return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  }

  /** Names of the flows in all files of the directory, sorted. */
  get allNames(): string[] {
    return readdirSync(this.directory)
      .flatMap((name) => namesIn(this.read(name)))
      .sort();
  }
}

/** Names of the flows in a file, in its order. @throws Error if it has anything but whole rows */
export function namesIn(text: string): string[] {
  return readCsv(text).map((row) => {
    if (row.length !== 30) throw new Error(`a row of ${row.length} fields: ${row.join()}`);
    return row[NAME_COLUMN]!;
  });
}

/** A batch of flows with these names. */
export function flows(...names: string[]): FlowBatch {
  return aBatch(names.map((sourcePodName) => ({ sourcePodName })));
}

/** `prefix-0`, `prefix-1` … */
export function manyNames(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}
