import type { MessageBatch } from './message-batch.js';

/** What happens to a connection. */
export interface ConnectionEvents {
  /** Open, for the first time or again: the collector knows no template of this session yet. */
  opened(): void;
  /** Not open any more, or it could not be opened; it tries again by itself. */
  failed(error: Error): void;
}

/** An agent's way to the collector. The constructor opens nothing. */
export interface Connection {
  readonly isOpen: boolean;
  /** Opens it, and again whenever it breaks. */
  open(): void;
  /** Sends one message by itself; whether it arrives is not told. */
  sendMessage(message: Uint8Array): void;
  /**
   * Sends the messages of a batch, which must not be changed until `done` is called, once: with true if the kernel has taken all of them
   * for sure, else with false. Only while open.
   */
  send(batch: MessageBatch, done: (taken: boolean) => void): void;
  /** Ends it in order after what was sent; what is not sent within `patienceMs` is given up. Resolves when nothing is left open. */
  close(patienceMs: number): Promise<void>;
}
