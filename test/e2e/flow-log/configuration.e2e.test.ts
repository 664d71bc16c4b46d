import { describe, expect, it } from '@jest/globals';
import { message, record, set, template, type Values } from '../../support/ipfix-messages.js';
import { connectTo } from '../support/exporting.js';
import { eventually } from '../support/eventually.js';
import { temporaryDirectory } from '../support/program.js';
import type { Settings } from '../support/weir-process.js';
import { LoggingWeir, rowsOf } from './support/logging-weir.js';

const FIELDS = [
  'sourceIPv4Address',
  'destinationIPv4Address',
  'sourceTransportPort',
  'destinationTransportPort',
  'protocolIdentifier',
  'flowStartSeconds',
  'flowEndSeconds',
  'packetTotalCount',
  'packetDeltaCount',
  'flowType',
  'sourcePodName',
  'ingressNetworkPolicyRuleAction',
  'egressNetworkPolicyRuleAction',
] as const;
const TEMPLATE = 300;
const [TCP, UDP] = [6, 17];
const [NONE, ALLOW, DROP, REJECT] = [0, 1, 2, 3];

/** Has a flow for each pair of actions logged, and resolves with the rows of the log. */
async function logAllActions(flowLogger: Settings): Promise<{ log: LoggingWeir; rows: string[][]; filtered: number }> {
  const log = await LoggingWeir.start(flowLogger, `${temporaryDirectory()}/made/for/it`);
  const exporter = await connectTo(log.weir.ipfixPort);
  exporter.write(message({}, set(2, template(TEMPLATE, FIELDS))));
  let sequence = 0;
  for (const ingress of [NONE, ALLOW, DROP, REJECT]) {
    for (const egress of [NONE, ALLOW, DROP, REJECT]) {
      const values: Values = {
        sourceIPv4Address: '10.0.0.1',
        destinationIPv4Address: '10.9.9.9',
        sourceTransportPort: 1_000 + sequence,
        destinationTransportPort: 80,
        protocolIdentifier: sequence % 2 === 0 ? TCP : UDP,
        flowStartSeconds: 1_700_000_000,
        flowEndSeconds: 1_700_000_010,
        packetTotalCount: 7,
        packetDeltaCount: 7,
        flowType: 1,
        sourcePodName: `in ${ingress}, out ${egress}`,
        ingressNetworkPolicyRuleAction: ingress,
        egressNetworkPolicyRuleAction: egress,
      };
      exporter.write(message({ sequence: sequence++ }, set(TEMPLATE, record(FIELDS, values))));
    }
  }
  await eventually('all are exported', async () => (await log.weir.metrics()).sum('weir_flow_exports_total') === 16);
  const metrics = await log.atRest();
  const filtered = metrics.sum('weir_sink_records_filtered_total', { sink: 'flow-log' });
  const rows = rowsOf(log.text());
  expect(rows).toHaveLength(await log.delivered());
  return { log, rows, filtered };
}

/** Protocol, Pod, ingress and egress action of rows, by the port of the source. */
function essence(rows: readonly string[][]): string[][] {
  return rows
    .toSorted((a, b) => Number(a[4]) - Number(b[4]))
    .map((row) => [6, 7, 20, 25].map((column) => row[column]!));
}

describe('the flow log as the configuration has it', () => {
  it('is in a directory that is made, with names for people, unfiltered', async () => {
    const { log, rows, filtered } = await logAllActions({});
    expect(filtered).toBe(0);
    expect(essence(rows).slice(0, 6)).toEqual([
      ['TCP', 'in 0, out 0', '', ''],
      ['UDP', 'in 0, out 1', '', 'Allow'],
      ['TCP', 'in 0, out 2', '', 'Drop'],
      ['UDP', 'in 0, out 3', '', 'Reject'],
      ['TCP', 'in 1, out 0', 'Allow', ''],
      ['UDP', 'in 1, out 1', 'Allow', 'Allow'],
    ]);
    expect(rows[0]!.slice(0, 2)).toEqual(['1700000000', '1700000010']);
    expect(log.weir.logged(/flows are logged to a file/).map(({ path }) => path)).toEqual([log.path]);
  });

  it('has what one of its filters matches, and numbers if that is wanted', async () => {
    const filters = [
      { ingressNetworkPolicyRuleActions: ['Drop', 'Reject'], egressNetworkPolicyRuleActions: ['None', 'Allow'] },
      { egressNetworkPolicyRuleActions: ['Reject'] },
    ];
    const { rows, filtered } = await logAllActions({ filters, prettyPrint: false });
    expect(filtered).toBe(16 - 8);
    expect(essence(rows)).toEqual([
      ['17', 'in 0, out 3', '0', '3'],
      ['17', 'in 1, out 3', '1', '3'],
      ['6', 'in 2, out 0', '2', '0'],
      ['17', 'in 2, out 1', '2', '1'],
      ['17', 'in 2, out 3', '2', '3'],
      ['6', 'in 3, out 0', '3', '0'],
      ['17', 'in 3, out 1', '3', '1'],
      ['17', 'in 3, out 3', '3', '3'],
    ]);
  });
});
