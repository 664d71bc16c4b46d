import type { MetricsReader } from '../../application/ports/metrics-reader.js';
import { History } from './history.js';
import type { TrafficSink } from './traffic-sink.js';
import type { Snapshot, Totals } from './view.js';

/** What is known of the process that is watched. */
export interface ProcessUsage {
  /** Time on the processor since the start, user and system. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
}

/** Rows of each table that a tall terminal shows. */
const MOST_ROWS = 40;

/** Looks at a service once a second and remembers what it saw. */
export class Observer {
  readonly #metrics: MetricsReader;
  readonly #traffic: TrafficSink;
  readonly #usage: () => ProcessUsage;
  readonly #recordsPerSecond = new History();
  readonly #exportsPerSecond = new History();
  readonly #deniedPerSecond = new History();
  readonly #flows = new History();
  readonly #waiting = new History();
  readonly #cpu = new History();
  readonly #memoryBytes = new History();
  readonly #begun: number;
  #before: { seconds: number; received: number; exports: number; denied: number; cpuSeconds: number };

  /** @param seconds the time now, of a clock that never goes back */
  constructor(metrics: MetricsReader, traffic: TrafficSink, usage: () => ProcessUsage, seconds: number) {
    this.#metrics = metrics;
    this.#traffic = traffic;
    this.#usage = usage;
    this.#begun = seconds;
    this.#before = { seconds, received: 0, exports: 0, denied: 0, cpuSeconds: usage().cpuSeconds };
  }

  /** What is to be shown now. */
  look(title: string, facts: readonly string[], seconds: number): Snapshot {
    const passed = Math.max(1e-3, seconds - this.#before.seconds);
    const { cpuSeconds, residentBytes } = this.#usage();
    const totals = this.#totals();
    const exports = this.#metrics.sum('weir_flow_exports_total');
    const denied = this.#traffic.denied.total;
    this.#recordsPerSecond.add((totals.received - this.#before.received) / passed);
    this.#exportsPerSecond.add((exports - this.#before.exports) / passed);
    this.#deniedPerSecond.add((denied - this.#before.denied) / passed);
    this.#cpu.add((cpuSeconds - this.#before.cpuSeconds) / passed);
    this.#flows.add(this.#metrics.sum('weir_flows'));
    this.#waiting.add(this.#metrics.sum('weir_flows', { state: 'waiting' }));
    this.#memoryBytes.add(residentBytes);
    this.#traffic.advance(passed);
    this.#before = { seconds, received: totals.received, exports, denied, cpuSeconds };
    return {
      title,
      facts,
      elapsedSeconds: seconds - this.#begun,
      recordsPerSecond: this.#recordsPerSecond,
      exportsPerSecond: this.#exportsPerSecond,
      deniedPerSecond: this.#deniedPerSecond,
      flows: this.#flows,
      waiting: this.#waiting,
      cpu: this.#cpu,
      memoryBytes: this.#memoryBytes,
      totals,
      namespaces: this.#traffic.namespaces.top(MOST_ROWS),
      pods: this.#traffic.pods.top(MOST_ROWS),
      denied: this.#traffic.denied.latest(MOST_ROWS),
    };
  }

  #totals(): Totals {
    const sum = (name: string): number => this.#metrics.sum(name);
    return {
      received: sum('weir_records_received_total'),
      taken: sum('weir_records_taken_total'),
      older: sum('weir_records_older_total'),
      duplicate: sum('weir_records_duplicate_total'),
      dropped: sum('weir_records_dropped_total'),
    };
  }
}
