import { expect, it } from '@jest/globals';
import { balancedAtRest } from '../support/balance.js';
import { tcpCollector } from '../support/collector.js';
import { eventually } from '../support/eventually.js';
import { outputLayout } from '../support/output-layout.js';
import { testCluster } from './support/cluster.js';
import { asRead, elementsOf, inOrder } from './support/expected-records.js';
import { Oracle } from './support/oracle.js';
import { testRecords } from './support/records.js';
import { sendRecords } from './support/senders.js';
import { apiServerWith, complaintsOf, weirInCluster } from './support/weir-in-cluster.js';

it('two instances in Proxy mode deliver what each was given to one collector, each record once', async () => {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const cluster = testCluster(nowSeconds);
  const server = await apiServerWith(cluster);
  const collector = await tcpCollector();
  const instances = [
    { transport: 'tcp', observationDomainID: 101, origin: { address: '127.0.0.1', domain: 7 } },
    { transport: 'grpc', observationDomainID: 102, origin: { address: '127.0.0.2', domain: 8 } },
  ] as const;
  const records = testRecords(nowSeconds);
  const parts = instances.map((_, i) => records.filter((_record, number) => number % 3 === 0 || number % 2 === i));
  const weirs = await Promise.all(
    instances.map(({ transport, observationDomainID }) =>
      weirInCluster(server, { transport, collector: { address: collector.address, observationDomainID } }),
    ),
  );

  await Promise.all(instances.map(({ transport, origin }, i) => sendRecords(weirs[i]!, transport, parts[i]!, origin)));
  const count = parts.flat().length;
  await eventually('all records are delivered', () => collector.records.length >= count);
  for (const [i, weir] of weirs.entries()) {
    const metrics = await balancedAtRest(weir);
    expect(metrics.sum('weir_records_received_total')).toBe(parts[i]!.length);
    expect(metrics.sum('weir_sink_records_delivered_total')).toBe(parts[i]!.length);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
    expect(complaintsOf(weir)).toEqual([]);
  }

  const oracle = new Oracle(cluster, nowSeconds, { podLabels: true, uids: true });
  const layouts = { 4: outputLayout(4, ALL, 'Proxy'), 6: outputLayout(6, ALL, 'Proxy') } as const;
  expect(collector.problems).toEqual([]);
  for (const [i, { observationDomainID, origin }] of instances.entries()) {
    const messages = collector.messages.filter(
      ({ observationDomainId }) => observationDomainId === observationDomainID,
    );
    let sequence = 0;
    for (const message of messages) {
      expect(message.sequenceNumber).toBe(sequence);
      sequence += message.records.length;
    }
    expect(inOrder(messages.flatMap((message) => message.records).map(elementsOf))).toEqual(
      inOrder(parts[i]!.map(({ family, values }) => asRead(layouts[family], oracle.forwarded(values, origin)))),
    );
  }
  expect(collector.records).toHaveLength(count);
});

const ALL = { includeK8sNames: true, includeK8sUIDs: true };
