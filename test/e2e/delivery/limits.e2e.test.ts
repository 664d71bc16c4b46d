import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { message, record, set, template, type Values } from '../../support/ipfix-messages.js';
import { expectBalance } from '../support/balance.js';
import { atRest, eventually } from '../support/eventually.js';
import { connectTo } from '../support/exporting.js';
import type { MetricsSnapshot } from '../support/metrics.js';
import { startWeir, type WeirProcess } from '../support/weir-process.js';
import { startCollector, type Collector } from './support/collector.js';
import { flowsIn } from './support/deliveries.js';
import { StreamLoad } from './support/stream-load.js';

const MEBIBYTE = 2 ** 20;

/** A small template, and what a collector's brief report needs. */
const FIELDS = [
  'sourceIPv4Address',
  'destinationIPv4Address',
  'sourceTransportPort',
  'destinationTransportPort',
  'protocolIdentifier',
  'flowStartSeconds',
  'flowEndSeconds',
  'packetTotalCount',
  'packetDeltaCount',
  'flowType',
  'sourcePodName',
] as const;
const TEMPLATE = 300;
const INTRA_NODE = 1;

/** The template of {@link FIELDS} in a message of its own. */
function templateMessage(id = TEMPLATE): Uint8Array {
  return message({}, set(2, template(id, FIELDS)));
}

function dataMessage(sequence: number, values: Values): Uint8Array {
  const common: Values = {
    destinationIPv4Address: '10.9.9.9',
    destinationTransportPort: 80,
    protocolIdentifier: 6,
    flowStartSeconds: 1_700_000_000,
    flowEndSeconds: 1_700_000_010,
    packetTotalCount: 7,
    packetDeltaCount: 7,
    flowType: INTRA_NODE,
  };
  return message({ sequence }, set(TEMPLATE, record(FIELDS, { ...common, ...values })));
}

/** The metrics once all that was sent and can be delivered is. */
async function afterAll(weir: WeirProcess, received: number): Promise<MetricsSnapshot> {
  return eventually('all is received and delivered', async () => {
    const metrics = await weir.metrics();
    const isDone =
      metrics.sum('weir_records_received_total') === received &&
      metrics.sum('weir_sink_queue_records') === 0 &&
      metrics.sum('weir_sink_records_delivered_total') > 0;
    return isDone && metrics;
  });
}

async function startLimited(collector: Collector, limits: Readonly<Record<string, unknown>>): Promise<WeirProcess> {
  return startWeir({
    settings: {
      activeFlowRecordTimeout: '1h',
      inactiveFlowRecordTimeout: '1h',
      limits,
      flowCollector: { enable: true, address: collector.addressFor('tcp') },
    },
  });
}

/** Whether the service has closed a connection. */
function isClosed(socket: Socket): boolean {
  return socket.readableEnded || socket.destroyed;
}

describe('a limit', () => {
  it('maxFlows evicts flows that are exported and counted', async () => {
    const [flows, maxFlows] = [50_000, 1_000];
    const collector = await startCollector();
    const weir = await startLimited(collector, { maxFlows });
    const load = await StreamLoad.connect(weir.ipfixPort, { flows });
    await load.send(flows);
    const metrics = await afterAll(weir, flows);
    expect(metrics.sum('weir_flows')).toBe(maxFlows);
    expect(metrics.sum('weir_flows_ended_total', { reason: 'evicted' })).toBe(flows - maxFlows);
    expectBalance(metrics);

    // What the queue could not hold was dropped and counted; all else arrived, no flow twice.
    const exported = await eventually(
      'every flow is exported and the collector has read those that it was sent',
      async () => {
        const now = await weir.metrics();
        const isRead = flowsIn(collector.messages).length === now.sum('weir_sink_records_delivered_total');
        const isOver = now.sum('weir_flow_exports_total') === flows && now.sum('weir_sink_queue_records') === 0;
        return isRead && isOver && now;
      },
    );
    expectBalance(exported);
    const arrived = flowsIn(collector.messages);
    expect(new Set(arrived).size).toBe(arrived.length);
    expect(arrived.length).toBe(flows - exported.sum('weir_sink_records_dropped_total', { reason: 'full' }));
    await load.finish();
  });

  it('maxStrings bounds the memory of ever new strings: flows make room, and a record that still has none is dropped and counted', async () => {
    const flows = 20_000;
    const collector = await startCollector();
    const weir = await startLimited(collector, { maxStrings: '1Mi' });
    const exporter = await connectTo(weir.ipfixPort);
    const name = (flow: number): string => `pod-${flow}-${'x'.repeat(100 + (flow % 90))}`;
    exporter.write(templateMessage());
    for (let flow = 0; flow < flows; flow++) {
      const source = `10.1.${flow >> 8}.${flow & 255}`;
      exporter.write(
        dataMessage(flow, { sourceIPv4Address: source, sourceTransportPort: 1_024, sourcePodName: name(flow) }),
      );
    }
    await afterAll(weir, flows);
    await atRest('exports', async () => (await weir.metrics()).sum('weir_flow_exports_total'), { quietMs: 1_500 });
    const metrics = await weir.metrics();
    // The index of the strings grows in parts, a little after the strings.
    expect(metrics.value('weir_memory_bytes', { part: 'strings' })).toBeLessThanOrEqual(1.05 * MEBIBYTE);
    expect(metrics.sum('weir_flows_ended_total', { reason: 'evicted' })).toBeGreaterThan(0);
    expect(
      metrics.sum('weir_records_taken_total') + metrics.sum('weir_records_dropped_total', { reason: 'strings_full' }),
    ).toBe(flows);
    expect(metrics.sum('weir_flows_begun_total')).toBe(metrics.sum('weir_records_taken_total'));
    expectBalance(metrics);
    // With the flows that were evicted their names went: most records found room.
    expect(metrics.sum('weir_records_dropped_total')).toBeLessThan(flows / 10);
    await eventually(
      'all that was delivered is read',
      () => flowsIn(collector.messages).length === metrics.sum('weir_sink_records_delivered_total'),
    );
  });

  it('maxSessions refuses connections, and has room again when one ends', async () => {
    const maxSessions = 5;
    const weir = await startWeir({ settings: { limits: { maxSessions } } });
    const admitted: Socket[] = [];
    for (let i = 0; i < maxSessions; i++) admitted.push(await connectTo(weir.ipfixPort));
    await eventually('all are admitted', async () => (await weir.metrics()).sum('weir_sessions') === maxSessions);
    for (let i = 0; i < 3; i++) {
      const refused = await connectTo(weir.ipfixPort);
      refused.resume();
      await eventually('one too many is refused', () => isClosed(refused));
    }
    const full = await weir.metrics();
    expect(full.sum('weir_sessions')).toBe(maxSessions);
    expect(full.sum('weir_sessions_refused_total')).toBe(3);
    expect(admitted.some(isClosed)).toBe(false);

    admitted[0]!.end();
    await eventually('there is room', async () => (await weir.metrics()).sum('weir_sessions') === maxSessions - 1);
    const late = await connectTo(weir.ipfixPort);
    late.write(templateMessage());
    late.write(dataMessage(0, { sourceIPv4Address: '10.0.0.1' }));
    await eventually('it is heard', async () => (await weir.metrics()).sum('weir_records_taken_total') === 1);
    expectBalance(await weir.metrics());
  });

  it('maxTemplates disconnects an exporter that defines more, and no other', async () => {
    const maxTemplates = 10;
    const weir = await startWeir({ settings: { limits: { maxTemplates } } });
    const modest = await connectTo(weir.ipfixPort);
    for (let id = 0; id < maxTemplates; id++) modest.write(templateMessage(TEMPLATE + id));
    // A template that is defined again is none more.
    for (let id = 0; id < maxTemplates; id++) modest.write(templateMessage(TEMPLATE + id));
    await eventually(
      'its templates are known',
      async () => (await weir.metrics()).sum('weir_templates') === maxTemplates,
    );
    const greedy = await connectTo(weir.ipfixPort);
    greedy.resume();
    const closed = once(greedy, 'close');
    for (let id = 0; id <= maxTemplates; id++) greedy.write(templateMessage(TEMPLATE + id));
    await closed;

    modest.write(dataMessage(0, { sourceIPv4Address: '10.0.0.1' }));
    const metrics = await eventually('the other goes on', async () => {
      const now = await weir.metrics();
      return now.sum('weir_records_taken_total') === 1 && now;
    });
    expect(metrics.sum('weir_messages_malformed_total', { reason: 'too_many_templates' })).toBe(1);
    expect(metrics.sum('weir_sessions')).toBe(1);
    expect(metrics.sum('weir_templates')).toBe(maxTemplates);
    expectBalance(metrics);
  });

  it('maxMemory evicts flows, and holds exporters back while no sink takes anything', async () => {
    const flows = 200_000;
    const limit = 24 * MEBIBYTE;
    const collector = await startCollector();
    await collector.kill();
    const weir = await startLimited(collector, { maxMemory: limit });
    const load = await StreamLoad.connect(weir.ipfixPort, { flows });
    const sending = load.send(flows);
    await eventually('exporters are held back', () => weir.logged(/exporters are held back/).length > 0);
    // What came between two looks, ten a second, is over the limit; flows are evicted until it is not.
    const full = await eventually('memory is within the limit', async () => {
      const metrics = await weir.metrics();
      return metrics.sum('weir_memory_bytes') <= limit && metrics;
    });
    expect(full.sum('weir_records_received_total')).toBeLessThan(flows);
    expectBalance(full);

    const again = await startCollector({ port: collector.port });
    let mostBytes = 0;
    await sending;
    await eventually(
      'all is received',
      async () => {
        const now = await weir.metrics();
        mostBytes = Math.max(mostBytes, now.sum('weir_memory_bytes'));
        return now.sum('weir_records_received_total') === flows;
      },
      { withinMs: 60_000 },
    );
    // However fast new flows come: what comes between two looks at memory is all that is over the limit.
    expect(mostBytes).toBeLessThan(2 * limit);
    await eventually(
      'all new flows are exported',
      async () => (await weir.metrics()).sum('weir_flow_exports_total') === flows,
      { withinMs: 60_000 },
    );
    const metrics = await eventually('all is delivered and memory within the limit', async () => {
      const now = await weir.metrics();
      return now.sum('weir_sink_queue_records') === 0 && now.sum('weir_memory_bytes') <= limit && now;
    });
    expectBalance(metrics);
    await eventually(
      'all that was delivered is read',
      () => flowsIn(again.messages).length === metrics.sum('weir_sink_records_delivered_total'),
    );
    expect(weir.logged(/no longer held back/).length).toBeGreaterThan(0);
    await load.finish();
  }, 120_000);
});
