import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, it } from '@jest/globals';
import { writeKubeconfig } from '../../support/kubernetes/access.js';
import { internalError } from '../../support/kubernetes/fault.js';
import { balancedAtRest } from '../support/balance.js';
import { tcpCollector } from '../support/collector.js';
import { eventually } from '../support/eventually.js';
import { outputLayout } from '../support/output-layout.js';
import { temporaryDirectory } from '../support/program.js';
import { beginWeir, startWeir } from '../support/weir-process.js';
import { CLUSTER_UUID, putPod, testCluster } from './support/cluster.js';
import { asRead, elementsOf, inOrder } from './support/expected-records.js';
import { Oracle } from './support/oracle.js';
import { testRecords, type TestRecord } from './support/records.js';
import { sendRecords } from './support/senders.js';
import { apiServerWith, complaintsOf, inCluster, kubeconfigOf, weirInCluster } from './support/weir-in-cluster.js';

const ORIGIN = { address: '127.0.0.1', domain: 7 };
const ALL = { includeK8sNames: true, includeK8sUIDs: true };
const COMPLETION = { podLabels: true, uids: true };
const nowSeconds = (): number => Math.floor(Date.now() / 1000);

const asExpected = (records: readonly TestRecord[]) =>
  inOrder(records.map(({ family, values }) => asRead(outputLayout(family, ALL, 'Proxy'), values)));

/** A kubeconfig for a port that nobody listens on. */
async function nobody(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return writeKubeconfig(temporaryDirectory(), { url: `https://127.0.0.1:${port}`, token: 'none' });
}

it('records wait 30 s for an API server that can’t be reached, then leave without what it would tell', async () => {
  const kubeconfig = await nobody();
  const collector = await tcpCollector();
  const weir = await startWeir({
    settings: {
      mode: 'Proxy',
      recordContents: { podLabels: true },
      flowCollector: { enable: true, address: collector.address, includeK8sUIDs: true },
      ...inCluster(kubeconfig),
    },
  });
  const begun = performance.now();
  const records = testRecords(nowSeconds(), [4]).filter((_, number) => number % 40 === 0);
  await sendRecords(weir, 'tcp', records, ORIGIN);
  await eventually('the records are delivered', () => collector.records.length === records.length, {
    withinMs: 40_000,
  });
  const waited = performance.now() - begun;

  // Nothing is known, so nothing is completed; which way a record went it says itself.
  const uuid = String(collector.records[0]!['clusterId']);
  const oracle = new Oracle({ uuid, pods: [], nodes: [], services: [] }, nowSeconds(), COMPLETION);
  expect(inOrder(collector.records.map(elementsOf))).toEqual(
    asExpected(records.map(({ family, values }) => ({ family, values: oracle.forwarded(values, ORIGIN) }))),
  );
  expect(waited).toBeGreaterThan(20_000);
  await balancedAtRest(weir);
  expect(await weir.stop()).toEqual({ code: 0, signal: null });
  const told = complaintsOf(weir).map(({ message }) => message);
  expect(told).toEqual([
    'the UUID of the cluster is not known from Kubernetes',
    expect.stringMatching(/^the API server https:\/\/127\.0\.0\.1:\d+ is unreachable: connection refused/),
    "the cluster's objects are not known yet: flows leave without what Kubernetes knows until they are",
  ]);
});

it('a Weir that waits for the API server ends within 10 s of SIGTERM', async () => {
  const server = await apiServerWith(testCluster(nowSeconds()));
  server.fail({ resource: 'pods', verb: 'list' }, { kind: 'hang' }, Infinity);
  const collector = await tcpCollector();
  const weir = await weirInCluster(server, { collector: { address: collector.address } });
  const records = testRecords(nowSeconds(), [4]).slice(0, 10);
  await sendRecords(weir, 'tcp', records, ORIGIN);
  await server.until(() => server.requests.some(({ resource }) => resource === 'pods'));
  const asked = performance.now();
  expect(await weir.stop()).toEqual({ code: 0, signal: null });
  expect(performance.now() - asked).toBeLessThan(10_000);
  expect(collector.problems).toEqual([]);
});

it('a Weir that waits for the API server before it listens for datagrams ends within 10 s of SIGTERM', async () => {
  const server = await apiServerWith(testCluster(nowSeconds()));
  server.fail({ resource: 'pods', verb: 'list' }, internalError(), Infinity);
  const weir = beginWeir({
    transport: 'UDP',
    settings: {
      mode: 'Proxy',
      ...inCluster(kubeconfigOf(server)),
      flowCollector: { enable: true, address: '127.0.0.1:9' },
    },
  });
  await server.until(() => server.requests.some(({ resource }) => resource === 'pods'));
  const asked = performance.now();
  expect(await weir.stop()).toEqual({ code: 0, signal: null });
  expect(performance.now() - asked).toBeLessThan(10_000);
});

it('what the API server told goes on being known when it dies, and what changed meanwhile is known when it is back', async () => {
  const now = nowSeconds();
  const cluster = testCluster(now);
  const server = await apiServerWith(cluster);
  const collector = await tcpCollector();
  const weir = await weirInCluster(server, { collector: { address: collector.address } });
  const records = testRecords(now, [4, 6]).filter((_, number) => number % 5 === 0);
  const before = new Oracle(cluster, now, COMPLETION);
  const forwardedBy = (oracle: Oracle): TestRecord[] =>
    records.map(({ family, values }) => ({ family, values: oracle.forwarded(values, ORIGIN) }));

  await server.watched('pods');
  await server.stop();
  await sendRecords(weir, 'tcp', records, ORIGIN);
  await eventually('all records are delivered', () => collector.records.length === records.length);
  expect(inOrder(collector.records.map(elementsOf))).toEqual(asExpected(forwardedBy(before)));

  // Pods change their labels while nobody hears of it.
  const pods = cluster.pods.map((pod) =>
    pod.name === 'server-0' ? { ...pod, labels: { app: 'server', v: '2' } } : pod,
  );
  for (const pod of pods) if (pod.labels['v'] === '2') putPod(server, pod);
  await server.listen();
  await eventually('Weir has heard of it', async () => {
    const from = collector.records.length;
    await sendRecords(weir, 'tcp', records, ORIGIN);
    await eventually('all records are delivered', () => collector.records.length === from + records.length);
    return collector.records
      .slice(from)
      .some(({ destinationPodLabels }) => String(destinationPodLabels).includes('"v":"2"'));
  });
  const after = new Oracle({ ...cluster, uuid: CLUSTER_UUID, pods }, now, COMPLETION);
  expect(inOrder(collector.records.slice(-records.length).map(elementsOf))).toEqual(asExpected(forwardedBy(after)));
  await balancedAtRest(weir);
  expect(await weir.stop()).toEqual({ code: 0, signal: null });
  expect(complaintsOf(weir)).toHaveLength(1);
  expect(weir.logged(/^Kubernetes works again$/)).toHaveLength(1);
});
