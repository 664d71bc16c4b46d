import type { RecordReceiver } from './record-receiver.js';

/** Somewhere records come from: a transport that exporters connect to. The constructor opens nothing. */
export interface FlowSource {
  /** Short, for logs and metrics: the transport ("tcp", "udp", "tls", "grpc"). */
  readonly name: string;
  /** Where it listens once started, "address:port"; "" before. */
  readonly address: string;
  /** Whether `pause` has any effect: whether the transport can hold its sender back. */
  readonly canPause: boolean;
  /** Begins to listen and hands every record to the receiver. Rejects, naming the address, if it can't listen. */
  start(receiver: RecordReceiver): Promise<void>;
  /** Stops reading where the transport can hold its sender back; elsewhere does nothing. Before `start`: it listens then, and does not read. */
  pause(): void;
  /** Reads again. */
  resume(): void;
  /** Stops listening, hands over what was received, closes all sessions. */
  stop(): Promise<void>;
}
