import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { RecordStreamOptions } from '../../../src/adapters/simulator/record-stream.js';
import { eventually } from '../support/eventually.js';
import { readLedger } from '../support/ledger.js';
import { weir as command } from '../support/program.js';
import { startWeir, type WeirProcess } from '../support/weir-process.js';
import { startCollector, type Collector } from './support/collector.js';
import { expectBalancedTotals, expectGaplessSequences, packetsByFlow, totalsOf } from './support/deliveries.js';
import { packetsARound, StreamLoad } from './support/stream-load.js';

const MOST_MS = 10_000;

const DELTAS = ['packetDeltaCount', 'octetDeltaCount', 'reversePacketDeltaCount', 'reverseOctetDeltaCount'] as const;

/** What the ledger says about writes that the kernel confirmed. */
interface ConfirmedFlow {
  readonly halves: readonly {
    readonly side: 'source' | 'destination';
    readonly confirmed: { readonly records: number; readonly deltas: Readonly<Record<string, string | number>> };
  }[];
}

interface Scene {
  readonly weir: WeirProcess;
  readonly collector: Collector;
  readonly load: StreamLoad;
}

async function startScene(stream: RecordStreamOptions): Promise<Scene> {
  const collector = await startCollector();
  const weir = await startWeir({
    settings: {
      activeFlowRecordTimeout: '1h',
      inactiveFlowRecordTimeout: '1h',
      flowCollector: { enable: true, address: collector.addressFor('tcp') },
    },
  });
  return { weir, collector, load: await StreamLoad.connect(weir.ipfixPort, stream) };
}

/** Sends until the service wants no more, ends it when `isTime`, and demands that it ends in order and in time. */
async function endUnderLoad({ weir, load }: Scene, isTime: () => Promise<boolean>): Promise<void> {
  const sending = (async () => {
    while (!load.isRefused) await load.send(1_000);
    await load.finish();
  })();
  await eventually('there is enough load', isTime);
  const begun = performance.now();
  expect(await weir.stop()).toEqual({ code: 0, signal: null });
  expect(performance.now() - begun).toBeLessThan(MOST_MS);
  await sending;
}

describe('kill -TERM during load', () => {
  it('exports every flow that was updated since its last export', async () => {
    const flows = 50_000;
    const scene = await startScene({ flows });
    const { weir, collector, load } = scene;
    // By then every flow was exported once, when it was new, and is not due again for an hour.
    await endUnderLoad(scene, async () => {
      const metrics = await weir.metrics();
      return metrics.sum('weir_sink_records_delivered_total') >= flows && load.sent > 4 * flows;
    });
    await collector.finish();

    const { messages } = collector;
    expectGaplessSequences(messages);
    const packets = packetsByFlow(messages, flows);
    const sent = (flow: number): number => packetsARound(flow) * Math.ceil((load.sent - flow) / flows);
    expect(packets).toEqual(Float64Array.from({ length: flows }, (_, flow) => sent(flow)));
    const totals = totalsOf(weir);
    expectBalancedTotals(totals);
    expect(totals).toMatchObject({ recordsReceived: load.sent, droppedBySinks: 0 });
  }, 60_000);

  it('exports flows that wait for their other half as they are', async () => {
    const flows = 40_000;
    // One of two exporters: it reports its own flows' source halves and the other's flows' destination halves.
    const scene = await startScene({ flows, exporters: 2, kind: 'interNode' });
    const { weir, collector, load } = scene;
    await endUnderLoad(scene, async () => {
      const metrics = await weir.metrics();
      return metrics.sum('weir_flows', { state: 'waiting' }) === flows && load.sent > 2 * flows;
    });
    await collector.finish();

    const { messages } = collector;
    expectGaplessSequences(messages);
    const times = packetsByFlow(messages, flows).map((packets, flow) => packets / packetsARound(flow));
    const totals = totalsOf(weir);
    expectBalancedTotals(totals);
    expect(totals).toMatchObject({ recordsReceived: load.sent, exports: flows, droppedBySinks: 0 });
    // Every record that was sent is in some flow, and every flow arrived, with each of its records once.
    expect(times.reduce((sum, records) => sum + records, 0)).toBe(load.sent);
    expect([...new Set(times)].sort()).toEqual([Math.floor(load.sent / flows), Math.ceil(load.sent / flows)]);
  }, 60_000);

  it("leaves nothing out of what a cluster's ledger has as confirmed", async () => {
    const collector = await startCollector({ detail: 'full' });
    const weir = await startWeir({
      settings: {
        activeFlowRecordTimeout: '1h',
        inactiveFlowRecordTimeout: '1h',
        flowCollector: { enable: true, address: collector.addressFor('tcp') },
      },
    });
    const file = join(weir.directory, 'ledger.jsonl');
    // Of a flow that policy denies both halves count on both sides, which sums could not tell apart.
    const options = { nodes: 20, pods: 15, flows: 3_000, rate: 15_000, denied: 0, ledger: file };
    const simulator = command([
      'simulate',
      `--target=127.0.0.1:${weir.ipfixPort}`,
      ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
    ]);
    await eventually('flows are exported and updated since', async () => {
      const metrics = await weir.metrics();
      return metrics.sum('weir_records_received_total') > 40_000;
    });
    const begun = performance.now();
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - begun).toBeLessThan(MOST_MS);
    simulator.signal('SIGTERM');
    expect(await simulator.exited).toEqual({ code: 0, signal: null });
    await collector.finish();

    const ledger = readLedger(file) as unknown as ConfirmedFlow[];
    const confirmed = ledger.flatMap(({ halves }) => halves).reduce((sum, half) => sum + half.confirmed.records, 0);
    const totals = totalsOf(weir);
    expectBalancedTotals(totals);
    expect(totals).toMatchObject({ recordsReceived: confirmed, droppedBySinks: 0 });
    const records = collector.fullMessages.flatMap((message) => message.records);
    expect(records).toHaveLength(totals['exports']!);
    for (const side of ['source', 'destination'] as const) {
      const suffix = side === 'source' ? 'FromSourceNode' : 'FromDestinationNode';
      // A flow with a single half has that on both sides.
      const halves = ledger.flatMap((flow) =>
        flow.halves.filter((half) => flow.halves.length === 1 || half.side === side),
      );
      for (const delta of DELTAS) {
        const sent = halves.reduce(
          (sum, half) => sum + BigInt(half.confirmed.deltas[delta.replace('Delta', 'Total')]!),
          0n,
        );
        expect([delta, side, records.reduce((sum, record) => sum + (record[delta + suffix] as bigint), 0n)]).toEqual([
          delta,
          side,
          sent,
        ]);
      }
    }
  }, 60_000);
});
