import { describe, expect } from '@jest/globals';
import type { Value } from '../../support/ipfix-messages.js';
import type { IpfixValue } from '../../support/ipfix-reader.js';
import { balancedAtRest } from '../support/balance.js';
import { eventually } from '../support/eventually.js';
import { JsonCollector } from '../support/json-collector.js';
import { Nfacctd } from '../support/nfacctd.js';
import { outputLayout, type LaidOutElement } from '../support/output-layout.js';
import { itWith } from '../support/peers.js';
import type { Settings } from '../support/weir-process.js';
import { testCluster } from './support/cluster.js';
import { asRead, inOrder } from './support/expected-records.js';
import { Oracle, type Completion } from './support/oracle.js';
import { testRecords, type TestRecord } from './support/records.js';
import { sendRecords } from './support/senders.js';
import { apiServerWith, complaintsOf, weirInCluster } from './support/weir-in-cluster.js';

const ORIGIN = { address: '127.0.0.1', domain: 7 };

/** What Weir is told to do, beside where to deliver, and which records it is given. */
interface Run extends Completion {
  readonly collector: Settings;
  readonly records: (all: readonly TestRecord[]) => readonly TestRecord[];
  readonly settings?: Settings;
}

/** Has a Weir in Proxy mode take records over TCP and deliver them; resolves with what they are to say when `arrived` says that all came. */
async function delivered(run: Run, arrived: () => number): Promise<TestRecord[]> {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const cluster = testCluster(nowSeconds);
  const server = await apiServerWith(cluster);
  const weir = await weirInCluster(server, {
    collector: { includeK8sUIDs: run.uids, ...run.collector },
    settings: { recordContents: { podLabels: run.podLabels }, ...run.settings },
  });
  const records = run.records(testRecords(nowSeconds));
  await sendRecords(weir, 'tcp', records, ORIGIN);
  await eventually('all records are delivered', async () => {
    return (await weir.metrics()).sum('weir_sink_records_delivered_total') === records.length;
  });
  await eventually('all records arrive', () => arrived() >= records.length);
  const metrics = await balancedAtRest(weir);
  expect(metrics.sum('weir_records_received_total')).toBe(records.length);
  expect(metrics.sum('weir_records_taken_total')).toBe(records.length);
  expect(await weir.stop()).toEqual({ code: 0, signal: null });
  expect(complaintsOf(weir)).toEqual([]);
  const oracle = new Oracle(cluster, nowSeconds, run);
  return records.map(({ family, values }) => ({ family, values: oracle.forwarded(values, ORIGIN) }));
}

/** An element as JSON says it: UUIDs are written as people do, and a missing one is no text. */
function inJson([name, value]: readonly [string, IpfixValue]): [string, IpfixValue] {
  if (!name.endsWith('UUID')) return [name, value];
  const uuid = String(value).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return [name, /^0*$/.test(String(value)) ? '' : uuid];
}

describe('what Proxy mode sends in a cluster', () => {
  for (const complete of [true, false]) {
    const what = complete ? 'labels and UIDs' : 'neither labels nor UIDs';
    itWith(['python3'], `is read by Python as JSON, with ${what}`, async () => {
      const json = await JsonCollector.start('tcp');
      const collector = { address: json.address, recordFormat: 'JSON' };
      const run: Run = { podLabels: complete, uids: complete, collector, records: (all) => all };
      const expected = await delivered(run, () => json.flows.length);
      const layoutOf = (family: 4 | 6): LaidOutElement[] =>
        outputLayout(family, { includeK8sNames: true, includeK8sUIDs: complete }, 'Proxy');
      expect(inOrder(json.flows.map(({ elements }) => elements))).toEqual(
        inOrder(expected.map(({ family, values }) => asRead(layoutOf(family), values).map(inJson))),
      );
    });
  }

  itWith(['nfacctd'], 'is printed by nfacctd: counters, labels, names, cluster, origin and direction', async () => {
    const names = new Set([
      ...['sourcePodName', 'destinationPodName', 'sourceNodeName', 'destinationNodeName', 'flowType'],
      ...['sourcePodLabels', 'destinationPodLabels', 'clusterId', 'flowDirection'],
      ...['originalObservationDomainId', 'originalExporterIPv4Address', 'originalExporterIPv6Address'],
    ]);
    const inclusion = { includeK8sNames: true, includeK8sUIDs: true };
    const primitives = outputLayout(4, inclusion, 'Proxy').filter(({ name }) => names.has(name));
    const nfacctd = await Nfacctd.start(primitives);
    // What fits into the receive buffers of a system that grants no large ones.
    const few = (all: readonly TestRecord[]): TestRecord[] => all.filter((_, number) => number % 9 === 0);
    const collector = { address: nfacctd.address };
    const expected = await delivered({ podLabels: true, uids: true, collector, records: few }, () => Infinity);
    const { flows, lines, remarks } = await nfacctd.collected(expected.length);
    expect(remarks).toEqual([]);
    const inKeyOrder = expected.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    expect(flows.map(({ key, packets, octets }) => ({ key, packets, octets }))).toEqual(
      inKeyOrder.map((record) => ({
        key: keyOf(record),
        packets: record.values['packetDeltaCount'],
        octets: record.values['octetDeltaCount'],
      })),
    );
    const printed = lines.map((line) => primitives.map(({ name }) => [name, plainly(line[name.toLowerCase()])]));
    expect(printed).toEqual(
      inKeyOrder.map(({ values }) =>
        primitives.map(({ name, kind }) => [name, plainly(values[name] ?? (kind === 'text' ? '' : 0))]),
      ),
    );
  });
});

/** nfacctd prints numbers as text. */
const plainly = (value: Value | undefined): string => String(value);

function keyOf({ family, values }: TestRecord): string {
  const addresses = [values[`sourceIPv${family}Address`], values[`destinationIPv${family}Address`]];
  return [
    ...addresses,
    values['protocolIdentifier'],
    values['sourceTransportPort'],
    values['destinationTransportPort'],
  ].join(' ');
}
