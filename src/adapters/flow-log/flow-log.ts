import type { Cancel, Clock } from '../../application/ports/clock.js';
import type { Batching, FlowSink, QueueLimit } from '../../application/ports/flow-sink.js';
import type { Logger } from '../../application/ports/logger.js';
import { MAX_BATCH_ROWS, type FlowBatch } from '../../domain/batch/flow-batch.js';
import { FLOW_ROW } from '../../domain/flow/layout.js';
import { CsvEncoder, FIRST_ROW, type CsvChunk, type RowFilter, type RowPosition } from '../formats/csv/csv-encoder.js';
import { AppendedFile } from './appended-file.js';
import { Backups } from './backups.js';
import { FLOW_LOG_COLUMNS } from './columns.js';
import { FlowLogError } from './file-error.js';
import { SYSTEM_FILES, type FileState, type FileSystem } from './file-system.js';
import { rowFilter } from './filters.js';
import type { FlowLogOptions } from './options.js';

/** Written at a time: some thousand rows, which take two milliseconds to encode. */
const CHUNK_BYTES = 1024 * 1024;

/** How often it is looked whether the file is still there while nothing is written. */
const LOOK_MS = 1_000;

/** How often backups are looked at while none is added: some get too old, some could not be compressed. */
const TIDY_MS = 3_600_000;

/** How long `close` waits for a file system that does not answer: the whole service has half a second for it. */
const CLOSE_MS = 400;

const DEFAULTS = {
  name: 'flow-log',
  maxSizeBytes: 100 * 1024 * 1024,
  maxBackups: 3,
  maxAgeDays: 0,
  compress: true,
  filters: [],
  prettyPrint: true,
} as const;

/** What is said when a file was opened. */
const OPENED = {
  begun: { level: 'info', message: 'flows are logged to a file' },
  rotated: { level: 'debug', message: 'the flow log was rotated' },
  replaced: { level: 'info', message: 'the flow log was moved or deleted by somebody else; it goes on in a new file' },
} as const;

/** What the flow log needs of the outside. */
export interface FlowLogContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** @default SYSTEM_FILES */
  readonly files?: FileSystem;
}

/**
 * Logs flows to a file, a line of CSV each, and rotates it by size.
 *
 * A flow counts as taken once the system has taken its line. A group that is delivered again goes on after its last whole line in the
 * file: no line is there twice, and none in part. The file's name is looked up before each write and every second, so that a file that
 * was moved, deleted or cut off by somebody else is followed by a new one, or gone on with.
 */
export class FlowLog implements FlowSink {
  readonly name: string;
  readonly batching: Batching = { maxRows: 4 * MAX_BATCH_ROWS, maxBytes: 16 * 1024 * 1024, maxWaitMs: 1_000 };
  /** Disks pause for a part of a second when they are busy. */
  readonly queueLimit: QueueLimit = { maxRows: 16 * MAX_BATCH_ROWS, maxBytes: 64 * 1024 * 1024 };
  readonly #maxSizeBytes: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #encoder: CsvEncoder;
  readonly #filter: RowFilter | undefined;
  readonly #file: AppendedFile;
  readonly #backups: Backups;
  #timers: readonly Cancel[] = [];
  /** Groups that are in the file in full, for as long as anybody has them. */
  readonly #delivered = new WeakSet<readonly FlowBatch[]>();

  /** The group being delivered, or to be delivered again, and its first row that is not in the file. */
  #group: readonly FlowBatch[] | undefined;
  #position: RowPosition = FIRST_ROW;
  /** What is being done to the file: one thing at a time. */
  #turn: Promise<void> = Promise.resolve();
  #isBusy = false;
  #closing: Promise<void> | undefined;
  /** Why the next file to be opened is another one. */
  #reason: keyof typeof OPENED = 'begun';

  constructor(options: FlowLogOptions, { clock, logger, files = SYSTEM_FILES }: FlowLogContext) {
    const { path, name, maxSizeBytes, filters, prettyPrint, ...kept } = { ...DEFAULTS, ...options };
    this.name = name;
    this.#maxSizeBytes = maxSizeBytes;
    this.#clock = clock;
    this.#logger = logger;
    this.#filter = rowFilter(filters);
    this.#encoder = new CsvEncoder({ columns: FLOW_LOG_COLUMNS, prettyPrint, filter: this.#filter });
    this.#file = new AppendedFile(path, files);
    this.#backups = new Backups({ path, name, ...kept }, { clock, logger, files });
  }

  /** Opens the file, to go on where it ends; a failure to do so is told by the first delivery. */
  open(): void {
    const clock = this.#clock;
    this.#timers = [clock.every(LOOK_MS, () => this.#look()), clock.every(TIDY_MS, () => this.#backups.tidy())];
    this.#look();
    this.#backups.tidy();
  }

  filtered({ rows, length }: FlowBatch): number {
    const filter = this.#filter;
    if (!filter) return 0;
    let filtered = 0;
    for (let row = 0; row < length; row++) if (!filter(rows, row * FLOW_ROW.words)) filtered++;
    return filtered;
  }

  /** @throws FlowLogError if a line could not be written */
  deliver(group: readonly FlowBatch[], signal: AbortSignal): Promise<void> {
    if (this.#closing) return Promise.reject(new Error('the flow log is closed'));
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    return untilAborted(
      signal,
      this.#exclusively(() => this.#write(group, signal)),
    );
  }

  untaken(group: readonly FlowBatch[]): readonly FlowBatch[] {
    if (this.#delivered.has(group)) return [];
    const { batch: first, row: from } = this.#group === group ? this.#position : FIRST_ROW;
    return group
      .slice(first)
      .map((batch, index) => (index === 0 ? batch.select((row) => row >= from) : batch))
      .filter(({ length }) => length > 0);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  /** Resolves when all backups are compressed and those that are too many or too old deleted. */
  async tidied(): Promise<void> {
    await this.#backups.idle();
  }

  async #close(): Promise<void> {
    for (const cancel of this.#timers) cancel();
    const closed = this.#exclusively(async () => {
      await this.#file.close();
      await this.#backups.close();
    });
    await new Promise<void>((resolve) => {
      const giveUp = this.#clock.after(CLOSE_MS, resolve);
      void closed.finally(giveUp).then(resolve);
    });
  }

  async #write(group: readonly FlowBatch[], signal: AbortSignal): Promise<void> {
    if (this.#group !== group) {
      this.#group = group;
      this.#position = FIRST_ROW;
    }
    try {
      while (this.#position.batch < group.length) {
        signal.throwIfAborted();
        await this.#writeChunk(group, await this.#ready());
      }
      this.#delivered.add(group);
      this.#group = undefined;
    } catch (error) {
      throw signal.aborted ? error : new FlowLogError(this.#file.path, error);
    } finally {
      this.#encoder.release();
    }
  }

  /** Writes the next rows that the file has room for, or makes room if there is none for the first. */
  async #writeChunk(group: readonly FlowBatch[], { size, isRegular }: FileState): Promise<void> {
    const isEmpty = size === 0 || !isRegular;
    const room = isEmpty ? this.#maxSizeBytes : Math.max(0, this.#maxSizeBytes - size);
    const chunk = this.#encoder.encode(group, this.#position, {
      bytes: Math.min(CHUNK_BYTES, room),
      ...(!isEmpty && { firstRowBytes: room }),
    });
    if (chunk.rows > 0) await this.#append(group, chunk);
    else if (chunk.next.batch < group.length) await this.#rotate();
    else this.#position = chunk.next;
  }

  async #append(group: readonly FlowBatch[], chunk: CsvChunk): Promise<void> {
    const { rows, error } = await this.#file.append(chunk.bytes, chunk.rowEnds);
    if (rows === chunk.rows) {
      this.#position = chunk.next;
      return;
    }
    this.#position = this.#encoder.advance(group, this.#position, rows);
    throw error;
  }

  async #rotate(): Promise<void> {
    const backup = await this.#backups.nextPath();
    if (!(await this.#file.renameTo(backup))) return;
    this.#reason = 'rotated';
    this.#backups.tidy();
  }

  async #ready(): Promise<FileState> {
    const { isNew, state } = await this.#file.ready();
    if (!isNew) return state;
    const { level, message } = OPENED[this.#reason];
    this.#logger[level](message, { sink: this.name, path: this.#file.path });
    this.#reason = 'replaced';
    return state;
  }

  /** Looks whether the file is still there. What is wrong with it is told by the next delivery. */
  #look(): void {
    if (this.#isBusy || this.#closing) return;
    this.#exclusively(() => this.#ready()).catch(() => undefined);
  }

  /** Does something to the file once all is done that was to be done before. */
  async #exclusively<T>(action: () => Promise<T>): Promise<T> {
    const turn = this.#turn;
    let done: () => void;
    this.#turn = new Promise((resolve) => (done = resolve));
    await turn;
    this.#isBusy = true;
    try {
      return await action();
    } finally {
      this.#isBusy = false;
      done!();
    }
  }
}

/** What a promise says, but a rejection as soon as the signal is aborted: a write that hangs can't be stopped. */
function untilAborted(signal: AbortSignal, promise: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
