import { describe, expect, it } from '@jest/globals';
import { BatchFlows } from '../../src/application/batch-flows.js';
import { GuardMemory } from '../../src/application/guard-memory.js';
import { HoldExporters } from '../../src/application/hold-exporters.js';
import { ExpiryPolicy } from '../../src/domain/expiry/expiry-policy.js';
import { FlowTable } from '../../src/domain/table/flow-table.js';
import { aRecord } from '../support/a-record.js';
import { FakeClock } from '../support/fake-clock.js';
import { HeldSource } from '../support/held-source.js';
import { RecordingExporter } from '../support/recording-exporter.js';
import { RecordingLogger } from '../support/recording-logger.js';

/** The most flows that are evicted before the event loop has its turn. */
const SLICE = 4096;

class Scene {
  readonly clock = new FakeClock();
  readonly exporter = new RecordingExporter();
  readonly logger = new RecordingLogger();
  readonly sources = [new HeldSource(), new HeldSource()];
  readonly table: FlowTable;
  readonly guard: GuardMemory;

  /** @param room bytes of the limit beyond what so many flows take */
  constructor(flows: number, room = 0) {
    const batches = new BatchFlows(this.exporter);
    const limits = { maxFlows: 100_000, maxStringBytes: 2 ** 26 };
    this.table = new FlowTable(new ExpiryPolicy(10_000, 30_000), limits, batches, [1, 2], 5);
    this.learn(flows);
    const { table, exporter, sources, clock, logger } = this;
    const limit = table.byteLength + table.strings.byteLength + room;
    this.guard = new GuardMemory(table, batches, exporter, new HoldExporters(sources), limit, clock, logger);
    this.guard.start();
  }

  learn(flows: number): void {
    const record = aRecord({ flowType: 1, exporterIP: '192.0.2.1' });
    const begun = this.table.begun;
    for (let i = begun; i < begun + flows; i++) {
      record.sourceTransportPort = i;
      this.table.receive(record);
    }
  }

  get calls(): string[][] {
    return this.sources.map(({ calls }) => calls);
  }
}

describe('GuardMemory', () => {
  it('counts rows, strings and queued batches', () => {
    const scene = new Scene(10);
    scene.exporter.bytes = 5000;
    expect(scene.guard.bytes).toBe(scene.table.byteLength + scene.table.strings.byteLength + 5000);
  });

  it('does nothing at the limit', async () => {
    const scene = new Scene(10);
    await scene.clock.advance(1000);
    expect([scene.table.size, scene.logger.lines.length, scene.calls]).toEqual([10, 0, [[], []]]);
  });

  it('evicts flows over the limit until it is kept, and hands them on at once', async () => {
    const scene = new Scene(10);
    scene.learn(7);
    await scene.clock.advance(99);
    expect(scene.table.size).toBe(17);
    await scene.clock.advance(1);
    expect([scene.table.size, scene.table.ended.evicted, scene.exporter.flows]).toEqual([10, 7, 7]);
    expect(scene.guard.bytes).toBeLessThanOrEqual(scene.table.byteLength + scene.table.strings.byteLength);
    expect(scene.logger.of('repeated')).toHaveLength(1);
    expect(scene.logger.lines[0]!.fields).toMatchObject({ evicted: 7 });
    expect(scene.calls).toEqual([[], []]);
  });

  it('evicts in slices, between which the event loop has its turn', async () => {
    const scene = new Scene(10);
    scene.learn(2 * SLICE);
    scene.clock.advanceNow(0);
    let turns = 0;
    const soon = scene.clock.soon.bind(scene.clock);
    scene.clock.soon = (action) => {
      turns++;
      return soon(action);
    };
    await scene.clock.advance(100);
    expect(turns).toBeGreaterThanOrEqual(1);
    expect(scene.table.size).toBeLessThanOrEqual(10);
  });

  it('holds sources back only while memory is over the limit and sinks are full', async () => {
    const scene = new Scene(0);
    scene.exporter.bytes = 1;
    await scene.clock.advance(1000);
    expect(scene.calls).toEqual([[], []]);
    scene.exporter.room = 0;
    await scene.clock.advance(1000);
    expect([scene.calls, scene.guard.isPaused]).toEqual([[['pause'], ['pause']], true]);
    expect(scene.logger.of('warn')).toHaveLength(1);
    scene.exporter.makeRoom();
    await scene.clock.advance(100);
    expect([scene.calls, scene.guard.isPaused]).toEqual([
      [
        ['pause', 'resume'],
        ['pause', 'resume'],
      ],
      false,
    ]);
  });

  it('lets sources go on below 90 % of the limit, though sinks are full', async () => {
    const scene = new Scene(0, 1_000_000);
    const limit = scene.guard.bytes + 1_000_000;
    scene.exporter.room = 0;
    const over = (bytes: number): Promise<void> => {
      scene.exporter.bytes += bytes - scene.guard.bytes;
      return scene.clock.advance(100);
    };
    await over(limit + 1);
    expect(scene.guard.isPaused).toBe(true);
    await over(limit);
    await over(Math.ceil(limit * 0.9));
    expect(scene.guard.isPaused).toBe(true);
    await over(Math.floor(limit * 0.9) - 1);
    expect([scene.guard.isPaused, scene.calls[0]]).toEqual([false, ['pause', 'resume']]);
  });

  it('does not spin while there is nothing to evict', async () => {
    const scene = new Scene(0);
    scene.exporter.bytes = 1_000_000;
    await scene.clock.advance(300);
    expect(scene.logger.lines).toHaveLength(3);
  });

  it('lets sources go on when it stops, and looks no more', async () => {
    const scene = new Scene(0);
    scene.exporter.bytes = 1;
    scene.exporter.room = 0;
    await scene.clock.advance(100);
    scene.guard.stop();
    expect([scene.calls[0], scene.clock.timers]).toEqual([['pause', 'resume'], 0]);
    await scene.clock.advance(1000);
    expect(scene.guard.isPaused).toBe(false);
  });
});
