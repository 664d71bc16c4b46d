import { expect } from '@jest/globals';
import type { Values } from '../../support/ipfix-messages.js';
import { expectedOutput, type Report, type TestFlow } from '../support/antrea-flows.js';
import { balancedAtRest } from '../support/balance.js';
import { tcpCollector } from '../support/collector.js';
import { dissected } from '../support/dissected.js';
import { eventually } from '../support/eventually.js';
import { outputLayout } from '../support/output-layout.js';
import { itWith } from '../support/peers.js';
import { Capture } from '../support/tshark.js';
import { CLUSTER_UUID, testCluster } from './support/cluster.js';
import { asRead, elementsOf, inOrder } from './support/expected-records.js';
import { isIngressHalf, needsOtherHalf, Oracle } from './support/oracle.js';
import { testRecords, type TestRecord } from './support/records.js';
import { sendRecords } from './support/senders.js';
import { apiServerWith, complaintsOf, weirInCluster } from './support/weir-in-cluster.js';

const ALL = { includeK8sNames: true, includeK8sUIDs: true };
const LAYOUTS = { 4: outputLayout(4, ALL), 6: outputLayout(6, ALL) } as const;

/** What one Node says about the destination of a connection whose source another one has told. */
function otherHalf({ values }: TestRecord): Values {
  return {
    ...Object.fromEntries(Object.entries(values).filter(([name]) => !/^(source(Pod|Node)|egress)/.test(name))),
    ...{ destinationPodName: 'plain-0', destinationPodNamespace: 'shop', destinationNodeName: 'told-by-the-other' },
    flowEndSeconds: Number(values['flowEndSeconds']) + 5,
  };
}

/** A flow for each record; some whose source is named have their other half told, too. */
function flowOf(record: TestRecord, number: number): TestFlow {
  const { family, values } = record;
  const isOfSource = Boolean(values['sourcePodName']) || isIngressHalf(values);
  const report: Report = { side: isOfSource ? 'source' : 'destination', values };
  if (!needsOtherHalf(values)) return { family, reports: [report] };
  if (isIngressHalf(values) || !isOfSource || number % 3 !== 0) return { family, reports: [report], isHalf: true };
  return { family, reports: [report, { side: 'destination', values: otherHalf(record) }] };
}

/** Connections from outside that a Node took in and whose other Node does not tell of. */
const ingress = (all: readonly TestRecord[]): TestRecord[] =>
  all
    .filter(({ values }) => values['flowType'] === 4 && !values['sourcePodName'] && !values['destinationPodName'])
    .map(({ family, values }, number) => ({
      family,
      values: {
        ...values,
        sourceTransportPort: 30_000 + number,
        ...{ [`proxySnatIPv${family}`]: family === 4 ? '10.0.0.1' : 'fd00::1', proxySnatPort: 40_000 + number },
      },
    }));

itWith(
  ['tshark'],
  'Aggregate mode completes flows with labels, UIDs and the halves that did not come, as tshark reads them',
  async () => {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const cluster = testCluster(nowSeconds);
    const server = await apiServerWith(cluster);
    const collector = await tcpCollector();
    const capture = await Capture.start('tcp', collector.port);
    const weir = await weirInCluster(server, {
      collector: { address: collector.address },
      settings: { mode: 'Aggregate', activeFlowRecordTimeout: '1s' },
    });

    const records = testRecords(nowSeconds);
    const flows = [...records, ...ingress(records)].map(flowOf);
    const halves = (side: Report['side']): TestRecord[] =>
      flows.flatMap(({ family, reports }) =>
        reports.filter((report) => report.side === side).map(({ values }) => ({ family, values })),
      );
    await sendRecords(weir, 'tcp', halves('source'), { address: '127.0.0.1', domain: 1 });
    await sendRecords(weir, 'tcp', halves('destination'), { address: '127.0.0.2', domain: 2 });
    await eventually('all flows are delivered', () => collector.records.length >= flows.length);
    const metrics = await balancedAtRest(weir);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });

    const oracle = new Oracle(cluster, nowSeconds, { podLabels: true, uids: true });
    const expected = flows.map((flow) => ({
      family: flow.family,
      values: oracle.completed(expectedOutput(flow, CLUSTER_UUID), flow.reports.length === 2),
    }));
    expect(inOrder(collector.records.map(elementsOf))).toEqual(
      inOrder(expected.map(({ family, values }) => asRead(LAYOUTS[family], values))),
    );
    expect(collector.problems).toEqual([]);
    expect(complaintsOf(weir)).toEqual([]);
    const sent = flows.flatMap(({ reports }) => reports).length;
    expect(metrics.sum('weir_records_taken_total')).toBe(sent);
    expect(metrics.sum('weir_flow_exports_total')).toBe(flows.length);
    expect(metrics.sum('weir_flows_ended_total', { reason: 'uncorrelated' })).toBe(
      flows.filter(({ isHalf }) => isHalf).length,
    );

    const { messages } = await capture.dissectRecords(flows.length);
    const seen = messages.flatMap((message) => message.records.map((record) => JSON.stringify(record)));
    expect(seen.sort()).toEqual(
      expected.map(({ family, values }) => JSON.stringify(dissected(LAYOUTS[family], values))).sort(),
    );
  },
);
