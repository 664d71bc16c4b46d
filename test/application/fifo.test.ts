import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Fifo } from '../../src/application/fifo.js';

describe('Fifo', () => {
  it('gives undefined when empty', () => {
    const fifo = new Fifo<number>();
    expect([fifo.length, fifo.shift(), fifo.at(0)]).toEqual([0, undefined, undefined]);
  });

  it('behaves as an array does, also where it gives memory back', () => {
    const step = fc.oneof(
      fc.record({ push: fc.integer({ min: 1, max: 900 }) }),
      fc.record({ shift: fc.integer({ min: 1, max: 900 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const fifo = new Fifo<number>();
        const model: number[] = [];
        let next = 0;
        for (const step of steps) {
          for (let i = 0; 'push' in step && i < step.push; i++) {
            fifo.push(next);
            model.push(next++);
          }
          for (let i = 0; 'shift' in step && i < step.shift; i++) expect(fifo.shift()).toBe(model.shift());
          expect([fifo.length, fifo.at(0), fifo.at(1)]).toEqual([model.length, model[0], model[1]]);
        }
      }),
      { numRuns: 50 },
    );
  });
});
