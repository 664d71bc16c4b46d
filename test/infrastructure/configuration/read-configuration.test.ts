import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { formatProblem } from '../../../src/infrastructure/configuration/problem.js';
import { exampleConfiguration } from '../../../src/infrastructure/configuration/print-configuration.js';
import { readConfiguration } from '../../../src/infrastructure/configuration/read-configuration.js';
import { configurationReference } from '../../../src/infrastructure/configuration/reference.js';
import { apiListenAddress } from '../../../src/infrastructure/configuration/sections/small-sections.js';
import type { WeirConfiguration } from '../../../src/infrastructure/configuration/weir-configuration.js';

function report(text: string): string[] {
  return readConfiguration(text).problems.map((problem) => formatProblem('f', problem));
}

/** A configuration that must be usable. */
function configuration(text: string): WeirConfiguration {
  const { configuration: read, problems, usable } = readConfiguration(text);
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(usable).toBe(true);
  return read;
}

// What is said of the values of each key is in rows.ts.
describe('the report on a configuration', () => {
  it.each([
    ['flowColector: {}', 'f:1:1: flowColector: unknown key, ignored; did you mean flowCollector?'],
    ['FLOWCOLLECTOR: {}', 'f:1:1: FLOWCOLLECTOR: unknown key, ignored; did you mean flowCollector?'],
    ['xyzzy: 1', 'f:1:1: xyzzy: unknown key, ignored; see docs/examples/weir.yaml for the keys there are'],
    ['1: 2', 'f:1:1: 1: unknown key, ignored; see docs/examples/weir.yaml for the keys there are'],
    ['apiPort: 1', 'f:1:1: apiPort: unknown key, ignored; did you mean apiServer.apiPort?'],
    [
      'limits: {uncorrelated: drop}',
      'f:1:10: limits.uncorrelated: unknown key, ignored; did you mean correlation.uncorrelated?',
    ],
    ['retention: 1h', 'f:1:1: retention: unknown key, ignored; see docs/examples/weir.yaml for the keys there are'],
    ['__proto__: {}', 'f:1:1: __proto__: unknown key, ignored; see docs/examples/weir.yaml for the keys there are'],
    ['listen:\n  metric: ""', 'f:2:3: listen.metric: unknown key, ignored; did you mean metrics?'],
    ['listen: 4739', 'f:1:1: listen: "4739" is no section; accepted is a mapping of keys to values'],
    ['listen: [a]', 'f:1:1: listen: a list is no section; accepted is a mapping of keys to values'],
    [
      'flowLogger: {enable: on, filters: Drop}',
      'f:1:26: flowLogger.filters: "Drop" is no list; accepted is a list of mappings',
    ],
    [
      'flowLogger: {enable: on, filters: [Drop]}',
      'f:1:36: flowLogger.filters[0]: "Drop" is no section; accepted is a mapping of keys to values',
    ],
    [
      'flowLogger:\n  enable: on\n  filters:\n  - ingressNetworkPolicyRuleActions: [Drop]\n  - egressNetworkPolicyRuleActions: [Drop, Deny]',
      'f:5:5: flowLogger.filters[1].egressNetworkPolicyRuleActions: a list is not valid; accepted is a list of None, Allow, Drop or Reject',
    ],
    [
      'flowLogger: {enable: on, filters: [{ingressNetworkPolicyRuleAction: [Drop]}]}',
      'f:1:37: flowLogger.filters[0].ingressNetworkPolicyRuleAction: unknown key, ignored; did you mean ingressNetworkPolicyRuleActions?',
    ],
    [
      'clickHouse:\n  commitInterval: soon',
      'f:2:3: clickHouse.commitInterval: "soon" is not valid; accepted is a duration such as "90s", "1m30s" or "500ms" (ignored: clickHouse is not enabled)',
    ],
    [
      'flowCollector: {enable: on, address: "h:1", tls: {minVersion: VersionTLS11}}',
      'f:1:51: flowCollector.tls.minVersion: "VersionTLS11" is not valid; accepted is VersionTLS12 or VersionTLS13 (ignored: flowCollector.tls is not enabled)',
    ],
    [
      'flowCollector:\n  enable: true',
      'f:1:1: flowCollector.address: is missing; accepted is host:port[:proto], [IPv6 address]:port[:proto], host::proto or host, where proto is tcp or udp',
    ],
    [
      'cloudLabels:\n  prices:\n    INTRA_VPC: 0.01\n    INTER_REGION: -1',
      'f:4:5: cloudLabels.prices.INTER_REGION: "-1" is not valid; accepted is a number of 0 or more (ignored: cloudLabels is not enabled)',
    ],
    [
      'cloudLabels: {prices: {INTRA_VPC: }}',
      'f:1:24: cloudLabels.prices.INTRA_VPC: "" is not valid; accepted is a number of 0 or more (ignored: cloudLabels is not enabled)',
    ],
  ])('says of %j', (text, line) => {
    expect(report(text)).toEqual([line]);
  });

  it('has the other problems of a section that comes later', () => {
    expect(
      report(
        'clickHouse:\n  enable: on\n  databaseURL: ftp://ch\n  commitInterval: 1ms\n  compres: no\n  tls: {caCert: x}',
      ),
    ).toEqual([
      'f:2:3: clickHouse.enable: ClickHouse comes in a later version of Weir; set clickHouse.enable to false',
      'f:3:3: clickHouse.databaseURL: "ftp://ch" is not valid; accepted is tcp, tls, http or https://host[:port] without path, query or user',
      'f:4:3: clickHouse.commitInterval: 1ms is too little; accepted is 1s or more',
      'f:5:3: clickHouse.compres: unknown key, ignored; did you mean compress?',
      'f:6:9: clickHouse.tls.caCert: "x" is not valid; accepted is true or false',
    ]);
  });

  it('names a key that is no plain word in quotes, in one line, with nothing invisible', () => {
    expect(report('"a\\nb\\u202e.c": 1\n"": 2')).toEqual([
      'f:1:1: "a\\nb\\u{202e}.c": unknown key, ignored; see docs/examples/weir.yaml for the keys there are',
      'f:2:1: "": unknown key, ignored; see docs/examples/weir.yaml for the keys there are',
    ]);
    expect(report('mode: "\\e[31m\\u200bProxy"')).toEqual([
      'f:1:1: mode: "\\u001b[31m\\u{200b}Proxy" is not valid; accepted is Aggregate or Proxy',
    ]);
  });

  it('has no password', () => {
    const lines = report(
      'mode: http://u:s3cret@h\nclickHouse: {databaseURL: "tcp://u:s3cret@h/x?password=s3cret"}',
    ).join();
    expect(lines).toContain('***');
    expect(lines).not.toContain('s3cret');
  });

  it('has every problem, in the order of the file', () => {
    const lines = report('limits:\n  maxFlows: x\nmode: y\nflowCollector:\n  enable: z');
    expect(lines.map((line) => line.split(': ', 2).join(': '))).toEqual([
      'f:2:3: limits.maxFlows',
      'f:3:1: mode',
      'f:5:3: flowCollector.enable',
    ]);
  });

  it('shortens a long value and keeps it in one line', () => {
    expect(report(`mode: "${'a\\n'.repeat(1000)}"`)[0]).toMatch(/^f:1:1: mode: "(a\\n){30}…" is not valid; /);
  });
});

describe('a configuration', () => {
  it('may be empty: IPFIX over TLS, and gRPC', () => {
    const read = configuration('');
    expect(read.aggregatorTransportProtocol).toBe('TLS');
    expect(read.listen).toMatchObject({ ipfix: '[::]:4739', grpc: '[::]:14739', metrics: '[::]:9090' });
  });

  it('has filters of the flow log, each with both lists', () => {
    const { filters } = configuration(
      'flowLogger:\n  enable: true\n  filters:\n  - ingressNetworkPolicyRuleActions: [None, Drop]\n  - {}\n  -',
    ).flowLogger;
    expect(filters).toEqual([
      { ingressNetworkPolicyRuleActions: ['None', 'Drop'], egressNetworkPolicyRuleActions: [] },
      { ingressNetworkPolicyRuleActions: [], egressNetworkPolicyRuleActions: [] },
      { ingressNetworkPolicyRuleActions: [], egressNetworkPolicyRuleActions: [] },
    ]);
  });

  it.each(['flowLogger: {filters: }', 'flowLogger: {filters: ""}', 'flowLogger: {filters: []}'])(
    'takes %j for no filters',
    (text) => {
      expect(configuration(text).flowLogger.filters).toEqual([]);
    },
  );

  it('takes TLS over UDP where the collector is not enabled', () => {
    configuration('flowCollector: {address: "h:1:udp", tls: {enable: on}}');
  });

  it.each([
    'flowCollector:',
    'flowCollector: ~',
    'flowCollector: ""',
    'flowCollector: {}',
    'flowCollector:\n  # nothing',
  ])('takes %j for the defaults', (text) => {
    expect(configuration(text).flowCollector).toMatchObject({
      enable: false,
      includeK8sNames: true,
      recordFormat: 'IPFIX',
    });
  });

  it.each(['', '~', '""', '0'])("takes %j for the default of Antrea's keys", (value) => {
    const read = configuration(
      `recordBufferSize: ${value}\nactiveFlowRecordTimeout: ${value}\nflowCollector:\n  templateRefreshTimeout: ${value}\n  tls: {minVersion: ${value}}`,
    );
    expect(read.recordBufferSize).toBe(8192);
    expect(read.activeFlowRecordTimeout).toBe(60_000);
    expect(read.flowCollector.templateRefreshTimeout).toBe(600_000);
    expect(read.flowCollector.tls.minVersion).toBe('VersionTLS12');
  });

  it('keeps "" and 0 of its own keys, and maxBackups: 0', () => {
    const read = configuration('listen:\n  metrics: ""\nlimits:\n  idleTimeout: 0\nflowLogger:\n  maxBackups: 0');
    expect(read.listen.metrics).toBe('');
    expect(read.limits.idleTimeout).toBe(0);
    expect(read.flowLogger.maxBackups).toBe(0);
  });

  it.each(['007', '1.10', 'true', '1e3', '"a b"'])('takes %s for text as it is written', (text) => {
    expect(configuration(`clusterID: ${text}`).clusterID).toBe(text.replaceAll('"', ''));
  });

  it('raises a timeout below a second, even one of 0s', () => {
    expect(configuration('activeFlowRecordTimeout: 0s').activeFlowRecordTimeout).toBe(1000);
    expect(configuration('inactiveFlowRecordTimeout: -5s').inactiveFlowRecordTimeout).toBe(1000);
  });

  it('takes a template refresh of 0s for the default', () => {
    const read = configuration('flowCollector: {enable: on, address: "h:1", templateRefreshTimeout: 0s}');
    expect(read.flowCollector.templateRefreshTimeout).toBe(600_000);
  });

  it('takes any template refresh that is not negative, as Antrea does', () => {
    const read = configuration('flowCollector: {enable: on, address: "h:1", templateRefreshTimeout: 999ms}');
    expect(read.flowCollector.templateRefreshTimeout).toBe(999);
  });

  it('takes a clusterID of 255 octets and 4Gi of strings', () => {
    const read = configuration(`clusterID: ${'x'.repeat(255)}\nlimits:\n  maxStrings: 4Gi`);
    expect(read.clusterID).toHaveLength(255);
    expect(read.limits.maxStrings).toBe(2 ** 32);
  });

  it('has lists of which some items are aliases', () => {
    const read = configuration('flowLogger: {filters: [&f {ingressNetworkPolicyRuleActions: [&a Drop, *a]}, *f]}');
    const filter = { ingressNetworkPolicyRuleActions: ['Drop', 'Drop'], egressNetworkPolicyRuleActions: [] };
    expect(read.flowLogger.filters).toEqual([filter, filter]);
  });

  it('takes an anchor that is set twice for the last one before the alias', () => {
    const read = configuration('a: &x 5s\nactiveFlowRecordTimeout: *x\nb: &x 6s\ninactiveFlowRecordTimeout: *x');
    expect([read.activeFlowRecordTimeout, read.inactiveFlowRecordTimeout]).toEqual([5000, 6000]);
  });

  it('has mappings whose keys the user chooses, whatever they are', () => {
    const { prices } = configuration('cloudLabels: {prices: {INTRA_VPC: 0.5, __proto__: 1, "a b": 2}}').cloudLabels;
    expect(Object.entries(prices)).toEqual([
      ['INTRA_VPC', 0.5],
      ['__proto__', 1],
      ['a b', 2],
    ]);
  });

  it('has the API server listen at apiPort, unless listen.api says where', () => {
    expect(apiListenAddress(configuration('apiServer: {apiPort: 443}'))).toBe('[::]:443');
    expect(apiListenAddress(configuration('listen: {api: "127.0.0.1:1"}'))).toBe('127.0.0.1:1');
  });

  it('follows aliases', () => {
    expect(configuration('x: &a 5s\nactiveFlowRecordTimeout: *a').activeFlowRecordTimeout).toBe(5000);
  });
});

describe('files that users have', () => {
  // No warning remains: neither file enables anything that comes later, and every key in them is known.
  it.each(['antrea-chart.yaml', 'antrea-sample.yaml'])('%s is taken without a word', (name) => {
    const text = readFileSync(`test/fixtures/configuration/${name}`, 'utf8');
    expect(readConfiguration(text).problems).toEqual([]);
  });

  it('docs/reference/configuration.md is what `weir config reference` prints', () => {
    expect(readFileSync('docs/reference/configuration.md', 'utf8')).toBe(configurationReference());
  });

  it('docs/examples/weir.yaml is what `weir config example` prints, and taken without a word', () => {
    const text = readFileSync('docs/examples/weir.yaml', 'utf8');
    expect(text).toBe(exampleConfiguration());
    expect(readConfiguration(text).problems).toEqual([]);
  });
});
