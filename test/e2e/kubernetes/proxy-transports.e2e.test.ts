import { describe, expect } from '@jest/globals';
import type { IpfixRecord } from '../../support/ipfix-reader.js';
import { balancedAtRest } from '../support/balance.js';
import { tcpCollector } from '../support/collector.js';
import { dissected } from '../support/dissected.js';
import { eventually } from '../support/eventually.js';
import { LENGTHS, outputLayout } from '../support/output-layout.js';
import { itWith, type Peer } from '../support/peers.js';
import { Capture, type DissectedField, type Dissection } from '../support/tshark.js';
import { testCluster, type TestCluster } from './support/cluster.js';
import { asRead, elementsOf, inOrder } from './support/expected-records.js';
import { Oracle, type Origin } from './support/oracle.js';
import { testRecords, type TestRecord } from './support/records.js';
import { sendRecords, TRANSPORTS } from './support/senders.js';
import { apiServerWith, complaintsOf, weirInCluster } from './support/weir-in-cluster.js';

const ALL = { includeK8sNames: true, includeK8sUIDs: true };
const LAYOUTS = { 4: outputLayout(4, ALL, 'Proxy'), 6: outputLayout(6, ALL, 'Proxy') } as const;
const COMPLETION = { podLabels: true, uids: true };

interface Sent extends TestRecord {
  readonly origin: Origin;
}

/** Two exporters that report the same connections, but as different domains of different addresses where loopback has two. */
const ORIGINS = {
  '127.0.0.1': [
    { address: '127.0.0.1', domain: 7 },
    { address: '127.0.0.2', domain: 4_000_000_000 },
  ],
  '[::1]': [
    { address: '::1', domain: 0 },
    { address: '::1', domain: 0xffff_ffff },
  ],
} as const;

function expectedOf(sent: readonly Sent[], cluster: TestCluster, nowSeconds: number) {
  const oracle = new Oracle(cluster, nowSeconds, COMPLETION);
  return sent.map(({ family, values, origin }) => ({ family, values: oracle.forwarded(values, origin) }));
}

/** Demands that tshark saw the templates and the records of these values, and finds nothing strange about them. */
function expectDissected({ messages, complaints }: Dissection, expected: readonly TestRecord[]): void {
  // How full a window is depends on how busy the machine is.
  expect(complaints.filter((remark) => !remark.includes('TCP window'))).toEqual([]);
  const templates = messages.flatMap(({ template }) => template ?? []);
  expect(templates).toEqual(
    ([4, 6] as const).map((family) => ({
      id: family === 4 ? 256 : 257,
      fields: LAYOUTS[family].map(({ enterprise, id, kind }) => ({ enterprise, id, length: LENGTHS[kind] })),
    })),
  );
  const text = (all: readonly (readonly DissectedField[])[]): string[] => all.map((record) => JSON.stringify(record));
  const seen = messages.flatMap(({ records }) => records);
  expect(text(seen).sort()).toEqual(
    text(expected.map(({ family, values }) => dissected(LAYOUTS[family], values))).sort(),
  );
}

/** Demands that each record was read once, and says what it is to say. */
function expectRead(records: readonly IpfixRecord[], expected: readonly TestRecord[]): void {
  expect(inOrder(records.map(elementsOf))).toEqual(
    inOrder(expected.map(({ family, values }) => asRead(LAYOUTS[family], values))),
  );
}

describe('Proxy mode completes each record by what the API server tells, and passes it on', () => {
  for (const transport of TRANSPORTS) {
    for (const host of ['127.0.0.1', '[::1]'] as const) {
      // The same comes out of both, which two readers need not look at.
      const peers: Peer[] = host === '127.0.0.1' ? ['tshark'] : [];
      itWith(
        peers,
        `that comes over ${transport} to ${host}${peers.length > 0 ? ', as tshark reads it' : ''}`,
        async () => {
          const nowSeconds = Math.floor(Date.now() / 1000);
          const cluster = testCluster(nowSeconds);
          const server = await apiServerWith(cluster);
          const collector = await tcpCollector();
          const capture = peers.length > 0 ? await Capture.start('tcp', collector.port) : undefined;
          const weir = await weirInCluster(server, { transport, host, collector: { address: collector.address } });

          const all = testRecords(nowSeconds);
          const sent = ORIGINS[host].flatMap((origin, i) =>
            all.filter((_, number) => number % 2 === i).map((record) => ({ ...record, origin })),
          );
          for (const origin of ORIGINS[host])
            await sendRecords(
              weir,
              transport,
              sent.filter((record) => record.origin === origin),
              origin,
            );
          await eventually('all records are delivered', () => collector.records.length >= sent.length);
          const metrics = await balancedAtRest(weir);
          expect(await weir.stop()).toEqual({ code: 0, signal: null });

          const expected = expectedOf(sent, cluster, nowSeconds);
          expectRead(collector.records, expected);
          expect(collector.problems).toEqual([]);
          expect(metrics.sum('weir_records_received_total', { transport })).toBe(sent.length);
          expect(metrics.sum('weir_records_taken_total')).toBe(sent.length);
          expect(metrics.sum('weir_sink_records_delivered_total')).toBe(sent.length);
          expect(metrics.sum('weir_sequence_gaps_total')).toBe(0);
          expect(complaintsOf(weir)).toEqual([]);
          if (capture) expectDissected(await capture.dissectRecords(sent.length), expected);
        },
      );
    }
  }
});
