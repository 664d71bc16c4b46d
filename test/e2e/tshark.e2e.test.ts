import { describe, expect } from '@jest/globals';
import { ANTREA_FLOWS, expectedOutput, messagesOf } from './support/antrea-flows.js';
import { balancedAtRest } from './support/balance.js';
import { tcpCollector, udpCollector } from './support/collector.js';
import { dissected } from './support/dissected.js';
import { eventually } from './support/eventually.js';
import { connectTo } from './support/exporting.js';
import { LENGTHS, outputLayout, type Inclusion } from './support/output-layout.js';
import { itWith } from './support/peers.js';
import { Capture, type DissectedField, type Dissection } from './support/tshark.js';
import { startWeir } from './support/weir-process.js';

const CLUSTER = 'cluster-of-the-tests';
const DOMAIN = 4_000_000_001;

/** Demands that what tshark saw is what was sent in, and is well-formed. */
function expectFaithful({ messages, complaints }: Dissection, inclusion: Inclusion): void {
  expect(complaints).toEqual([]);
  let records = 0;
  for (const message of messages) {
    expect(message).toMatchObject({ version: 10, domain: DOMAIN, sequence: records });
    expect(Math.abs(message.exportTime - Date.now() / 1000)).toBeLessThan(60);
    records += message.records.length;
  }
  const templates = messages.flatMap(({ template }) => template ?? []);
  const layouts = ([4, 6] as const).map((family) => outputLayout(family, inclusion));
  expect(templates.map(({ id }) => id)).toEqual([256, 257]);
  expect(templates.map(({ fields }) => fields)).toEqual(
    layouts.map((layout) => layout.map(({ enterprise, id, kind }) => ({ enterprise, id, length: LENGTHS[kind] }))),
  );
  for (const [index, family] of ([4, 6] as const).entries()) {
    const seen = messages.filter(({ setId }) => setId === templates[index]!.id).flatMap((message) => message.records);
    const flows = ANTREA_FLOWS.filter((flow) => flow.family === family);
    const expected = flows.map((flow) => dissected(layouts[index]!, expectedOutput(flow, CLUSTER)));
    const inOrder = (all: readonly (readonly DissectedField[])[]) =>
      all.toSorted((a, b) => (String(a) < String(b) ? -1 : 1));
    expect(inOrder(seen)).toEqual(inOrder(expected));
  }
}

const ALL: Inclusion = { includeK8sNames: true, includeK8sUIDs: true };

describe('tshark reads the output of Weir field by field', () => {
  for (const [transport, inclusion] of [
    ['tcp', ALL],
    ['udp', { includeK8sNames: true, includeK8sUIDs: false }],
    ['udp', { includeK8sNames: false, includeK8sUIDs: true }],
    ['tcp', { includeK8sNames: false, includeK8sUIDs: false }],
  ] as const) {
    const { includeK8sNames: names, includeK8sUIDs: uids } = inclusion;
    itWith(
      ['tshark'],
      `over ${transport}, ${names ? 'with' : 'without'} names, ${uids ? 'with' : 'without'} UIDs`,
      async () => {
        const collector = await (transport === 'tcp' ? tcpCollector() : udpCollector());
        const capture = await Capture.start(transport, collector.port);
        const weir = await startWeir({
          settings: {
            activeFlowRecordTimeout: '1s',
            clusterID: CLUSTER,
            flowCollector: { enable: true, address: collector.address, observationDomainID: DOMAIN, ...inclusion },
          },
        });
        const exporter = await connectTo(weir.ipfixPort);
        for (const message of messagesOf(ANTREA_FLOWS)) exporter.write(message);
        await eventually('all flows are delivered', () => collector.records.length === ANTREA_FLOWS.length);
        await balancedAtRest(weir);
        expect(await weir.stop()).toEqual({ code: 0, signal: null });

        const addresses = ['203.0.113.9', '198.51.100.7'].map((ip) => Buffer.from(ip.split('.').map(Number)));
        expectFaithful(await capture.dissect(addresses), inclusion);
        expect(collector.problems).toEqual([]);
        expect(collector.records).toHaveLength(ANTREA_FLOWS.length);
      },
    );
  }
});
