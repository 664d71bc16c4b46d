import { describe, expect, it } from '@jest/globals';
import { nearest } from '../../src/infrastructure/nearest.js';

const KEYS = ['flowCollector', 'flowLogger', 'mode', 'clusterID'];

describe('nearest', () => {
  it.each([
    ['flowcollector', 'flowCollector'],
    ['flowColector', 'flowCollector'],
    ['floWlogegr', 'flowLogger'],
    ['mdoe', 'mode'],
    ['modes', 'mode'],
    ['clusterld', 'clusterID'],
  ])('of %s is %s', (text, key) => {
    expect(nearest(text, KEYS)).toBe(key);
  });

  it.each(['', 'x', 'node_', 'somethingElse', 'm'.repeat(10_000)])('of %j is nothing', (text) => {
    expect(nearest(text, KEYS)).toBeUndefined();
  });
});
