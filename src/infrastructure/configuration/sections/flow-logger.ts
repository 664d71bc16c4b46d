import { RuleAction } from '../../../domain/flow/enumerations.js';
import { AtLeast } from '../checks.js';
import { Key, List } from '../key.js';
import { flag, integer, listOf, oneOf, text } from '../kinds.js';

/** What a policy's rule did to a connection, by the names that Antrea's file has. */
export type RuleActionName = keyof typeof RuleAction;

const ruleActions = listOf(oneOf(Object.keys(RuleAction) as RuleActionName[]));

/** flowLogger.filters[]: flows that are written. */
export class FlowFilterSection {
  @Key(ruleActions, { default: [], doc: 'What the rule at the destination did; an empty list matches anything.' })
  ingressNetworkPolicyRuleActions!: readonly RuleActionName[];

  @Key(ruleActions, { default: [], doc: 'What the rule at the source did; an empty list matches anything.' })
  egressNetworkPolicyRuleActions!: readonly RuleActionName[];
}

/** flowLogger: flows as lines of a file. */
export class FlowLoggerSection {
  @Key(flag, { default: false, doc: 'Writes flows to a file.' })
  enable!: boolean;

  @Key(text, { default: '', defaultDoc: "antrea-flows.log in the system's temporary directory", doc: 'The file.' })
  path!: string;

  @Key(integer, { default: 100, doc: 'Size in MiB at which the file is rotated.' })
  @AtLeast(0, String)
  maxSize!: number;

  @Key(integer, { default: 3, keepsZero: true, doc: 'Rotated files that are kept; 0 keeps all.' })
  @AtLeast(0, String)
  maxBackups!: number;

  @Key(integer, { default: 0, doc: 'Days after which a rotated file is deleted; 0 keeps it.' })
  @AtLeast(0, String)
  maxAge!: number;

  @Key(flag, { default: true, doc: 'Compresses rotated files.' })
  compress!: boolean;

  @Key(oneOf(['CSV']), { default: 'CSV', doc: 'Format of the lines.' })
  recordFormat!: 'CSV';

  @List(FlowFilterSection, 'Which flows are written: those that one of these filters matches, or all if there is none.')
  filters!: readonly FlowFilterSection[];

  @Key(flag, { default: true, doc: 'Writes names in place of some numbers.' })
  prettyPrint!: boolean;
}
