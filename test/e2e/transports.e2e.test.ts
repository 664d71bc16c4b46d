import { expect, it } from '@jest/globals';
import { join } from 'node:path';
import type { IpfixRecord } from '../support/ipfix-reader.js';
import { balancedAtRest } from './support/balance.js';
import { tcpCollector, type Collector } from './support/collector.js';
import { eventually } from './support/eventually.js';
import {
  expectedIdentity,
  expectedSides,
  exportedKey,
  ledgerKey,
  readLedger,
  totalsOf,
  type LedgerFlow,
} from './support/ledger.js';
import { weir as command } from './support/program.js';
import { startWeir, type WeirProcess } from './support/weir-process.js';

type Transport = 'tcp' | 'tls' | 'udp' | 'grpc';

const PROTOCOLS = { tcp: 'TCP', tls: 'TLS', udp: 'UDP', grpc: 'None' } as const;

/** Slow enough that the kernel loses no datagram on a busy machine, and that the reports of a flow are exported apart. */
const CLUSTER = { nodes: 10, pods: 15, flows: 1500, ipv6: 0.3, denied: 0.1, seed: 11, reports: 3, rate: 3000 };

async function simulate(weir: WeirProcess, transport: Transport): Promise<LedgerFlow[]> {
  const file = join(weir.directory, 'ledger.jsonl');
  const port = transport === 'grpc' ? weir.grpcPort : weir.ipfixPort;
  const isSecure = transport === 'tls' || transport === 'grpc';
  const options: Record<string, string | number> = {
    ...{ transport, target: `127.0.0.1:${port}`, ledger: file },
    ...CLUSTER,
    ...(isSecure && { certificates: weir.certificates }),
  };
  const simulator = command(['simulate', ...Object.entries(options).map(([name, value]) => `--${name}=${value}`)]);
  expect([await simulator.exited, simulator.stderr]).toEqual([{ code: 0, signal: null }, expect.anything()]);
  return readLedger(file);
}

/** What was exported of one connection: who it says to be in the end, what the sides counted, and what all its exports add up to. */
type Flow = Readonly<Record<string, unknown>>;

const SIDES = ['FromSourceNode', 'FromDestinationNode'] as const;

/** Elements whose values do not depend on when a flow was reported. What its state was in the end does: whichever Node looked last says it. */
function elementsOf(ledger: readonly LedgerFlow[]): string[] {
  const totals = totalsOf(ledger[0]!.halves[0]!).flatMap(([name]) => SIDES.map((side) => `${name}${side}`));
  const identities = new Set(ledger.flatMap((flow) => Object.keys(expectedIdentity(flow))));
  return [...identities, ...totals];
}

function flowsOf(records: readonly IpfixRecord[], ledger: readonly LedgerFlow[]): Map<string, Flow> {
  const elements = elementsOf(ledger);
  const deltas = elements
    .filter((name) => name.includes('TotalCountFrom'))
    .map((name) => name.replace('Total', 'Delta'));
  const flows = new Map<string, Record<string, unknown>>();
  for (const record of records) {
    const key = exportedKey(record);
    const before = flows.get(key);
    const flow: Record<string, unknown> = Object.fromEntries(elements.map((name) => [name, record[name]]));
    for (const name of deltas) flow[name] = ((before?.[name] ?? 0n) as bigint) + (record[name] as bigint);
    flows.set(key, flow);
  }
  return flows;
}

/** Waits until the last word about each flow has left. */
async function exported(collector: Collector, ledger: readonly LedgerFlow[]): Promise<void> {
  const isLast = (flow: LedgerFlow, record: IpfixRecord | undefined): boolean =>
    Object.entries(expectedSides(flow)).every(([name, value]) => record?.[name] === value);
  await eventually(
    'the last of each flow is exported',
    () => {
      const latest = new Map(collector.records.map((record) => [exportedKey(record), record]));
      return ledger.every((flow) => isLast(flow, latest.get(ledgerKey(flow))));
    },
    { everyMs: 250 },
  );
}

async function flowsOver(transport: Transport): Promise<{ flows: Map<string, Flow>; ledger: LedgerFlow[] }> {
  const collector = await tcpCollector();
  const weir = await startWeir({
    transport: PROTOCOLS[transport],
    settings: { activeFlowRecordTimeout: '1s', flowCollector: { enable: true, address: collector.address } },
  });
  const ledger = await simulate(weir, transport);
  await exported(collector, ledger);
  const metrics = await balancedAtRest(weir);
  const sent = ledger.flatMap(({ halves }) => halves).reduce((sum, { records }) => sum + records, 0);
  expect(metrics.sum('weir_records_received_total', { transport })).toBe(sent);
  expect(metrics.sum('weir_records_taken_total')).toBe(sent);
  expect(metrics.sum('weir_records_dropped_total')).toBe(0);
  expect(metrics.sum('weir_sequence_gaps_total')).toBe(0);
  expect(await weir.stop()).toEqual({ code: 0, signal: null });
  expect(collector.problems).toEqual([]);
  return { flows: flowsOf(collector.records, ledger), ledger };
}

it('one cluster reported over TCP, TLS, UDP and gRPC gives the same flows, with the same identities and totals', async () => {
  const { flows: overTcp, ledger } = await flowsOver('tcp');
  expect(overTcp.size).toBe(CLUSTER.flows);
  for (const flow of ledger) expect(overTcp.get(ledgerKey(flow))).toMatchObject(expectedIdentity(flow));
  for (const transport of ['tls', 'udp', 'grpc'] as const) {
    const { flows } = await flowsOver(transport);
    expect([...flows.keys()].sort()).toEqual([...overTcp.keys()].sort());
    for (const [key, flow] of flows)
      expect({ transport, key, ...flow }).toEqual({ transport, key, ...overTcp.get(key) });
  }
});
