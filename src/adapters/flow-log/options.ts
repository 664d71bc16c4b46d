import type { RuleAction } from '../../domain/flow/enumerations.js';

/** What a rule of a network policy did with a connection; `None` if there was none. */
export type ActionName = keyof typeof RuleAction;

/** Which flows a filter matches: those whose two actions are both listed. An empty list has every action. */
export interface FlowLogFilter {
  readonly ingressNetworkPolicyRuleActions: readonly ActionName[];
  readonly egressNetworkPolicyRuleActions: readonly ActionName[];
}

/** Where and how flows are logged to a file. */
export interface FlowLogOptions {
  /** The sink's name in logs and metrics. @default 'flow-log' */
  readonly name?: string;
  /** The file. Its directory is made if there is none. */
  readonly path: string;
  /** Bytes that the file has at most, unless a single line has more. @default 104857600 */
  readonly maxSizeBytes?: number;
  /** Rotated files that are kept; 0 keeps all. @default 3 */
  readonly maxBackups?: number;
  /** Days after which a rotated file is deleted; 0 keeps it. @default 0 */
  readonly maxAgeDays?: number;
  /** Whether rotated files are compressed. @default true */
  readonly compress?: boolean;
  /** Flows that one of these matches are logged; all if there is none. @default [] */
  readonly filters?: readonly FlowLogFilter[];
  /** Whether names are written in place of some numbers. @default true */
  readonly prettyPrint?: boolean;
}
