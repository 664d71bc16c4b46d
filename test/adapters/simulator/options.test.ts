import { describe, expect, it } from '@jest/globals';
import { DEFAULT_SIMULATION_OPTIONS, simulationOptions } from '../../../src/adapters/simulator/options.js';

describe('simulationOptions', () => {
  it('fills in defaults', () => {
    expect(simulationOptions()).toEqual(DEFAULT_SIMULATION_OPTIONS);
    expect(simulationOptions({ nodes: 3 }).nodes).toBe(3);
  });

  it.each([
    ['nodes', { nodes: 0 }],
    ['nodes', { nodes: 1.5 }],
    ['podsPerNode', { podsPerNode: 1 }],
    ['nodes × podsPerNode', { nodes: 16_384, podsPerNode: 1000 }],
    ['flows', { flows: Number.NaN }],
    ['target.port', { target: { host: 'localhost', port: 65_536 } }],
    ['rate', { rate: -1 }],
    ['deniedShare', { deniedShare: 1.1 }],
    ['reportsPerFlow', { reportsPerFlow: 0 }],
    ['shares', { shares: { intraNode: 0, interNode: 0, toExternal: 0, fromExternal: 0 } }],
  ])('names %s when it makes no sense', (name, given) => {
    expect(() => simulationOptions(given)).toThrow(RangeError);
    expect(() => simulationOptions(given)).toThrow(name);
  });
});
