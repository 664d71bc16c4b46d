import { inject, injectable } from 'inversify';
import { RecordBatchBuilder } from '../domain/batch/record-batch-builder.js';
import type { FlowRecord } from '../domain/flow/flow-record.js';
import type { Enrich } from './enrich.js';
import type { HoldExporters } from './hold-exporters.js';
import type { BatchExporter } from './ports/batch-exporter.js';
import type { Cancel, Clock } from './ports/clock.js';
import type { FlowPath } from './ports/flow-path.js';
import type { Counter, Metrics } from './ports/metrics.js';
import type { RecordReceiver } from './ports/record-receiver.js';
import { takenCounter } from './record-counters.js';
import { APPLICATION } from './symbols.js';

/** A record waits for others so long; with a sink's own gathering that stays well below a second. */
const FLUSH_MILLISECONDS = 200;

/**
 * Proxy mode (flow-rules.md §8): each record is completed and sent on by itself. There is no table, so while there is a sink and no
 * healthy one has room exporters are held back; those that can't be have their records queued, where the oldest go first, counted.
 */
@injectable()
export class ForwardRecords implements RecordReceiver, FlowPath {
  readonly keepsRecords = false;
  readonly #enrich: Enrich;
  readonly #exporter: BatchExporter;
  readonly #hold: HoldExporters;
  readonly #clock: Clock;
  readonly #taken: Counter;
  readonly #builder: RecordBatchBuilder;
  #stop: Cancel | undefined;
  #isHeld = false;

  constructor(
    @inject(APPLICATION.Enrich) enrich: Enrich,
    @inject(APPLICATION.BatchExporter) exporter: BatchExporter,
    @inject(APPLICATION.HoldExporters) hold: HoldExporters,
    @inject(APPLICATION.Clock) clock: Clock,
    @inject(APPLICATION.Metrics) metrics: Metrics,
  ) {
    this.#enrich = enrich;
    this.#exporter = exporter;
    this.#hold = hold;
    this.#clock = clock;
    this.#taken = takenCounter(metrics);
    this.#builder = new RecordBatchBuilder(enrich.metadata.objects.strings.dictionary);
  }

  receive(record: FlowRecord): void {
    this.#enrich.record(this.#builder.add(record));
    this.#taken.add();
    if (this.#builder.isFull) this.#flush();
  }

  start(): void {
    this.#stop ??= this.#clock.every(FLUSH_MILLISECONDS, () => {
      // What no sink has room for waits here: it would only push out what waits there.
      if (this.#exporter.accepting) this.#flush();
    });
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.#stop?.();
    this.#stop = undefined;
    if (this.#builder.length > 0 && !this.#exporter.accepting && !signal.aborted) {
      await new Promise<void>((resolve) => {
        signal.addEventListener(
          'abort',
          () => {
            resolve();
          },
          { once: true },
        );
        this.#exporter.whenRoom(resolve);
      });
    }
    this.#flush();
  }

  #flush(): void {
    const batch = this.#builder.take();
    if (batch) this.#exporter.export(batch);
    if (this.#exporter.accepting || this.#isHeld) return;
    this.#isHeld = true;
    this.#hold.hold('sinks');
    this.#exporter.whenRoom(() => {
      this.#isHeld = false;
      this.#hold.release('sinks');
    });
  }
}
