/** What happens to records between the sources and the sinks' queues. */
export interface FlowPath {
  /** Whether records can wait here: in a table, while others that pass them on at once have to hold their sources back. */
  readonly keepsRecords: boolean;
  /** Begins to send on what was received. */
  start(): void;
  /**
   * The end, after all sources have stopped: sends on what there is, and resolves when nothing is left. Waits for room in the sinks until
   * `signal` is aborted; from then on a sink without room drops, counted.
   */
  drain(signal: AbortSignal): Promise<void>;
}
