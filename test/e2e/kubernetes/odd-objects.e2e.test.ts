import { describe, expect, it } from '@jest/globals';
import { ANTREA_USER } from '../../support/kubernetes/rbac.js';
import { aNode } from '../../support/kubernetes/a-node.js';
import { aPod } from '../../support/kubernetes/a-pod.js';
import { aService } from '../../support/kubernetes/a-service.js';
import type { Values } from '../../support/ipfix-messages.js';
import type { IpfixRecord } from '../../support/ipfix-reader.js';
import { balancedAtRest } from '../support/balance.js';
import { tcpCollector } from '../support/collector.js';
import { eventually } from '../support/eventually.js';
import { outputLayout } from '../support/output-layout.js';
import { testCluster } from './support/cluster.js';
import { asRead, elementsOf, inOrder } from './support/expected-records.js';
import { Oracle } from './support/oracle.js';
import { between, passedOn } from './support/passed-on.js';
import { testRecords } from './support/records.js';
import { sendRecords } from './support/senders.js';
import { apiServerWith, complaintsOf, weirInCluster } from './support/weir-in-cluster.js';

const ORIGIN = { address: '127.0.0.1', domain: 7 };
const ALL = { includeK8sNames: true, includeK8sUIDs: true };
const nowSeconds = (): number => Math.floor(Date.now() / 1000);

describe('a Weir that may not read everything', () => {
  for (const [resource, verb, found] of [
    ['pods', 'list', { pods: [] }],
    ['services', 'list', { services: [] }],
    ['pods', 'watch', {}],
  ] as const) {
    it(`says so of ${verb} ${resource}, and passes on what it can`, async () => {
      const now = nowSeconds();
      const cluster = testCluster(now);
      const server = await apiServerWith(cluster);
      server.users.deny({ resource, verb });
      const collector = await tcpCollector();
      const weir = await weirInCluster(server, { collector: { address: collector.address } });
      const records = testRecords(now).filter((_, number) => number % 7 === 0);
      await sendRecords(weir, 'tcp', records, ORIGIN);
      await eventually('all records are delivered', () => collector.records.length === records.length);

      const oracle = new Oracle({ ...cluster, ...found }, now, { podLabels: true, uids: true });
      expect(inOrder(collector.records.map(elementsOf))).toEqual(
        inOrder(
          records.map(({ family, values }) =>
            asRead(outputLayout(family, ALL, 'Proxy'), oracle.forwarded(values, ORIGIN)),
          ),
        ),
      );
      await balancedAtRest(weir);
      const said = await eventually('it says so', () => complaintsOf(weir)[0]);
      expect(said.level).toBe('warn');
      expect(said.message).toContain(`may not ${verb} ${resource}`);
      expect(said.message).toContain(`User "${ANTREA_USER}" cannot ${verb} resource "${resource}"`);
      expect(said.message).toContain(`a ClusterRole must grant verb ${verb} on ${resource}`);
      expect(await weir.stop()).toEqual({ code: 0, signal: null });
      expect(complaintsOf(weir)).toHaveLength(1);
    });
  }
});

const UID = '11111111-2222-4333-8444-555555555555';

it('objects that are odd do no harm, and what changes is known at once', async () => {
  const server = await apiServerWith(testCluster(nowSeconds()));
  const created = new Date((nowSeconds() - 3600) * 1000).toISOString();
  // All that an API server may give that is not quite as one expects.
  server.put('pods', { metadata: { name: 'bare', namespace: 'odd', uid: 'not-a-uuid' } });
  server.put(
    'pods',
    aPod({ name: 'static', namespace: 'odd', uid: 'f'.repeat(32), ips: ['10.10.9.1'], node: 'node-none' }),
  );
  server.put('pods', aPod({ name: 'strange-address', namespace: 'odd', ips: ['10.10.9.999', ''], node: 'node-a' }));
  server.put('pods', aPod({ name: 'unlabelled', namespace: 'odd', ips: ['10.10.9.2'], node: 'node-a', labels: {} }));
  server.put('pods', aPod({ name: 'large', namespace: 'odd', ips: ['10.10.9.3'], node: 'node-a', padding: 200_000 }));
  server.put('nodes', aNode({ name: 'node-strange', internalIPs: ['nowhere', ''] }));
  server.put('services', aService({ name: 'headless', namespace: 'odd', clusterIPs: ['None'], ports: [] }));
  server.put('services', aService({ name: 'elsewhere', namespace: 'odd', type: 'ExternalName' }));
  const collector = await tcpCollector();
  const weir = await weirInCluster(server, { collector: { address: collector.address } });

  const none = { sourcePodName: '', sourcePodLabels: '', sourceNodeName: '', flowType: 0n };
  // Of two Pods of a host's network, and of an address that nobody has, nobody is the one.
  for (const address of ['192.168.77.1', '10.10.9.9', '0.0.0.0', '10.10.9.255'])
    expect(await passedOn(weir, collector, between(address, '198.51.100.7'))).toMatchObject(none);
  // It is on a Node that is not known.
  expect(await passedOn(weir, collector, between('10.10.9.1', '198.51.100.7'))).toMatchObject({
    ...{ sourcePodName: 'static', sourcePodNamespace: 'odd', sourceNodeName: 'node-none', flowType: 3n },
    sourceNodeUUID: '0'.repeat(32),
  });
  expect(await passedOn(weir, collector, between('198.51.100.7', '10.10.9.2'))).toMatchObject({
    ...{ destinationPodName: 'unlabelled', destinationPodLabels: '{}', flowType: 4n, flowDirection: 0n },
  });
  expect(await passedOn(weir, collector, between('10.10.9.3', '10.10.9.2'))).toMatchObject({
    ...{ sourcePodName: 'large', destinationPodName: 'unlabelled', flowType: 1n, flowDirection: 255n },
  });

  // A Pod comes, and is given an address.
  const running = { namespace: 'odd', node: 'node-b', createdAt: created } as const;
  server.put('pods', aPod({ name: 'hatching', namespace: 'odd', uid: UID, phase: 'Pending' }));
  server.put('pods', aPod({ ...running, name: 'hatching', uid: UID, ips: ['10.10.9.5'], labels: { v: '1' } }));
  const labelled = (source: string, labels: string, values: Values = {}): Promise<IpfixRecord> =>
    eventually(`labels ${labels}`, async () => {
      const record = await passedOn(weir, collector, { ...between(source, '10.10.9.2'), ...values });
      return record['sourcePodLabels'] === labels && record;
    });
  expect(await labelled('10.10.9.5', '{"v":"1"}')).toMatchObject({
    ...{ sourcePodName: 'hatching', sourceNodeName: 'node-b', flowType: 2n, flowDirection: 255n },
    sourcePodUUID: UID.replaceAll('-', ''),
  });

  // One changes its labels, and goes; another one gets its address.
  server.put('pods', aPod({ ...running, name: 'former', ips: ['10.10.9.4'], labels: { v: '1' } }));
  await labelled('10.10.9.4', '{"v":"1"}');
  server.edit('pods', 'odd', 'former', ({ metadata }) => (metadata.labels = { v: '2' }));
  await labelled('10.10.9.4', '{"v":"2"}');
  server.remove('pods', 'odd', 'former');
  const now = new Date().toISOString();
  server.put('pods', aPod({ ...running, name: 'latter', ips: ['10.10.9.4'], labels: { v: '3' }, createdAt: now }));
  const startingIn = (seconds: number): Values => ({
    flowStartSeconds: nowSeconds() + seconds,
    flowEndSeconds: nowSeconds() + seconds + 1,
  });
  expect(await labelled('10.10.9.4', '{"v":"3"}', startingIn(10))).toMatchObject({ sourcePodName: 'latter' });
  expect(await passedOn(weir, collector, { ...between('10.10.9.4', '10.10.9.2'), ...startingIn(-1800) })).toMatchObject(
    { sourcePodName: 'former', sourcePodLabels: '{"v":"2"}' },
  );

  await balancedAtRest(weir);
  expect(await weir.stop()).toEqual({ code: 0, signal: null });
  expect(complaintsOf(weir)).toEqual([]);
});
