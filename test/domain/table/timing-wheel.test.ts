import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NO_ROW, RowSlabs } from '../../../src/domain/table/row-slabs.js';
import { TimingWheel } from '../../../src/domain/table/timing-wheel.js';

const NOW = 1_000_000;
/** Seconds the wheel spans. */
const SPAN = 4096;

function aWheel(rows: number): TimingWheel {
  const slabs = new RowSlabs();
  for (let i = 0; i < rows; i++) slabs.allocate();
  return new TimingWheel(slabs, NOW);
}

function due(wheel: TimingWheel, now: number): number[] {
  const rows: number[] = [];
  for (let row = wheel.takeDue(now); row !== NO_ROW; row = wheel.takeDue(now)) rows.push(row);
  return rows.sort((a, b) => a - b);
}

describe('TimingWheel', () => {
  it('has a row looked at in its second, not before', () => {
    const wheel = aWheel(1);
    wheel.schedule(0, NOW + 5);
    expect([wheel.hasDue(NOW + 4), due(wheel, NOW + 4)]).toEqual([false, []]);
    expect([wheel.hasDue(NOW + 5), due(wheel, NOW + 5), due(wheel, NOW + 9999)]).toEqual([true, [0], []]);
  });

  it('has what is scheduled for now looked at now, or in the next second once this one is over', () => {
    const wheel = aWheel(2);
    wheel.schedule(0, NOW);
    expect(due(wheel, NOW)).toEqual([0]);
    wheel.schedule(1, NOW - 100);
    expect(due(wheel, NOW)).toEqual([]);
    expect(due(wheel, NOW + 1)).toEqual([1]);
  });

  it('has several rows of one second, in whatever order some are taken out', () => {
    for (const gone of [[0], [1], [2], [0, 1], [1, 2], [0, 2], [2, 0], [0, 1, 2]]) {
      const wheel = aWheel(3);
      for (const row of [0, 1, 2]) wheel.schedule(row, NOW + 1);
      for (const row of gone) wheel.unschedule(row);
      expect(due(wheel, NOW + 1)).toEqual([0, 1, 2].filter((row) => !gone.includes(row)));
    }
  });

  it('has rows of earlier seconds first', () => {
    const wheel = aWheel(3);
    for (const [row, second] of [3, 1, 2].entries()) wheel.schedule(row, NOW + second);
    expect([1, 2, 3].map(() => wheel.takeDue(NOW + 10))).toEqual([1, 2, 0]);
  });

  it('looks at a row beyond its span once it has gone round, so that it can be put back', () => {
    const wheel = aWheel(1);
    const deadline = NOW + 3 * SPAN + 7;
    wheel.schedule(0, deadline);
    let looks = 0;
    for (let now = NOW; ; now++) {
      if (wheel.takeDue(now) === NO_ROW) continue;
      looks++;
      if (deadline <= now) {
        expect(now).toBe(deadline);
        break;
      }
      wheel.schedule(0, deadline);
    }
    expect(looks).toBe(4);
  });

  it('finds all when the clock jumps ahead by hours', () => {
    const wheel = aWheel(4);
    for (const [row, second] of [1, SPAN - 1, SPAN, 10 * SPAN].entries()) wheel.schedule(row, NOW + second);
    expect(due(wheel, NOW + 100 * 3600)).toEqual([0, 1, 2, 3]);
    wheel.schedule(2, NOW + 100 * 3600 + 5);
    expect(due(wheel, NOW + 100 * 3600 + 4)).toEqual([]);
    expect(due(wheel, NOW + 100 * 3600 + 5)).toEqual([2]);
  });

  it('agrees with a Map of deadlines as long as they lie within its span', () => {
    const operation = fc.record({
      does: fc.constantFrom('schedule', 'schedule', 'unschedule', 'advance'),
      row: fc.nat(9),
      seconds: fc.oneof(fc.nat(20), fc.nat(SPAN - 1)),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 100 }), (operations) => {
        const wheel = aWheel(10);
        const model = new Map<number, number>();
        let now = NOW;
        due(wheel, now);
        for (const { does, row, seconds } of operations) {
          if (does === 'advance') {
            now += seconds;
            const expected = [...model].filter(([, second]) => second <= now).map(([scheduled]) => scheduled);
            expect(due(wheel, now)).toEqual(expected.sort((a, b) => a - b));
            for (const gone of expected) model.delete(gone);
          } else if (does === 'unschedule' ? model.delete(row) : model.has(row)) {
            wheel.unschedule(row);
            model.delete(row);
          } else if (does === 'schedule') {
            wheel.schedule(row, now + 1 + seconds);
            model.set(row, now + 1 + seconds);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
