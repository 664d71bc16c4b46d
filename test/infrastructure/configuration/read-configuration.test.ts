import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { formatProblem } from '../../../src/infrastructure/configuration/problem.js';
import { exampleConfiguration } from '../../../src/infrastructure/configuration/print-configuration.js';
import { readConfiguration } from '../../../src/infrastructure/configuration/read-configuration.js';
import { configurationReference } from '../../../src/infrastructure/configuration/reference.js';
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

describe('the report on a configuration', () => {
  it.each([
    ['mode: Proxy', 'f:1:1: mode: Proxy mode comes in a later version of Weir; set Aggregate'],
    ['mode: proxy', 'f:1:1: mode: "proxy" is not valid; accepted is Aggregate or Proxy'],
    [
      'activeFlowRecordTimeout: 60',
      'f:1:1: activeFlowRecordTimeout: "60" is not valid; accepted is a duration such as "90s", "1m30s" or "500ms"',
    ],
    [
      'inactiveFlowRecordTimeout: 500ms',
      'f:1:1: inactiveFlowRecordTimeout: "500ms" is too little and taken as 1s; accepted is 1s or more',
    ],
    ['flowColector: {}', 'f:1:1: flowColector: unknown key, ignored; did you mean flowCollector?'],
    ['FLOWCOLLECTOR: {}', 'f:1:1: FLOWCOLLECTOR: unknown key, ignored; did you mean flowCollector?'],
    ['xyzzy: 1', 'f:1:1: xyzzy: unknown key, ignored; see docs/examples/weir.yaml for the keys there are'],
    ['listen:\n  metric: ""', 'f:2:3: listen.metric: unknown key, ignored; did you mean metrics?'],
    ['listen:\n  ipfix: ""', 'f:2:3: listen.ipfix: is empty; accepted is host:port or [IPv6 address]:port'],
    [
      'listen:\n  ipfix: ":70000"',
      'f:2:3: listen.ipfix: ":70000" is not valid; accepted is host:port or [IPv6 address]:port',
    ],
    ['listen: 4739', 'f:1:1: listen: "4739" is no section; accepted is a mapping of keys to values'],
    ['listen: [a]', 'f:1:1: listen: a list is no section; accepted is a mapping of keys to values'],
    ['clusterID: [a]', 'f:1:1: clusterID: a list is not valid; accepted is text'],
    ['recordBufferSize: many', 'f:1:1: recordBufferSize: "many" is not valid; accepted is an integer'],
    ['recordBufferSize: 1.5', 'f:1:1: recordBufferSize: "1.5" is not valid; accepted is an integer'],
    ['recordBufferSize: -1', 'f:1:1: recordBufferSize: -1 is too little; accepted is 0 or more'],
    [
      'recordContents:\n  podLabels: maybe',
      'f:2:3: recordContents.podLabels: "maybe" is not valid; accepted is true or false',
    ],
    [
      'recordContents:\n  podLabels: yes',
      "f:2:3: recordContents.podLabels: Kubernetes' labels of Pods come in a later version of Weir; flows carry those that exporters send over gRPC",
    ],
    [
      'apiServer: {apiPort: 70000}',
      'f:1:13: apiServer.apiPort: 70000 is out of range; accepted is an integer from 1 to 65535',
    ],
    [
      'clickHouse:\n  enable: true',
      'f:2:3: clickHouse.enable: ClickHouse comes in a later version of Weir; set clickHouse.enable to false',
    ],
    [
      'flowStreamService:\n  enable: true',
      'f:2:3: flowStreamService.enable: ignored: the live stream comes in a later version of Weir; nobody can connect to it until then',
    ],
    [
      's3Uploader:\n  enable: true',
      'f:2:3: s3Uploader.enable: S3 comes in a later version of Weir; set s3Uploader.enable to false',
    ],
    [
      'flowLogger: {enable: on, recordFormat: JSON}',
      'f:1:26: flowLogger.recordFormat: "JSON" is not valid; accepted is CSV',
    ],
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
      'correlation:\n  uncorrelated: keep',
      'f:2:3: correlation.uncorrelated: "keep" is not valid; accepted is export or drop',
    ],
    [
      'limits:\n  maxMemory: 1 TB',
      'f:2:3: limits.maxMemory: "1 TB" is not valid; accepted is bytes, or a number with Ki, Mi or Gi such as "512Mi"',
    ],
    ['limits:\n  maxStrings: 1Ki', 'f:2:3: limits.maxStrings: 1Ki is out of range; accepted is a size from 1Mi to 4Gi'],
    ['limits:\n  maxStrings: 5Gi', 'f:2:3: limits.maxStrings: 5Gi is out of range; accepted is a size from 1Mi to 4Gi'],
    [`clusterID: ${'ä'.repeat(128)}`, 'f:1:1: clusterID: is too long with 256 octets; accepted are up to 255'],
    [
      'apiServer:\n  tlsCipherSuites: TLS_RSA_WITH_RC4_128_SHA, TLS_FOO',
      'f:2:3: apiServer.tlsCipherSuites: "TLS_FOO" is no cipher suite; accepted are IANA names such as "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", separated by commas',
    ],
    [
      'apiServer:\n  tlsCipherSuites: "AES128-SHA,"',
      'f:2:3: apiServer.tlsCipherSuites: "AES128-SHA", "" are no cipher suites; accepted are IANA names such as "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", separated by commas',
    ],
    ['limits:\n  maxFlows: 0', 'f:2:3: limits.maxFlows: 0 is out of range; accepted is an integer from 1 to 268435456'],
    [
      'flowCollector:\n  enable: true',
      'f:1:1: flowCollector.address: is missing; accepted is host:port[:proto], [IPv6 address]:port[:proto], host::proto or host, where proto is tcp or udp',
    ],
    [
      'flowCollector: {enable: on, address: "h:1", maxIPFIXMsgSize: 511}',
      'f:1:45: flowCollector.maxIPFIXMsgSize: 511 is out of range; accepted is 0 or an integer from 512 to 65535',
    ],
    [
      'flowCollector: {enable: on, address: "h:1:udp", tls: {enable: on}}',
      'f:1:29: flowCollector.address: is reached over UDP, but flowCollector.tls is enabled, and Weir does no DTLS; accepted is tcp with TLS, or tls.enable: false',
    ],
    [
      'flowCollector: {enable: on, address: "h:1", tls: {enable: on, minVersion: VersionTLS11}}',
      'f:1:63: flowCollector.tls.minVersion: "VersionTLS11" is not valid; accepted is VersionTLS12 or VersionTLS13',
    ],
    [
      'flowAggregatorAddress: "a b"',
      'f:1:1: flowAggregatorAddress: "a b" is not valid; accepted is a DNS name or an IP address',
    ],
    ['listen: {grpc: ""}', 'f:1:10: listen.grpc: is empty; accepted is host:port or [IPv6 address]:port'],
    [
      'flowCollector: {enable: on, address: "h:1", observationDomainID: 4294967296}',
      'f:1:45: flowCollector.observationDomainID: 4294967296 is out of range; accepted is an integer from 0 to 4294967295',
    ],
    [
      'flowCollector: {enable: on, address: "h:1", templateRefreshTimeout: -1s}',
      'f:1:45: flowCollector.templateRefreshTimeout: -1s is too little; accepted is 0s or more',
    ],
  ])('says of %j', (text, line) => {
    expect(report(text)).toEqual([line]);
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

  it.each([
    ['mode: [', /^f:\d+:\d+: .*; accepted is YAML$/],
    ['mode: Aggregate\nmode: Proxy', /^f:2:1: .*unique.*; accepted is YAML$/i],
    ['mode: *nowhere', /^f:1:1: mode: the alias \*nowhere stands for nothing; accepted is an anchor before it$/],
  ])('says where %j is no YAML', (text, line) => {
    const { problems, usable } = readConfiguration(text);
    expect(usable).toBe(false);
    expect(formatProblem('f', problems[0]!)).toMatch(line);
  });
});

describe('a configuration', () => {
  it('may be empty: IPFIX over TLS, and gRPC', () => {
    const read = configuration('');
    expect(read.aggregatorTransportProtocol).toBe('TLS');
    expect(read.listen).toEqual({ ipfix: '[::]:4739', grpc: '[::]:14739', metrics: '[::]:9090' });
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

  it.each([
    ['true', true],
    ['Yes', true],
    ['on', true],
    ['y', true],
    ['"true"', true],
    ['false', false],
    ['NO', false],
    ['off', false],
    ['n', false],
  ])('takes %s for the Boolean %s', (word, value) => {
    expect(configuration(`flowCollector:\n  includeK8sUIDs: ${word}`).flowCollector.includeK8sUIDs).toBe(value);
  });

  it.each([
    ['1e+06', 1_000_000],
    ['1e6', 1_000_000],
    ['"8192"', 8192],
    ['0x10', 16],
    ['100.0', 100],
  ])('takes %s for the integer %d', (text, value) => {
    expect(configuration(`recordBufferSize: ${text}`).recordBufferSize).toBe(value);
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

  it('takes cipher suites that Go knows, the insecure ones and those of TLS 1.3 included', () => {
    const suites =
      'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_RSA_WITH_3DES_EDE_CBC_SHA,TLS_AES_128_GCM_SHA256';
    expect(configuration(`apiServer:\n  tlsCipherSuites: ${suites}`).apiServer.tlsCipherSuites).toBe(suites);
  });

  it('follows aliases', () => {
    expect(configuration('x: &a 5s\nactiveFlowRecordTimeout: *a').activeFlowRecordTimeout).toBe(5000);
  });

  it.each(['tcp', 'Udp', 'tls'])('takes the transport %s in any case', (word) => {
    const { configuration: read, usable } = readConfiguration(`aggregatorTransportProtocol: ${word}`);
    expect(usable).toBe(true);
    expect(read.aggregatorTransportProtocol).toBe(word.toUpperCase());
  });

  it('takes the transport None', () => {
    expect(configuration('aggregatorTransportProtocol: none').aggregatorTransportProtocol).toBe('None');
  });
});

describe('files that users have', () => {
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
