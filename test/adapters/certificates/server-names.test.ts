import { describe, expect, it } from '@jest/globals';
import { serverNames } from '../../../src/adapters/certificates/server-names.js';

describe('serverNames', () => {
  it('has the name of the Service', () => {
    expect(serverNames({})).toEqual(['flow-aggregator.flow-aggregator.svc']);
    expect(serverNames({ namespace: 'weir', flowAggregatorAddress: '' })).toEqual(['flow-aggregator.weir.svc']);
  });

  it('has what exporters dial outside of Kubernetes', () => {
    const service = 'flow-aggregator.flow-aggregator.svc';
    const local = ['localhost', '127.0.0.1', '::1'];
    expect(serverNames({ hostName: 'probe_1.example.org' })).toEqual([service, ...local, 'probe_1.example.org']);
    expect(serverNames({ hostName: 'localhost', flowAggregatorAddress: '127.0.0.1' }).sort()).toEqual(
      [service, ...local].sort(),
    );
    expect(serverNames({ hostName: 'not a name' })).toEqual([service, ...local]);
  });

  it.each([
    ['flows.example.org', 'flows.example.org'],
    ['*.example.org', '*.example.org'],
    ['münchen.example', 'xn--mnchen-3ya.example'],
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
  ])('takes the address %s', (flowAggregatorAddress, name) => {
    expect(serverNames({ flowAggregatorAddress })).toContain(name);
  });

  it.each(['a b', 'https://example.org', 'host:4739', '300.1.1.1', 'fe80::1%eth0', '.', '-x', `${'a'.repeat(64)}.org`])(
    'refuses the address %s',
    (flowAggregatorAddress) => {
      expect(() => serverNames({ flowAggregatorAddress })).toThrow(/^flowAggregatorAddress ".*" is neither/);
    },
  );
});
