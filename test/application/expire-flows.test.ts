import { describe, expect, it } from '@jest/globals';
import { BatchFlows } from '../../src/application/batch-flows.js';
import { ExpireFlows } from '../../src/application/expire-flows.js';
import { ExpiryPolicy } from '../../src/domain/expiry/expiry-policy.js';
import { FlowTable } from '../../src/domain/table/flow-table.js';
import { aRecord } from '../support/a-record.js';
import { FakeClock } from '../support/fake-clock.js';
import { RecordingExporter } from '../support/recording-exporter.js';

/** The most flows of a slice. */
const SLICE = 4096;

/** A clock that counts the turns of the event loop it gives, and can be made to run while nobody waits. */
class SlowClock extends FakeClock {
  turns = 0;
  /** Milliseconds by which reading the clock moves it. */
  pace = 0;
  #drift = 0;

  override monotonicMilliseconds(): number {
    return super.monotonicMilliseconds() + (this.#drift += this.pace);
  }

  override soon(action: () => void): () => void {
    this.turns++;
    return super.soon(action);
  }
}

class Scene {
  readonly clock = new SlowClock();
  readonly exporter = new RecordingExporter();
  readonly table: FlowTable;
  readonly expire: ExpireFlows;

  constructor(limits = { maxFlows: 100_000, maxStringBytes: 2 ** 26 }) {
    const batches = new BatchFlows(this.exporter);
    this.table = new FlowTable(new ExpiryPolicy(10_000, 30_000), limits, batches, [1, 2], 5);
    this.expire = new ExpireFlows(this.table, batches, this.exporter, this.clock);
  }

  /** So many flows that are ready. */
  learn(flows: number): void {
    const record = aRecord({ flowType: 1 });
    for (let i = 0; i < flows; i++) {
      record.sourceTransportPort = i & 0xffff;
      record.destinationTransportPort = i >>> 16;
      this.table.receive(record);
    }
  }
}

describe('ExpireFlows', () => {
  it('looks once a second at what is due, and hands on a batch that is not full', async () => {
    const scene = new Scene();
    scene.expire.start();
    scene.learn(3);
    await scene.clock.advance(999);
    expect(scene.exporter.batches).toEqual([]);
    await scene.clock.advance(1);
    expect(scene.exporter.batches.map(({ length }) => length)).toEqual([3]);
    await scene.clock.advance(30_000);
    expect([scene.table.size, scene.exporter.flows]).toEqual([0, 3]);
  });

  it('does nothing before it is started, nor after it is stopped, and starts once', async () => {
    const scene = new Scene();
    scene.learn(1);
    await scene.clock.advance(5_000);
    expect(scene.exporter.batches).toEqual([]);
    scene.expire.start();
    scene.expire.start();
    expect(scene.clock.timers).toBe(1);
    scene.expire.stop();
    expect(scene.clock.timers).toBe(0);
    await scene.clock.advance(5_000);
    expect(scene.exporter.batches).toEqual([]);
  });

  it('works in slices of 4096 flows, between which the event loop has its turn', async () => {
    const scene = new Scene();
    scene.expire.start();
    scene.learn(2 * SLICE + 5);
    await scene.clock.advance(1000);
    expect(scene.exporter.batches.map(({ length }) => length)).toEqual([SLICE, SLICE, 5]);
    expect(scene.clock.turns).toBe(2);
  });

  it('ends a slice after 5 ms, looking at the clock every 128 flows', async () => {
    const scene = new Scene();
    scene.expire.start();
    scene.learn(1000);
    // Each look takes 2 ms: a slice's third finds that 5 ms are over, so each has 3 × 128 flows.
    scene.clock.pace = 2;
    await scene.clock.advance(1000);
    scene.clock.pace = 0;
    expect(scene.clock.turns).toBe(2);
    expect(scene.exporter.flows).toBe(1000);
  });

  it('leaves due flows in the table while no sink has room, and goes on when one has', async () => {
    const scene = new Scene();
    scene.expire.start();
    scene.learn(3 * SLICE);
    scene.exporter.room = 1;
    await scene.clock.advance(1000);
    expect(scene.exporter.flows).toBe(SLICE);
    await scene.clock.advance(5000);
    expect([scene.exporter.flows, scene.exporter.waiting]).toEqual([SLICE, 1]);
    scene.exporter.makeRoom(1);
    await scene.clock.turn();
    expect(scene.exporter.flows).toBe(2 * SLICE);
    scene.exporter.makeRoom();
    await scene.clock.turn();
    expect(scene.exporter.flows).toBe(3 * SLICE);
  });

  it('has counters of flows that wait go on', async () => {
    const scene = new Scene();
    scene.expire.start();
    scene.exporter.room = 0;
    scene.learn(1);
    await scene.clock.advance(3000);
    scene.table.receive(
      aRecord({ flowType: 1, sourceTransportPort: 0, destinationTransportPort: 0, octetTotalCount: 9n }),
    );
    scene.exporter.makeRoom();
    await scene.clock.turn();
    expect(scene.exporter.batches.map((batch) => batch.at(0).octetTotalCount)).toEqual([9n]);
  });

  it('goes through the dictionary once a minute', async () => {
    const scene = new Scene();
    scene.expire.start();
    scene.learn(1);
    await scene.clock.advance(40_000);
    expect([scene.table.size, scene.table.strings.size]).toEqual([0, 1]);
    await scene.clock.advance(60_000);
    expect(scene.table.strings.size).toBe(0);
  });

  it('goes through a large dictionary in slices', async () => {
    const scene = new Scene();
    scene.expire.start();
    const { strings } = scene.table;
    for (let i = 0; i < 150_000; i++) strings.intern(new TextEncoder().encode(`unheld ${i}`), 0, `unheld ${i}`.length);
    // A sixtieth of 150,000 entries, and 1,024 more: four slices, between which the event loop has its turn.
    scene.clock.pace = 6;
    await scene.clock.advance(1000);
    expect(scene.clock.turns).toBe(3);
  });

  it('does not go on after it was stopped in the middle', async () => {
    const scene = new Scene();
    scene.expire.start();
    scene.learn(3 * SLICE);
    scene.clock.advanceNow(0);
    scene.exporter.room = 1;
    await scene.clock.advance(1000);
    scene.expire.stop();
    scene.exporter.makeRoom();
    await scene.clock.advance(5000);
    expect(scene.exporter.flows).toBe(SLICE);
  });
});

describe('ExpireFlows.drain', () => {
  it('§6 ends every flow, in slices, and resolves when the table is empty', async () => {
    const scene = new Scene();
    scene.expire.start();
    scene.learn(SLICE + 7);
    let isDone = false;
    const done = scene.expire.drain(new AbortController().signal).then(() => (isDone = true));
    expect([scene.table.size, scene.clock.timers, isDone]).toEqual([7, 0, false]);
    await scene.clock.turn();
    await done;
    expect([scene.table.size, scene.exporter.flows]).toEqual([0, SLICE + 7]);
    expect(scene.table.ended.shutdown).toBe(SLICE + 7);
  });

  it('waits for room in the sinks', async () => {
    const scene = new Scene();
    scene.learn(2 * SLICE);
    scene.exporter.room = 1;
    const done = scene.expire.drain(new AbortController().signal);
    await scene.clock.turn();
    expect([scene.exporter.flows, scene.table.size]).toEqual([SLICE, SLICE]);
    scene.exporter.makeRoom();
    await scene.clock.turn();
    await done;
    expect(scene.exporter.flows).toBe(2 * SLICE);
  });

  it('waits no longer once it is aborted, before or while it waits', async () => {
    for (const abortsFirst of [true, false]) {
      const scene = new Scene();
      scene.learn(2 * SLICE + 1);
      scene.exporter.room = 0;
      const abort = new AbortController();
      if (abortsFirst) abort.abort();
      const done = scene.expire.drain(abort.signal);
      await scene.clock.turn();
      if (!abortsFirst) {
        expect(scene.exporter.flows).toBe(0);
        abort.abort();
        await scene.clock.turn();
      }
      await done;
      expect([scene.exporter.flows, scene.table.size]).toEqual([2 * SLICE + 1, 0]);
    }
  });

  it('resolves with nothing to do', async () => {
    const scene = new Scene();
    await scene.expire.drain(new AbortController().signal);
    expect(scene.exporter.batches).toEqual([]);
  });
});
