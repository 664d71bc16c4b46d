import { FLOW_LOG_COLUMNS } from '../../src/adapters/flow-log/columns.js';
import { FlowLog } from '../../src/adapters/flow-log/flow-log.js';
import type { FlowLogOptions } from '../../src/adapters/flow-log/options.js';
import { aBatch } from '../support/a-batch.js';
import { DiskDestination } from '../support/contracts/disk-destination.js';
import { ID_NAME } from '../support/contracts/numbered-flows.js';
import { describeSinkContract } from '../support/contracts/sink-contract.js';
import type { ArrivedFlow, SinkContext } from '../support/contracts/sink-harness.js';
import { readCsv } from '../support/csv-reader.js';

/** Flows of whole lines; undefined if the last one ends within a text that has line breaks of its own. */
function flowsOfCsv(octets: Buffer): ArrivedFlow[] | undefined {
  const text = octets.toString();
  if ((text.split('"').length - 1) % 2 === 1) return undefined;
  return readCsv(text).map((fields) => {
    const texts = Object.fromEntries(FLOW_LOG_COLUMNS.map((name, column) => [name, fields[column]!]));
    return { id: Number(texts[ID_NAME]), texts };
  });
}

const sinkOf =
  (options: Partial<FlowLogOptions> = {}) =>
  ({ path, files }: DiskDestination, { clock, logger }: SinkContext): FlowLog =>
    new FlowLog({ path, compress: false, prettyPrint: false, ...options }, { clock, logger, files });

describeSinkContract('FlowLog', {
  abilities: {
    holdsBack: true,
    noticesAbsence: true,
    noticesVanishing: true,
    leavesInOrder: { because: 'a file says nothing; that others move or remove it has tests of its own' },
    confirms: true,
    countersArrive: { because: 'the columns of the flow log are those of Antrea, which have none' },
  },
  repeats: 'none',
  encodes: false,
  destination: async () => new DiskDestination(flowsOfCsv),
  sink: sinkOf(),
  filter: {
    sink: sinkOf({
      filters: [{ ingressNetworkPolicyRuleActions: ['Drop', 'Reject'], egressNetworkPolicyRuleActions: [] }],
    }),
    batch: () =>
      aBatch([0, 2, 1, 3, 0].map((action, id) => ({ ingressNetworkPolicyRuleAction: action, [ID_NAME]: id }))),
    passing: [1, 3],
  },
});
