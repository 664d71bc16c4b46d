import { Cluster, type Pod } from './cluster.js';
import type { SimulationOptions } from './options.js';
import { Random } from './random.js';
import { formatOver } from './record-format.js';
import { RecordPool } from './record-pool.js';
import { SimulatedFlow } from './simulated-flow.js';
import type { StatisticsCells } from './statistics.js';
import { Traffic } from './traffic.js';

/**
 * The flows that are alive, and whose turn it is. All flows report once in a round, in the same order; one that ended is replaced in its
 * place, and Pods are replaced between rounds. So the sequence of reports depends on the seed alone, not on time or on the collector.
 */
export class FlowPopulation {
  readonly cluster: Cluster;
  readonly #options: SimulationOptions;
  readonly #statistics: StatisticsCells;
  readonly #random: Random;
  readonly #traffic: Traffic;
  readonly #records: RecordPool;
  #flows: SimulatedFlow[] = [];
  #turn = 0;
  #numbers = 0;
  #recordsARound = 0;
  #podsDue = 0;

  constructor(options: SimulationOptions, statistics: StatisticsCells) {
    this.#options = options;
    this.#records = new RecordPool(formatOver(options.transport));
    this.#statistics = statistics;
    this.#random = new Random(options.seed);
    this.cluster = new Cluster(options, this.#random);
    this.#traffic = new Traffic(this.cluster, options, this.#random);
    for (let place = 0; place < options.flows; place++) this.#flows.push(this.#newFlow());
    statistics.flowsAlive = this.#flows.length;
  }

  /** The flows alive. */
  get flows(): readonly SimulatedFlow[] {
    return this.#flows;
  }

  /** Records in a round, as things are. */
  get recordsARound(): number {
    return this.#recordsARound;
  }

  /** Whose turn it is; null when all flows have ended and none comes after. */
  get next(): SimulatedFlow | null {
    return this.#flows[this.#turn] ?? null;
  }

  /** The flow whose turn it was has reported: it stays, or ends and another takes its place. @returns whether a round was completed */
  reported(): boolean {
    const flow = this.#flows[this.#turn];
    if (flow?.ended === true) {
      this.#statistics.flowsEnded++;
      flow.release(this.#records);
      if (this.#options.reportsPerFlow === undefined) {
        this.#recordsARound -= flow.halves.length;
        this.#flows[this.#turn] = this.#newFlow();
      }
    }
    this.#turn++;
    if (this.#turn < this.#flows.length) return false;
    this.#endRound();
    return true;
  }

  #endRound(): void {
    this.#turn = 0;
    this.#statistics.rounds++;
    if (this.#options.reportsPerFlow !== undefined) {
      this.#flows = this.#flows.filter((flow) => !flow.ended);
      this.#recordsARound = this.#flows.reduce((sum, flow) => sum + flow.halves.length, 0);
    } else {
      this.#replacePods();
    }
    this.#statistics.flowsAlive = this.#flows.length;
  }

  /** Their successors take part in new flows from now on; the flows of the old ones report once more. */
  #replacePods(): void {
    this.#podsDue += this.cluster.podCount * this.#options.podReplacement;
    for (; this.#podsDue >= 1; this.#podsDue--) {
      const pod: Pod = this.cluster.anyPod(this.#random);
      this.cluster.replacePod(pod);
      this.#statistics.podsReplaced++;
    }
  }

  #newFlow(): SimulatedFlow {
    const flow = new SimulatedFlow(++this.#numbers, this.#traffic.next(), this.#records);
    this.#recordsARound += flow.halves.length;
    this.#statistics.flowsBegun++;
    return flow;
  }
}
