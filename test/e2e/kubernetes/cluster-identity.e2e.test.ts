import { describe, expect, it } from '@jest/globals';
import { tcpCollector, type Collector } from '../support/collector.js';
import { eventually } from '../support/eventually.js';
import { temporaryDirectory } from '../support/program.js';
import type { WeirProcess } from '../support/weir-process.js';
import { CLUSTER_UUID, testCluster } from './support/cluster.js';
import { uuidBytes } from './support/oracle.js';
import { testRecords } from './support/records.js';
import { sendRecords } from './support/senders.js';
import { apiServerWith, complaintsOf, weirInCluster } from './support/weir-in-cluster.js';

/** FNV-1 of 32 bits, as everybody has it. */
function fnv1(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = (Math.imul(hash, 0x01000193) ^ byte) >>> 0;
  return hash;
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

/** What messages and records to the collector say of the cluster. */
async function identityTo(collector: Collector, weir: WeirProcess): Promise<{ domain: number; clusterId: unknown }> {
  const before = collector.messages.length;
  await sendRecords(weir, 'tcp', testRecords(nowSeconds(), [4]).slice(0, 1), { address: '127.0.0.1', domain: 7 });
  const told = await eventually('a record is delivered', () =>
    collector.messages.slice(before).find(({ records }) => records.length > 0),
  );
  return { domain: told.observationDomainId, clusterId: told.records[0]!['clusterId'] };
}

describe('the cluster that Weir says it is of', () => {
  it("is Antrea's, by the ConfigMap", async () => {
    const server = await apiServerWith(testCluster(nowSeconds()));
    const collector = await tcpCollector();
    const weir = await weirInCluster(server, { collector: { address: collector.address } });
    const expected = { domain: fnv1(uuidBytes(CLUSTER_UUID)), clusterId: CLUSTER_UUID };
    expect(await identityTo(collector, weir)).toEqual(expected);
    expect(complaintsOf(weir)).toEqual([]);
    const asked = server.requests.filter(({ resource }) => resource === 'configmaps');
    expect(asked).toMatchObject([
      { verb: 'get', namespace: 'kube-system', name: 'antrea-cluster-identity', status: 200 },
    ]);
  });

  it('gives way to what the configuration says', async () => {
    const server = await apiServerWith(testCluster(nowSeconds()));
    const collector = await tcpCollector();
    const weir = await weirInCluster(server, {
      collector: { address: collector.address, observationDomainID: 99 },
      settings: { clusterID: 'west' },
    });
    expect(await identityTo(collector, weir)).toEqual({ domain: 99, clusterId: 'west' });
  });

  it('is one of its own where the ConfigMap does not come within 10 s, the same after a restart', async () => {
    const server = await apiServerWith({ ...testCluster(nowSeconds()), uuid: undefined });
    const collector = await tcpCollector();
    const dataDirectory = temporaryDirectory();
    const begun = performance.now();
    const weir = await weirInCluster(server, {
      collector: { address: collector.address },
      settings: { dataDirectory },
    });
    expect(performance.now() - begun).toBeGreaterThan(10_000);
    const identity = await identityTo(collector, weir);
    expect(complaintsOf(weir)).toMatchObject([
      {
        level: 'warn',
        message: 'the UUID of the cluster is not known from Kubernetes',
        reason: expect.stringContaining('404'),
      },
    ]);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
    expect(identity).toEqual({ domain: fnv1(uuidBytes(String(identity.clusterId))), clusterId: identity.clusterId });

    server.users.deny({ resource: 'configmaps' });
    const again = await weirInCluster(server, {
      collector: { address: collector.address },
      settings: { dataDirectory },
    });
    // Who may not read it need not wait for it.
    expect(await identityTo(collector, again)).toEqual(identity);
    expect(complaintsOf(again)).toMatchObject([{ reason: expect.stringContaining('antrea-cluster-identity') }]);
  });
});
