import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import type { IpfixRecord } from '../support/ipfix-reader.js';
import { balancedAtRest } from './support/balance.js';
import { tcpCollector } from './support/collector.js';
import { eventually } from './support/eventually.js';
import {
  expectedIdentity,
  expectedSides,
  exportedKey,
  ledgerFamily,
  ledgerKey,
  readLedger,
  totalsOf,
  type LedgerFlow,
} from './support/ledger.js';
import { weir as command } from './support/program.js';
import { startWeir, type WeirProcess } from './support/weir-process.js';

const NODES = 20;
const FLOWS = 5000;

/** Has a cluster of 20 Nodes report 5,000 flows to the service, each so often; resolves with what it sent. */
async function simulate(
  weir: WeirProcess,
  transport: 'tcp' | 'udp',
  reports: number,
  rate: number,
): Promise<LedgerFlow[]> {
  const file = join(weir.directory, 'ledger.jsonl');
  const options: Record<string, string | number> = {
    target: `127.0.0.1:${weir.ipfixPort}`,
    ...{ transport, nodes: NODES, pods: 15, flows: FLOWS, ipv6: 0.4, seed: 7, reports, rate, ledger: file },
  };
  const simulator = command([
    'simulate',
    ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
  ]);
  expect(await simulator.exited).toEqual({ code: 0, signal: null });
  return readLedger(file);
}

/** What was exported of each connection, in order. */
function byConnection(records: readonly IpfixRecord[]): Map<string, IpfixRecord[]> {
  const exports = new Map<string, IpfixRecord[]>();
  for (const record of records) {
    const key = exportedKey(record);
    const known = exports.get(key);
    if (known) known.push(record);
    else exports.set(key, [record]);
  }
  return exports;
}

const picked = (record: IpfixRecord | undefined, wanted: IpfixRecord): IpfixRecord =>
  Object.fromEntries(Object.keys(wanted).map((name) => [name, record?.[name] ?? 'missing']));

const SIDES = ['FromSourceNode', 'FromDestinationNode'] as const;

/** The deltas of all exports of a flow, added up, by the names of the totals that they have to amount to. */
function deltaSums(exports: readonly IpfixRecord[], totals: IpfixRecord): IpfixRecord {
  return Object.fromEntries(
    Object.keys(totals).map((name) => {
      const delta = name.replace('Total', 'Delta');
      return [name, exports.reduce((sum, record) => sum + (record[delta] as bigint), 0n)];
    }),
  );
}

/** Demands that a flow of the ledger left as it was sent, however often it was reported. */
function expectAsSent(flow: LedgerFlow, exports: readonly IpfixRecord[] = []): void {
  const sides = expectedSides(flow);
  const identity = expectedIdentity(flow);
  for (const record of exports) expect(picked(record, identity)).toEqual(identity);
  expect(picked(exports.at(-1), sides)).toEqual(sides);
  const totals = Object.fromEntries(
    flow.halves.flatMap((half) =>
      SIDES.flatMap((side) => totalsOf(half).map(([name, total]) => [`${name}${side}`, total] as const)),
    ),
  );
  expect(deltaSums(exports, totals)).toEqual(totals);
}

describe('a simulated cluster of 20 Nodes with 5,000 flows', () => {
  for (const [transport, reports, rate] of [
    ['tcp', 1, 0],
    ['tcp', 4, 8000],
    ['udp', 1, 6000],
    ['udp', 3, 6000],
  ] as const) {
    it(`over ${transport}, each flow reported ${reports} times: all leave once, joined, with the ledger's totals`, async () => {
      const collector = await tcpCollector();
      const weir = await startWeir({
        transport: transport === 'tcp' ? 'TCP' : 'UDP',
        settings: {
          // Long enough that no half is given up, since it is exported when it is joined; short enough that reports of one flow are exported apart.
          activeFlowRecordTimeout: reports === 1 ? '20s' : '2s',
          flowCollector: { enable: true, address: collector.address },
        },
      });
      const ledger = await simulate(weir, transport, reports, rate);
      const sent = ledger.flatMap(({ halves }) => halves).reduce((sum, { records }) => sum + records, 0);
      expect(ledger).toHaveLength(FLOWS);
      const lastWord = (flow: LedgerFlow, record: IpfixRecord | undefined): boolean =>
        Object.entries(expectedSides(flow)).every(([name, value]) => record?.[name] === value);
      await eventually(
        'the last of each flow is exported',
        () => {
          const exports = byConnection(collector.records);
          return ledger.every((flow) => lastWord(flow, exports.get(ledgerKey(flow))?.at(-1)));
        },
        { everyMs: 250 },
      );
      const metrics = await balancedAtRest(weir);
      const exports = byConnection(collector.records);

      for (const flow of ledger) expectAsSent(flow, exports.get(ledgerKey(flow)));
      const joined = ledger.filter(({ requiresCorrelation }) => requiresCorrelation);
      expect(joined.length).toBeGreaterThan(FLOWS / 2);
      expect(new Set(joined.map(ledgerFamily))).toEqual(new Set([4, 6]));
      for (const flow of joined.filter(({ identity }) => identity['flowType'] === 2)) {
        for (const name of ['sourcePodName', 'sourceNodeName', 'destinationPodName', 'destinationNodeName']) {
          expect(exports.get(ledgerKey(flow))!.at(-1)![name]).not.toBe('');
        }
      }
      expect(exports.size).toBe(FLOWS);
      if (reports === 1) expect(collector.records).toHaveLength(FLOWS);

      expect(metrics.sum('weir_records_received_total', { transport })).toBe(sent);
      expect(metrics.sum('weir_records_taken_total')).toBe(sent);
      expect(metrics.sum('weir_flows_begun_total')).toBe(FLOWS);
      expect(metrics.sum('weir_flows', { state: 'ready' })).toBe(FLOWS);
      expect(metrics.sum('weir_flow_exports_total')).toBe(collector.records.length);
      expect(metrics.sum('weir_sequence_gaps_total')).toBe(0);
      expect(await weir.stop()).toEqual({ code: 0, signal: null });
      expect(collector.problems).toEqual([]);
    });
  }
});
