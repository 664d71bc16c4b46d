import { inject, injectable } from 'inversify';
import type { FlowTable } from '../domain/table/flow-table.js';
import type { BatchFlows } from './batch-flows.js';
import type { BatchExporter } from './ports/batch-exporter.js';
import type { Cancel, Clock } from './ports/clock.js';
import type { FlowPath } from './ports/flow-path.js';
import { APPLICATION } from './symbols.js';

/** A slice of expiry ends after so many flows or so long; then the event loop has its turn. */
const SLICE_FLOWS = 4096;
const SLICE_MILLISECONDS = 5;

/** Flows between two looks at the clock. */
const CLOCK_FLOWS = 128;

/** The dictionary is gone through once in so many seconds, at least so many entries at a time. */
const SWEEP_ROUND_SECONDS = 60;
const SWEEP_ENTRIES = 1024;

/**
 * Lets go of flows that are due, once a second and in slices (design.md, expiry in slices): a million flows that were learned together fall
 * due together, and must not stop the event loop.
 *
 * Due flows wait in the table while there is a sink and no healthy one has room: there they cost nothing more.
 */
@injectable()
export class ExpireFlows implements FlowPath {
  readonly keepsRecords = true;
  readonly #table: FlowTable;
  readonly #batches: BatchFlows;
  readonly #exporter: BatchExporter;
  readonly #clock: Clock;
  #stopTicking: Cancel | undefined;
  #cancelSlice: Cancel | undefined;
  #cancelSweep: Cancel | undefined;
  #isWorking = false;

  constructor(
    @inject(APPLICATION.FlowTable) table: FlowTable,
    @inject(APPLICATION.BatchFlows) batches: BatchFlows,
    @inject(APPLICATION.BatchExporter) exporter: BatchExporter,
    @inject(APPLICATION.Clock) clock: Clock,
  ) {
    this.#table = table;
    this.#batches = batches;
    this.#exporter = exporter;
    this.#clock = clock;
  }

  /** Begins to look at the table once a second. */
  start(): void {
    this.#stopTicking ??= this.#clock.every(1000, () => {
      this.#tick();
    });
  }

  /** Looks no more. What is due stays in the table. */
  stop(): void {
    this.#stopTicking?.();
    this.#cancelSlice?.();
    this.#cancelSweep?.();
    this.#stopTicking = undefined;
    this.#cancelSlice = undefined;
    this.#cancelSweep = undefined;
    this.#isWorking = false;
  }

  /**
   * Stops, and ends all flows, exporting those that were updated (flow-rules.md §6, shutdown); resolves when the table is empty. Waits for
   * room in the sinks until `signal` is aborted; from then on a sink without room drops, counted.
   */
  async drain(signal: AbortSignal): Promise<void> {
    this.stop();
    this.#advance();
    while (this.#slice(() => this.#table.drainNext(), signal)) {
      await new Promise<void>((resolve) => {
        if (this.#exporter.accepting || signal.aborted) this.#clock.soon(resolve);
        else {
          signal.addEventListener(
            'abort',
            () => {
              resolve();
            },
            { once: true },
          );
          this.#exporter.whenRoom(resolve);
        }
      });
    }
    this.#batches.flush();
  }

  #tick(): void {
    this.#advance();
    this.#cancelSweep?.();
    this.#sweep(Math.ceil(this.#table.strings.capacity / SWEEP_ROUND_SECONDS) + SWEEP_ENTRIES);
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#work();
  }

  /** Sweeps so many entries of the dictionary, in slices. */
  #sweep(entries: number): void {
    const end = this.#clock.monotonicMilliseconds() + SLICE_MILLISECONDS;
    let left = entries;
    do {
      this.#table.strings.sweep(SWEEP_ENTRIES);
      left -= SWEEP_ENTRIES;
    } while (left > 0 && this.#clock.monotonicMilliseconds() < end);
    this.#cancelSweep =
      left > 0
        ? this.#clock.soon(() => {
            this.#sweep(left);
          })
        : undefined;
  }

  #advance(): void {
    this.#table.advance(Math.floor(this.#clock.monotonicMilliseconds() / 1000));
  }

  /** Works in slices until nothing is due. */
  #work(): void {
    this.#cancelSlice = undefined;
    if (!this.#slice(() => this.#table.expireNext())) {
      this.#isWorking = false;
      this.#batches.flush();
      return;
    }
    if (this.#exporter.accepting) {
      this.#cancelSlice = this.#clock.soon(() => {
        this.#work();
      });
      return;
    }
    this.#exporter.whenRoom(() => {
      if (this.#isWorking && !this.#cancelSlice)
        this.#cancelSlice = this.#clock.soon(() => {
          this.#work();
        });
    });
  }

  /** Deals with flows until the slice is over; whether there may be more. */
  #slice(next: () => boolean, signal?: AbortSignal): boolean {
    const end = this.#clock.monotonicMilliseconds() + SLICE_MILLISECONDS;
    for (let flows = 1; flows <= SLICE_FLOWS; flows++) {
      if (!this.#exporter.accepting && !signal?.aborted) return true;
      if (!next()) return false;
      if (flows % CLOCK_FLOWS === 0 && this.#clock.monotonicMilliseconds() >= end) break;
    }
    return true;
  }
}
