import { describe, expect, it } from '@jest/globals';
import { expectBalance } from '../support/balance.js';
import { eventually } from '../support/eventually.js';
import { startWeir } from '../support/weir-process.js';
import { startCollector } from './support/collector.js';
import { StreamLoad } from './support/stream-load.js';

const FLOWS = 1_000;
/** Flows that are sent at a time: few enough for the socket's buffer of any collector. */
const PORTION = 50;
/** What fits into a datagram outside a Pod, unless a record alone needs more. */
const DATAGRAM = 512;

describe('a collector over UDP', () => {
  it('gets every record, and the templates again and again', async () => {
    const collector = await startCollector({ transport: 'udp', detail: 'full' });
    const weir = await startWeir({
      settings: {
        activeFlowRecordTimeout: '1h',
        inactiveFlowRecordTimeout: '1h',
        flowCollector: { enable: true, address: collector.addressFor('udp'), templateRefreshTimeout: '1s' },
      },
    });
    const load = await StreamLoad.connect(weir.ipfixPort, { flows: FLOWS, ipv6Share: 0.3 });
    const read = (): number => collector.fullMessages.reduce((sum, { records }) => sum + records.length, 0);
    while (load.sent < FLOWS) {
      // The next portion is sent before what came of the last one is read, and not two before.
      const before = load.sent;
      await load.send(PORTION);
      await eventually('the portion before arrived', () => read() >= before);
    }
    await eventually('all arrived', () => read() === FLOWS);
    const refreshed = collector.fullMessages.length;
    await eventually('the templates come also when nothing else does', () =>
      collector.fullMessages.slice(refreshed).some(({ templates }) => templates.length > 0),
    );
    const metrics = await weir.metrics();
    expect(metrics.sum('weir_sink_records_delivered_total')).toBe(FLOWS);
    expectBalance(metrics);

    const { fullMessages: messages } = collector;
    expect(new Set(messages.map(({ session }) => session)).size).toBe(1);
    expect(new Set(messages.map(({ domain }) => domain)).size).toBe(1);
    // The templates come first, and together each time.
    expect(messages.slice(0, 2).flatMap(({ templates }) => templates)).toEqual([256, 257]);
    const templates = messages.flatMap((one) => one.templates);
    expect(templates.length).toBeGreaterThanOrEqual(6);
    expect(templates.filter((id) => id === 256)).toHaveLength(templates.length / 2);
    // Sequence numbers count the data records before, also those of template messages.
    let sent = 0;
    for (const { sequence, records, length } of messages) {
      expect(sequence).toBe(sent);
      sent += records.length;
      if (records.length > 1) expect(length).toBeLessThanOrEqual(DATAGRAM);
    }
    const flows = messages.flatMap(({ records }) =>
      records.map(
        (record) => `${record['sourceIPv4Address'] ?? record['sourceIPv6Address']!} ${record['sourceTransportPort']!}`,
      ),
    );
    expect(new Set(flows).size).toBe(FLOWS);
    expect(flows.filter((flow) => flow.includes(':')).length).toBeGreaterThan(FLOWS / 10);
    await load.finish();
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });
});
