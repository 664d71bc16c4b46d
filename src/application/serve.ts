import type { AwaitMetadata } from './await-metadata.js';
import type { ExportFlows } from './export-flows.js';
import type { GuardMemory } from './guard-memory.js';
import type { Clock } from './ports/clock.js';
import type { FlowPath } from './ports/flow-path.js';
import type { FlowSink } from './ports/flow-sink.js';
import type { FlowSource } from './ports/flow-source.js';
import type { KubernetesMetadata } from './ports/kubernetes-metadata.js';
import type { Logger } from './ports/logger.js';
import type { MetricsReader } from './ports/metrics-reader.js';
import type { RecordReceiver } from './ports/record-receiver.js';
import type { Summarize } from './summarize.js';

/** The end may take 10 s (flow-rules.md §6, shutdown); what closes when time is up needs the rest of it. */
const DRAIN_MILLISECONDS = 9500;

/** So long flows wait for room in the sinks; the rest of the time is for what is queued by then. */
const WAIT_FOR_ROOM_MILLISECONDS = 7500;

/** What a service is made of. */
export interface ServeParts {
  readonly sources: readonly FlowSource[];
  readonly sinks: readonly FlowSink<unknown>[];
  readonly receiver: RecordReceiver;
  /** Between receiver and sinks. */
  readonly path: FlowPath;
  readonly exportFlows: Pick<ExportFlows, 'add' | 'drain'>;
  /** Where there is a table to evict flows from. */
  readonly guardMemory: Pick<GuardMemory, 'start' | 'stop'> | undefined;
  readonly kubernetes: Pick<KubernetesMetadata, 'close'>;
  readonly awaitMetadata: Pick<AwaitMetadata, 'run' | 'cancel'>;
  readonly summarize: Pick<Summarize, 'start' | 'stop' | 'totals'>;
  readonly metrics: MetricsReader;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What the end of a service left behind. */
export interface DrainOutcome {
  /** Flows that some sink had not taken when time was up; a flow counts once for each such sink. */
  readonly undelivered: number;
}

/** The life of a service: everything starts in order, and ends so that nothing that was received is lost. */
export class Serve {
  readonly #parts: ServeParts;
  #state: 'new' | 'starting' | 'running' | 'draining' | 'over' = 'new';

  constructor(parts: ServeParts) {
    this.#parts = parts;
  }

  /** Why exporters should not be sent here, undefined if they should: ready is when the collectors listen, whatever the sinks do. */
  get notReady(): string | undefined {
    switch (this.#state) {
      case 'new':
      case 'starting':
        return 'the collectors do not listen yet';
      case 'running':
        return undefined;
      default:
        return 'the service is ending';
    }
  }

  /**
   * Starts everything; the sources last, so that the first record finds all in place. In a cluster they listen, and are read from when its
   * objects are known. What can't be held back and can't be kept either begins to listen only then.
   *
   * @throws what a source threw that can't listen; all that was started is stopped again
   */
  async start(): Promise<void> {
    const { sources, sinks, exportFlows, path, guardMemory, awaitMetadata, summarize, logger } = this.#parts;
    this.#state = 'starting';
    for (const sink of sinks) exportFlows.add(sink);
    if (sinks.length === 0) logger.info('no sink is enabled: flows are aggregated and counted, and sent nowhere');
    guardMemory?.start();
    const known = awaitMetadata.run().then(() => {
      if (this.#state === 'starting' || this.#state === 'running') path.start();
    });
    const canWait = ({ canPause }: FlowSource): boolean => canPause || path.keepsRecords;
    try {
      for (const source of sources.filter(canWait)) await this.#startSource(source);
      const others = sources.filter((source) => !canWait(source));
      if (others.length > 0) await known;
      for (const source of others) await this.#startSource(source);
    } catch (error) {
      await this.drain();
      throw error;
    }
    // Asked to end while it waited.
    if (!this.#isStarting()) return;
    summarize.start();
    this.#state = 'running';
  }

  #isStarting(): boolean {
    return this.#state === 'starting';
  }

  async #startSource(source: FlowSource): Promise<void> {
    if (!this.#isStarting()) return;
    const { receiver, logger } = this.#parts;
    await source.start(receiver);
    if (!this.#isStarting()) {
      // Asked to end meanwhile, when there was nothing to stop yet.
      await source.stop();
      return;
    }
    logger.info('exporters can connect', { transport: source.name, address: source.address });
  }

  /**
   * Ends: sources stop, every updated flow is exported (those that wait for their other half, too), the sinks are flushed and closed.
   * Takes at most 10 s.
   */
  async drain(): Promise<DrainOutcome> {
    const { sources, exportFlows, path, guardMemory, awaitMetadata, kubernetes, summarize, clock, logger } =
      this.#parts;
    const begun = clock.monotonicMilliseconds();
    const hadStarted = this.#state === 'running';
    const droppedBefore = this.#dropped();
    const noRoom = new AbortController();
    this.#state = 'draining';
    const cancel = clock.after(WAIT_FOR_ROOM_MILLISECONDS, () => {
      noRoom.abort();
    });
    guardMemory?.stop();
    awaitMetadata.cancel();
    await Promise.all(sources.map((source) => source.stop()));
    await path.drain(noRoom.signal);
    cancel();
    await exportFlows.drain(Math.max(0, DRAIN_MILLISECONDS - (clock.monotonicMilliseconds() - begun)));
    await kubernetes.close();
    summarize.stop();
    if (hadStarted) logger.info('totals', summarize.totals());
    this.#state = 'over';
    return { undelivered: this.#dropped() - droppedBefore };
  }

  #dropped(): number {
    return this.#parts.metrics.sum('weir_sink_records_dropped_total');
  }
}
