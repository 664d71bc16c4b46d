import type { Cancel, Clock } from '../../application/ports/clock.js';
import type { Logger } from '../../application/ports/logger.js';
import type { Cluster } from './cluster.js';
import { Exporter } from './exporter.js';
import { FlowPopulation } from './flow-population.js';
import { LedgerFile } from './ledger-file.js';
import { ledgerEntry, type Ledger } from './ledger.js';
import { simulationOptions, type SimulationOptions } from './options.js';
import { Rate } from './rate.js';
import type { FlowHalf, SimulatedFlow } from './simulated-flow.js';
import { newStatistics, type SimulationStatistics, type StatisticsCells } from './statistics.js';

/** Between two looks at what the rate allows. */
const SLICE_MS = 10;

/** Records made before the event loop gets its turn: for each exporter most of a batch, and in all not more than some milliseconds' work. */
const TURN_RECORDS = { perNode: 128, most: 4096 } as const;

/** How long a collector may take for what was already sent when the simulation ends. */
const CLOSE_PATIENCE_MS = 5000;

/** What a simulation needs of the program around it. */
export interface SimulationContext {
  readonly clock: Clock;
  readonly logger: Logger;
  /** In place of the file that the options name. */
  readonly ledger?: Ledger;
}

/**
 * A cluster's worth of agents that report flows to a collector (flow-rules §1–§5 from the agents' side), and a ledger of what they sent.
 *
 * Flows report in rounds, each once a round; all that a round contains depends on the seed alone. The rate and the collector decide only
 * how fast the rounds go by: when one agent's collector is slow or away, all wait for it, so that no record is ever skipped.
 */
export class Simulation {
  readonly options: SimulationOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #statistics: StatisticsCells = newStatistics();
  #ledger: Ledger | null;
  #exporters: readonly Exporter[] = [];
  #population: FlowPopulation | null = null;
  /** Ends the pause under way. */
  #wake: (() => void) | null = null;
  /** Ends the pause under way if it is one for room in an exporter. */
  #roomAgain: (() => void) | null = null;
  #stopping = false;
  #resolveFinished!: (statistics: SimulationStatistics) => void;
  #rejectFinished!: (reason: unknown) => void;

  /** Resolves with the final statistics when all is sent, closed and in the ledger; rejects if the ledger can't be written. */
  readonly finished = new Promise<SimulationStatistics>((resolve, reject) => {
    this.#resolveFinished = resolve;
    this.#rejectFinished = reject;
  });

  /** Does nothing yet. @throws RangeError naming the option whose value makes no sense */
  constructor(options: Partial<SimulationOptions>, context: SimulationContext) {
    this.options = simulationOptions(options);
    this.#clock = context.clock;
    this.#logger = context.logger;
    this.#ledger = context.ledger ?? null;
    // Told to whoever waits; that nobody does is no error.
    this.finished.catch(() => undefined);
  }

  /** What was done so far; a snapshot. */
  get statistics(): SimulationStatistics {
    return { ...this.#statistics, connectionsOpen: this.#exporters.filter((exporter) => exporter.connected).length };
  }

  /** The simulated cluster; null before the start. */
  get cluster(): Cluster | null {
    return this.#population?.cluster ?? null;
  }

  /** Begins to connect and to report. Has no effect the second time, or after {@link stop}. */
  start(): void {
    if (this.#population || this.#stopping) return;
    const population = new FlowPopulation(this.options, this.#statistics);
    this.#population = population;
    if (this.options.ledger !== undefined) this.#ledger ??= new LedgerFile(this.options.ledger);
    const context = {
      options: this.options,
      clock: this.#clock,
      logger: this.#logger,
      statistics: this.#statistics,
      onRoom: () => this.#roomAgain?.(),
      onSettled: (half: FlowHalf) => {
        this.#writeIfOver(half.flow);
      },
    };
    this.#exporters = population.cluster.nodes.map((node) => new Exporter(node, context));
    for (const exporter of this.#exporters) exporter.open();
    this.#run(population).then(this.#resolveFinished, this.#rejectFinished);
  }

  /** Ends the simulation: sends what was reported, closes the connections, completes the ledger. Resolves as {@link finished}. */
  async stop(): Promise<SimulationStatistics> {
    if (!this.#population && !this.#stopping) this.#resolveFinished(this.statistics);
    this.#stopping = true;
    this.#wake?.();
    return this.finished;
  }

  async #run(population: FlowPopulation): Promise<SimulationStatistics> {
    const { durationMs } = this.options;
    const cancelEnd = durationMs === undefined ? null : this.#clock.after(durationMs, () => void this.stop());
    try {
      await this.#report(population);
    } finally {
      cancelEnd?.();
      this.#stopping = true;
      await Promise.all(this.#exporters.map((exporter) => exporter.close(CLOSE_PATIENCE_MS)));
      // Flows that ended are in the ledger already: all their writes are settled now.
      for (const flow of population.flows) if (!flow.ended) this.#writeIfSent(flow);
      await this.#ledger?.close();
    }
    return this.statistics;
  }

  async #report(population: FlowPopulation): Promise<void> {
    const { rate: fixedRate, nodes } = this.options;
    const rate = new Rate(fixedRate ?? this.#naturalRate(population));
    const turnRecords = Math.min(TURN_RECORDS.most, TURN_RECORDS.perNode * nodes);
    while (!this.#stopping) {
      const allowed = Math.min(turnRecords, rate.available(this.#clock.monotonicMilliseconds()));
      if (allowed < 1) {
        await this.#pause((resume) => this.#clock.after(SLICE_MS, resume));
        continue;
      }
      const before = this.#statistics.recordsSent;
      const outcome = this.#turn(population, allowed);
      rate.spend(this.#statistics.recordsSent - before);
      for (const exporter of this.#exporters) exporter.flush();
      if (outcome === 'ended') return;
      if (fixedRate === undefined) rate.set(this.#naturalRate(population));
      await this.#ledger?.drained();
      if (outcome === 'blocked') await this.#pause((resume) => this.#waitForRoom(resume));
      // Even with room again input comes first: write callbacks alone must not keep the loop from it.
      await this.#pause((resume) => this.#clock.soon(resume));
    }
  }

  /** Reports flow by flow until `allowed` records are made or an agent's connection is not ready. */
  #turn(population: FlowPopulation, allowed: number): 'ended' | 'blocked' | 'goesOn' {
    const unixSeconds = Math.floor(this.#clock.unixMilliseconds() / 1000);
    for (let made = 0; made < allowed;) {
      const flow = population.next;
      if (!flow) return 'ended';
      for (const half of flow.halves) if (!this.#exporterOf(half).ready) return 'blocked';
      flow.advance(unixSeconds);
      for (const half of flow.halves) this.#exporterOf(half).report(half, unixSeconds);
      made += flow.halves.length;
      population.reported();
    }
    return population.next ? 'goesOn' : 'ended';
  }

  #exporterOf(half: FlowHalf): Exporter {
    return this.#exporters[half.nodeIndex]!;
  }

  /** Records a second when every flow reports once in the agents' active timeout. */
  #naturalRate(population: FlowPopulation): number {
    return (population.recordsARound * 1000) / this.options.reportIntervalMs;
  }

  #waitForRoom(resume: () => void): Cancel {
    this.#roomAgain = resume;
    return () => {
      this.#roomAgain = null;
    };
  }

  /** Waits for what `arrange` arranges, or for the end. */
  async #pause(arrange: (resume: () => void) => Cancel): Promise<void> {
    if (this.#stopping) return;
    let cancel: Cancel | null = null;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      cancel = arrange(resolve);
    });
    this.#wake = null;
    (cancel as Cancel | null)?.();
  }

  #writeIfOver(flow: SimulatedFlow): void {
    if (flow.ended && flow.settled) this.#writeIfSent(flow);
  }

  #writeIfSent(flow: SimulatedFlow): void {
    if (this.#ledger && flow.halves.some((half) => half.sent > 0)) this.#ledger.write(ledgerEntry(flow));
  }
}
