/** What a simulation has done so far. Numbers only grow, but for those of the moment. */
export interface SimulationStatistics {
  /** Records handed to a connection. */
  readonly recordsSent: number;
  /** Records that the kernel took: the write's callback, not the collector's word. */
  readonly recordsConfirmed: number;
  /** Records whose write failed, or whose connection broke before it was confirmed. Some of these may have arrived. */
  readonly recordsLost: number;
  /** Bytes of all messages with records. */
  readonly bytesSent: number;
  /** Flows that were ever alive: those that ended and those that are alive now. */
  readonly flowsBegun: number;
  /** Flows that made their last report. */
  readonly flowsEnded: number;
  /** Flows alive now. */
  readonly flowsAlive: number;
  /** Rounds completed: in each, every flow reports once. */
  readonly rounds: number;
  /** Pods that others took the place of. */
  readonly podsReplaced: number;
  /** Connections open now. */
  readonly connectionsOpen: number;
  /** Failed attempts to connect, broken connections, refused datagrams. */
  readonly errors: number;
  /** Connections that were opened again. */
  readonly reconnects: number;
}

/** The cells that the parts of a simulation count in. */
export type StatisticsCells = { -readonly [Name in keyof SimulationStatistics]: SimulationStatistics[Name] };

/** Cells at 0. */
export function newStatistics(): StatisticsCells {
  return {
    recordsSent: 0,
    recordsConfirmed: 0,
    recordsLost: 0,
    bytesSent: 0,
    flowsBegun: 0,
    flowsEnded: 0,
    flowsAlive: 0,
    rounds: 0,
    podsReplaced: 0,
    connectionsOpen: 0,
    errors: 0,
    reconnects: 0,
  };
}
