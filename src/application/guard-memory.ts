import { inject, injectable } from 'inversify';
import type { FlowTable } from '../domain/table/flow-table.js';
import type { BatchFlows } from './batch-flows.js';
import type { HoldExporters } from './hold-exporters.js';
import type { BatchExporter } from './ports/batch-exporter.js';
import type { Cancel, Clock } from './ports/clock.js';
import type { Logger } from './ports/logger.js';
import { APPLICATION } from './symbols.js';

/** How often memory is looked at. */
const INTERVAL_MILLISECONDS = 100;

/** Flows evicted at one look: 4096 rows are 1.5 MiB, and a slice the event loop does not notice. */
const EVICTIONS = 4096;

/** Entries of the dictionary that are looked at for strings nobody holds, at each look. */
const SWEEP_ENTRIES = 16_384;

/** Paused sources go on below this share of the limit. */
const RESUME_SHARE = 0.9;

/**
 * Keeps accounted memory (rows, strings, queued batches) under `limits.maxMemory`: over it, flows that were silent longest are evicted; while
 * sinks are full as well, sources that can hold their exporters back are paused, until 90 % of it.
 */
@injectable()
export class GuardMemory {
  #stop: Cancel | undefined;
  #cancelNext: Cancel | undefined;
  #isPaused = false;

  constructor(
    @inject(APPLICATION.FlowTable) private readonly table: FlowTable,
    @inject(APPLICATION.BatchFlows) private readonly batches: BatchFlows,
    @inject(APPLICATION.BatchExporter) private readonly exporter: BatchExporter,
    @inject(APPLICATION.HoldExporters) private readonly exporters: HoldExporters,
    @inject(APPLICATION.MemoryLimit) private readonly maxBytes: number,
    @inject(APPLICATION.Clock) private readonly clock: Clock,
    @inject(APPLICATION.Logger) private readonly logger: Logger,
  ) {}

  /** Bytes that count against the limit. */
  get bytes(): number {
    return this.table.byteLength + this.table.strings.byteLength + this.exporter.bytes;
  }

  /** Whether sources are held back. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Begins to look. */
  start(): void {
    this.#stop ??= this.clock.every(INTERVAL_MILLISECONDS, () => {
      this.#look();
    });
  }

  /** Looks no more, and lets paused sources go on. */
  stop(): void {
    this.#stop?.();
    this.#cancelNext?.();
    this.#stop = undefined;
    this.#cancelNext = undefined;
    this.#resume();
  }

  #look(): void {
    const isOver = this.bytes > this.maxBytes;
    this.table.strings.isPressed = isOver;
    if (isOver) {
      // Strings that nobody holds are the cheapest to lose.
      this.table.strings.sweep(SWEEP_ENTRIES);
      const evicted = this.#evict();
      if (this.bytes <= this.maxBytes) return;
      if (!this.exporter.accepting) {
        this.#pause();
        return;
      }
      this.#resume();
      // Without flows to evict another look would find the same.
      if (evicted > 0) this.#lookSoon();
    } else if (this.exporter.accepting || this.bytes < this.maxBytes * RESUME_SHARE) {
      this.#resume();
    }
  }

  /** Goes on after the event loop had its turn: new flows can come faster than one slice an interval makes room for. */
  #lookSoon(): void {
    this.#cancelNext ??= this.clock.soon(() => {
      this.#cancelNext = undefined;
      this.#look();
    });
  }

  /** Evicts flows until memory is under the limit or the slice is over; how many. */
  #evict(): number {
    let evicted = 0;
    while (evicted < EVICTIONS && this.bytes > this.maxBytes && this.table.evict()) evicted++;
    if (evicted > 0) this.batches.flush();
    this.logger.repeated(
      'memory',
      'accounted memory is over limits.maxMemory: flows that were silent longest are evicted',
      {
        bytes: this.bytes,
        limit: this.maxBytes,
        evicted,
      },
    );
    return evicted;
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.logger.warn('sinks are full and memory is over limits.maxMemory: exporters are held back');
    this.exporters.hold('memory');
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.logger.info('exporters are no longer held back');
    this.exporters.release('memory');
  }
}
