import { describe, expect, it } from '@jest/globals';
import { MAX_BATCH_ROWS } from '../../../src/domain/batch/flow-batch.js';
import { expectBalance } from '../support/balance.js';
import { atRest, eventually } from '../support/eventually.js';
import type { MetricsSnapshot } from '../support/metrics.js';
import { startWeir, type WeirProcess } from '../support/weir-process.js';
import { Collector, startCollector } from './support/collector.js';
import { expectGaplessSequences, flowsIn, RecordSizes } from './support/deliveries.js';
import { queuedOctets } from './support/kernel-queues.js';
import { StreamLoad } from './support/stream-load.js';

const KILLED = { code: null, signal: 'SIGKILL' };

/** Flows that are sent for each kill, each of which is exported once: in all a few times what the kernel's buffers hold. */
const LOT = 8192;

/** Octets of a message without its records. */
const HEADERS = 20;
const LONGEST_MESSAGE = 65_535;

/** No record that Weir sends is shorter. */
const LEAST_RECORD = 300;

/** The same numbers, from 0 up to 1, in each run. */
function* numbers(): Generator<number, never> {
  for (let state = 1; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** A service that exports each flow once, when it is new, and soon forgets it. */
function startService(port: number): Promise<WeirProcess> {
  return startWeir({
    settings: {
      activeFlowRecordTimeout: '1h',
      inactiveFlowRecordTimeout: '10s',
      flowCollector: { enable: true, address: `127.0.0.1:${port}:tcp` },
    },
  });
}

/** What the metrics say once all of so many flows are delivered. */
function delivered(weir: WeirProcess, flows: number): Promise<MetricsSnapshot> {
  return eventually(
    `${flows} flows are delivered`,
    async () => {
      const metrics = await weir.metrics();
      return metrics.sum('weir_sink_records_delivered_total') === flows && metrics;
    },
    { withinMs: 60_000 },
  );
}

function expectNothingDropped(metrics: MetricsSnapshot, flows: number): void {
  expect(metrics.sum('weir_records_received_total')).toBe(flows);
  expect(metrics.sum('weir_flow_exports_total')).toBe(flows);
  expect(metrics.sum('weir_sink_records_dropped_total')).toBe(0);
  expectBalance(metrics);
}

describe('a collector that is killed in the middle of a message', () => {
  it('100 times under load: a kill costs what the kernels held, and repeats at most a batch', async () => {
    const kills = 100;
    const random = numbers();
    const collectors = [await startCollector({ dieAfter: 200_000 })];
    const { port } = collectors[0]!;
    const weir = await startService(port);
    const load = await StreamLoad.connect(weir.ipfixPort, { flows: (kills + 1) * LOT });
    for (let kill = 1; kill <= kills; kill++) {
      const isLast = kill === kills;
      const dieAfter = 2_000 + Math.floor(random.next().value * 3_000_000);
      const next = new Collector({ port, ...(!isLast && { dieAfter }) });
      await load.send(LOT);
      await next.loaded();
      expect(await collectors.at(-1)!.exited).toEqual(KILLED);
      await next.listen();
      collectors.push(next);
    }
    await load.send(LOT);
    const metrics = await delivered(weir, load.sent);
    await atRest('what the last collector read', () => collectors.at(-1)!.reported);
    await load.finish();
    expectNothingDropped(metrics, load.sent);

    const firstReader = new Int16Array(load.sent).fill(-1);
    const repeated = new Array<number>(collectors.length).fill(0);
    collectors.forEach(({ messages }, reader) => {
      expectGaplessSequences(messages);
      for (const flow of flowsIn(messages)) {
        if (firstReader[flow] === -1) {
          firstReader[flow] = reader;
        } else {
          // Only what the connection before was about to carry is repeated, and only once.
          expect(firstReader[flow]).toBe(reader - 1);
          firstReader[flow] = reader;
          repeated[reader]!++;
        }
      }
    });
    const read = firstReader.filter((reader) => reader >= 0).length;
    const confirmed = metrics.sum('weir_sink_records_delivered_total');
    console.info(
      `confirmed ${confirmed}, read ${read}, lost ${confirmed - read}, repeated ${repeated.reduce((sum, count) => sum + count)}`,
    );
    expect(Math.max(...repeated)).toBeLessThanOrEqual(MAX_BATCH_ROWS);
    // After the last kill nothing is lost.
    expect(firstReader.subarray(-LOT).filter((reader) => reader < 0)).toHaveLength(0);
  }, 400_000);

  it('while it holds back: exactly what the kernels held is lost', async () => {
    const kills = 10;
    const lot = 2 * LOT;
    const random = numbers();
    let collector = await startCollector();
    const { port } = collector;
    const weir = await startService(port);
    const load = await StreamLoad.connect(weir.ipfixPort, { flows: (kills + 1) * lot });
    await load.send(lot);
    await delivered(weir, lot);
    await atRest('what the collector read', () => collector.reported);
    const sizes = new RecordSizes();
    sizes.learn(collector.messages);
    let blocked = 0;
    for (let kill = 1; kill <= kills; kill++) {
      const first = load.sent;
      const stopped = collector.stopAfter(1_000 + Math.floor(random.next().value * 3_000_000));
      await load.send(lot);
      await stopped;
      const taken = await octetsTaken(collector);
      const before = collector;
      collector = new Collector({ port });
      await collector.loaded();
      await before.kill();
      await collector.listen();
      await delivered(weir, load.sent);
      await atRest('what the collector read', () => collector.reported);

      const readBefore = before.messages;
      const arrived = new Set([...flowsIn(readBefore), ...flowsIn(collector.messages)]);
      const lost = Array.from({ length: lot }, (_, i) => first + i).filter((flow) => !arrived.has(flow));
      // All that is lost was in the kernels: with what was read before it, it is no more than they took.
      const octetsRead = readBefore.reduce((sum, { length }) => sum + length, 0);
      const octetsLost = lost.reduce((sum, flow) => sum + sizes.of(flow), 0);
      const headers = Math.ceil(octetsLost / LONGEST_MESSAGE) * HEADERS;
      const confirmed = octetsRead + octetsLost + headers;
      expect(confirmed).toBeLessThanOrEqual(taken);
      // And what was sent again is what was under way: less than a batch of it can have been taken.
      expect(taken - confirmed).toBeLessThan(MAX_BATCH_ROWS * LEAST_RECORD);
      if (collector.messages.length > 0) blocked++;
    }
    await load.finish();
    // Else no write was ever under way when the collector was killed.
    expect(blocked).toBeGreaterThan(kills / 2);
    expectNothingDropped(await weir.metrics(), load.sent);
  }, 200_000);
});

/** Octets that the kernels have taken from the service for a collector that reads no more, whether it had read them or not. */
async function octetsTaken(collector: Collector): Promise<number> {
  const look = async (): Promise<number> => {
    const [connection] = await collector.connections();
    const { sending, receiving } = queuedOctets(connection!.peerPort, collector.port);
    return connection!.octets + sending + receiving;
  };
  return atRest('what the kernels hold', look, { quietMs: 1000 });
}
