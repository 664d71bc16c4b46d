import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { expectBalance } from '../support/balance.js';
import { atRest, eventually } from '../support/eventually.js';
import { startWeir } from '../support/weir-process.js';
import { Collector, startCollector } from './support/collector.js';
import { expectBalancedTotals, expectGaplessSequences, packetsByFlow, totalsOf } from './support/deliveries.js';
import { packetsARound, StreamLoad } from './support/stream-load.js';

const AWAY_MS = 120_000;
const FLOWS = 20_000;
/** Records between two pauses of the load: not a divisor of a round, so that the collector goes in the middle of one. */
const PORTION = 3_000;

describe('a collector that closes in order and is away for two minutes', () => {
  it('misses nothing: what every flow did meanwhile arrives when it is back', async () => {
    const first = await startCollector();
    const { port } = first;
    const weir = await startWeir({
      settings: {
        // Each flow is due many times while the collector is away.
        activeFlowRecordTimeout: '5s',
        inactiveFlowRecordTimeout: '10m',
        flowCollector: { enable: true, address: first.addressFor('tcp') },
      },
    });
    const load = await StreamLoad.connect(weir.ipfixPort, { flows: FLOWS });
    // Three quarters of the flows are known before; the others begin while the collector is away.
    while (load.sent < 0.75 * FLOWS) await load.send(PORTION);
    await eventually('the collector reads', () => first.reported > 0);
    const [exit] = await Promise.all([first.finish(), load.send(PORTION)]);
    expect(exit).toEqual({ code: 0, signal: null });

    for (const awaySince = performance.now(); performance.now() - awaySince < AWAY_MS;) {
      await load.send(PORTION);
      await pause(1_000);
    }
    const away = await weir.metrics();
    expect(away.sum('weir_records_received_total')).toBeGreaterThan(3 * FLOWS);
    expectBalance(away);

    const second = new Collector({ port });
    await second.listen();
    await load.send(PORTION);
    await load.finish();
    await eventually('the collector reads again', () => second.reported > 0, { withinMs: 40_000 });
    // Whatever was updated is exported at the end, if it was not before.
    await atRest('what it reads', () => second.reported);
    expectBalance(await weir.metrics());
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
    expect(await second.finish()).toEqual({ code: 0, signal: null });

    const messages = [first, second].map((collector) => collector.messages);
    for (const read of messages) expectGaplessSequences(read);
    const packets = packetsByFlow(messages.flat(), FLOWS);
    const sent = (flow: number): number => packetsARound(flow) * Math.ceil((load.sent - flow) / FLOWS);
    expect(packets).toEqual(Float64Array.from({ length: FLOWS }, (_, flow) => sent(flow)));
    const totals = totalsOf(weir);
    expectBalancedTotals(totals);
    expect(totals).toMatchObject({ recordsReceived: load.sent, droppedBySinks: 0 });
    // One line when it went, one when it was back.
    expect(weir.logged(/takes no flows/)).toHaveLength(1);
    expect(weir.logged(/takes flows again/)).toHaveLength(1);
  }, 240_000);
});
