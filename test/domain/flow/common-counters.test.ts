import { describe, expect, it } from '@jest/globals';
import { isTotal } from '../../../src/domain/flow/common-counters.js';
import { COUNTER_FIELDS, type CounterName } from '../../../src/domain/flow/fields.js';
import { aFlow } from '../../support/a-batch.js';

const COUNTERS = Object.keys(COUNTER_FIELDS) as CounterName[];
const OF_LATER = [...COUNTERS.filter((name) => !name.includes('Total')), 'throughput', 'reverseThroughput'] as const;

describe('§5 a common total', () => {
  it.each(COUNTERS.filter((name) => name.includes('Total')))('%s is the larger of the two sides', (name) => {
    const of = (source: bigint, destination: bigint): bigint =>
      aFlow({
        [`${name}FromSourceNode`]: source,
        [`${name}FromDestinationNode`]: destination,
        flowEndSecondsFromSourceNode: 9,
        flowEndSecondsFromDestinationNode: 5,
      })[name];
    expect(of(3n, 2n)).toBe(3n);
    expect(of(2n, 3n)).toBe(3n);
    expect(of(2n ** 32n, 2n ** 32n - 1n)).toBe(2n ** 32n);
    expect(of(2n ** 63n, 2n ** 64n - 1n)).toBe(2n ** 64n - 1n);
    expect(isTotal(name)).toBe(true);
  });
});

describe.each(OF_LATER)('§5 the common %s', (name) => {
  const of = (sourceEnd: number, destinationEnd: number): bigint =>
    aFlow({
      [`${name}FromSourceNode`]: 7n,
      [`${name}FromDestinationNode`]: 3n,
      flowEndSecondsFromSourceNode: sourceEnd,
      flowEndSecondsFromDestinationNode: destinationEnd,
    })[name];

  it("is that of the side whose end is later, though the other's is larger", () => {
    expect(of(10, 11)).toBe(3n);
    expect(of(11, 10)).toBe(7n);
    expect(of(0xffffffff, 1)).toBe(7n);
    expect(isTotal(name)).toBe(false);
  });

  it("[better] is the destination's if the ends are equal", () => {
    expect(of(10, 10)).toBe(3n);
  });

  it("is the source's if the destination has not reported", () => {
    expect(aFlow({ [`${name}FromSourceNode`]: 7n, flowEndSecondsFromSourceNode: 5 })[name]).toBe(7n);
    expect(aFlow({ [`${name}FromSourceNode`]: 7n, flowEndSecondsFromSourceNode: 0 })[name]).toBe(7n);
  });

  it("is the destination's if the source has not reported", () => {
    expect(aFlow({ [`${name}FromDestinationNode`]: 3n, flowEndSecondsFromDestinationNode: 5 })[name]).toBe(3n);
    expect(aFlow({ [`${name}FromDestinationNode`]: 3n, flowEndSecondsFromDestinationNode: 0 })[name]).toBe(3n);
  });
});
