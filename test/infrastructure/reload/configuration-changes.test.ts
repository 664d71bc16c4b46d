import { describe, expect, it } from '@jest/globals';
import { readConfiguration } from '../../../src/infrastructure/configuration/read-configuration.js';
import type { WeirConfiguration } from '../../../src/infrastructure/configuration/weir-configuration.js';
import { definitionsOf } from '../../../src/infrastructure/configuration/key.js';
import { WeirConfiguration as Root } from '../../../src/infrastructure/configuration/weir-configuration.js';
import { SINK_SECTIONS } from '../../../src/infrastructure/container/sinks.js';
import {
  changesBetween,
  LIVE_PATHS,
  withLiveChanges,
} from '../../../src/infrastructure/reload/configuration-changes.js';

const read = (text: string): WeirConfiguration => readConfiguration(text).configuration;

describe('changesBetween', () => {
  it('has nothing to say of the same configuration, however it is written', () => {
    expect(
      changesBetween(read('activeFlowRecordTimeout: 90s'), read('# so\nactiveFlowRecordTimeout: "1m30s"')),
    ).toEqual([]);
  });

  it('names each key with both values as they are printed, and whether it takes effect', () => {
    const before = read('limits: {maxStrings: 1Gi}\nflowCollector: {address: a}');
    const after = read(
      'limits: {maxStrings: 2Gi}\nflowCollector: {address: b, tls: {enable: true}}\nrecordContents: {podLabels: yes}',
    );
    expect(changesBetween(before, after)).toEqual([
      { path: 'recordContents.podLabels', before: 'false', after: 'true', isLive: true },
      { path: 'flowCollector.address', before: 'a', after: 'b', isLive: true },
      { path: 'flowCollector.tls.enable', before: 'false', after: 'true', isLive: true },
      { path: 'limits.maxStrings', before: '1Gi', after: '2Gi', isLive: false },
    ]);
  });

  it('sees a change within a list, and shows the list', () => {
    const after = read('flowLogger: {filters: [{ingressNetworkPolicyRuleActions: [Drop]}]}');
    expect(changesBetween(read(''), after)).toEqual([
      {
        path: 'flowLogger.filters',
        before: '[]',
        after: '[{"ingressNetworkPolicyRuleActions":["Drop"],"egressNetworkPolicyRuleActions":[]}]',
        isLive: true,
      },
    ]);
  });

  it('sees that a password changed, and shows neither', () => {
    const url = (password: string): WeirConfiguration =>
      read(`clickHouse: {databaseURL: "tcp://weir:${password}@ch:9000"}`);
    const masked = 'tcp://weir:***@ch:9000';
    expect(changesBetween(url('old'), url('new'))).toEqual([
      { path: 'clickHouse.databaseURL', before: masked, after: masked, isLive: true },
    ]);
  });
});

describe('withLiveChanges', () => {
  it('takes what takes effect, and leaves the rest as it was', () => {
    const before = read('clusterID: a\nrecordBufferSize: 10\nflowLogger: {path: /a}');
    const after = read(
      'clusterID: b\nrecordBufferSize: 20\nflowLogger: {path: /b, maxSize: 7}\nrecordContents: {podLabels: on}',
    );
    const effective = withLiveChanges(before, after);
    expect(changesBetween(before, effective).map(({ path }) => path)).toEqual([
      'recordContents.podLabels',
      'flowLogger.path',
      'flowLogger.maxSize',
    ]);
    expect(changesBetween(effective, after).map(({ path }) => path)).toEqual(['recordBufferSize', 'clusterID']);
    expect(effective).toBeInstanceOf(Root);
  });
});

describe('What takes effect without a restart', () => {
  it('has every section that makes a sink', () => {
    expect(LIVE_PATHS).toEqual(expect.arrayContaining(Object.keys(SINK_SECTIONS)));
  });

  it('is made of keys that there are, or will be', () => {
    const names = definitionsOf(Root).map(({ name }) => name);
    const unknown = LIVE_PATHS.map((path) => path.split('.')[0]!).filter((name) => !names.includes(name));
    expect(unknown.filter((name) => name !== 'cloudLabels')).toEqual([]);
  });
});
