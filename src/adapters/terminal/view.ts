import type { DeniedCount } from './denied-flows.js';
import type { History } from './history.js';
import type { Rate } from './top-rates.js';

/** What a view shows: the service as it is this second. */
export interface Snapshot {
  /** What is being watched, beside the program's name. */
  readonly title: string;
  /** Things to know about it, each short: where it listens, what sends to it. */
  readonly facts: readonly string[];
  readonly elapsedSeconds: number;
  /** A second's worth, lately. */
  readonly recordsPerSecond: History;
  readonly exportsPerSecond: History;
  readonly deniedPerSecond: History;
  /** Of the moment. */
  readonly flows: History;
  readonly waiting: History;
  /** Cores that the service keeps busy: 0.5 is half of one. */
  readonly cpu: History;
  readonly memoryBytes: History;
  readonly totals: Totals;
  /** As many as a tall terminal shows. */
  readonly namespaces: readonly Rate[];
  readonly pods: readonly Rate[];
  readonly denied: readonly DeniedCount[];
}

/** Records since the start, by what became of them. */
export interface Totals {
  readonly received: number;
  readonly taken: number;
  readonly older: number;
  readonly duplicate: number;
  readonly dropped: number;
}

/** Shows a service to a person. */
export interface View {
  /** Shows this from now on. */
  show(snapshot: Snapshot): void;
  /** Leaves the terminal as it was. */
  close(): void;
}
