import { describe, expect, it } from '@jest/globals';
import { formatProblem } from '../../../src/infrastructure/configuration/problem.js';
import { readConfiguration } from '../../../src/infrastructure/configuration/read-configuration.js';

function report(text: string): string[] {
  return readConfiguration(text).problems.map((problem) => formatProblem('f', problem));
}

const TOO_MANY = 'stands for too many values, aliases resolved; accepted are 100000 in the whole file';
const TOO_DEEP = 'sections and lists are nested too deeply; accepted are 100 levels';

describe('a file that is no YAML is refused', () => {
  it.each([
    [
      'mode: [',
      'f:1:8: Flow sequence in block collection must be sufficiently indented and end with a ]; accepted is YAML',
    ],
    ['mode: "a', 'f:1:9: Missing closing "quote; accepted is YAML'],
    ['flowCollector:\n\tenable: true', 'f:2:1: a tab indents this line; accepted are spaces'],
    ['mode: Proxy\n---\nmode: Aggregate', 'f:2:1: a second document begins here; accepted is a file of one'],
    ['? [a]\n: b', 'f:1:3: a list or mapping is no key; accepted is text'],
    ['mode: *nowhere', 'f:1:1: mode: the alias "*nowhere" stands for nothing; accepted is an anchor before it'],
    [
      'mode: *later\nx: &later Proxy',
      'f:1:1: mode: the alias "*later" stands for nothing; accepted is an anchor before it',
    ],
    ['just text', 'f:1:1: "just text" is no section; accepted is a mapping of keys to values'],
    ['\n\n- a', 'f:3:1: a list is no section; accepted is a mapping of keys to values'],
  ])('%j', (text, line) => {
    expect(report(text)).toContain(line);
    expect(readConfiguration(text).usable).toBe(false);
  });

  it('with at most twenty of its mistakes, which come of each other', () => {
    expect(report('"'.repeat(2000))).toHaveLength(20);
  });
});

describe('a key that is there twice', () => {
  it.each([
    ['mode: Aggregate\nmode: Aggregate', 'f:2:1: mode: is in line 1 already; accepted is each key once'],
    ['mode: Aggregate\n"mode": Proxy', 'f:2:1: mode: is in line 1 already; accepted is each key once'],
    [
      'flowCollector:\n  enable: no\n  tls: {}\n  enable: no',
      'f:4:3: flowCollector.enable: is in line 2 already; accepted is each key once',
    ],
    ['x: 1\nx: 2', 'f:2:1: x: is in line 1 already; accepted is each key once'],
  ])('is refused: %j', (text, line) => {
    expect(report(text)).toContain(line);
    expect(readConfiguration(text).usable).toBe(false);
  });

  it('is a warning where the section is not enabled', () => {
    expect(report('store:\n  maxSize: 1Gi\n  maxSize: 2Gi')).toEqual([
      'f:3:3: store.maxSize: is in line 2 already; accepted is each key once (ignored: store is not enabled)',
    ]);
  });
});

describe('a merge key', () => {
  const COMMON = 'x: &a {enable: on, address: "h:1", recordFormat: JSON}\ny: &b {address: "h:2", includeK8sUIDs: on}\n';

  it.each([
    ['<<: *a', { address: 'h:1', recordFormat: 'JSON', includeK8sUIDs: false }],
    ['<<: *a\n  address: "h:3"', { address: 'h:3', recordFormat: 'JSON' }],
    ['address: "h:3"\n  <<: *a', { address: 'h:3', recordFormat: 'JSON' }],
    ['<<: [*b, *a]', { address: 'h:2', recordFormat: 'JSON', includeK8sUIDs: true }],
    ['<<: {<<: *a, address: "h:4"}', { address: 'h:4', recordFormat: 'JSON' }],
  ])('takes the keys that are not there: %j', (text, values) => {
    const { configuration, usable } = readConfiguration(`${COMMON}flowCollector:\n  ${text}`);
    expect(usable).toBe(true);
    expect(configuration.flowCollector).toMatchObject({ enable: true, ...values });
  });

  it('reports what it took where that stands', () => {
    const text = 'flowCollector:\n  enable: on\n  <<:\n    address: a b';
    expect(report(text)).toEqual([expect.stringMatching(/^f:4:5: flowCollector\.address: "a b" is not valid; /)]);
  });

  it.each(['<<: 5', '<<: [5]', '<<:', '<<: *a', '<<: [[*a]]'])(
    'that merges no mapping, or itself, is refused: %s',
    (text) => {
      expect(report(`listen: &a\n  ${text}`)).toEqual([
        'f:2:3: listen.<<: merges what is no mapping, or itself; accepted is a mapping or a list of them',
      ]);
    },
  );
});

describe('a file is read', () => {
  it.each([
    ['nothing', ''],
    ['comments', '# a\n# b\n'],
    ['the start of a document', '---\n'],
    ['the end of one', 'recordBufferSize: 8192\n...\n'],
    ['null', '~'],
    ['white space', ' \n\t\n'],
    ['a byte order mark', '\uFEFFrecordBufferSize: 8192\n'],
    ['the directive of YAML 1.1', '%YAML 1.1\n---\nflowCollector: {enable: off}\n'],
  ])('with %s in it', (_what, text) => {
    expect(report(text)).toEqual([]);
  });

  it.each([
    ['\uFEFFmode: x', 'f:1:1: mode:'],
    ['# ä\r\nlimits:\r\n  maxFlows: 0\r\n', 'f:3:3: limits.maxFlows:'],
    ['limits: {"maxFlows": 0}', 'f:1:10: limits.maxFlows:'],
  ])('with its places as an editor counts them: %j', (text, place) => {
    expect(report(text)[0]).toContain(place);
  });

  it('with a tag or directive that nobody knows: a warning', () => {
    expect(report('%FOO bar\n---\nmode: !foo Proxy')).toEqual([
      'f:1:1: Unknown directive %FOO, ignored; accepted is YAML',
      'f:3:7: Unresolved tag: !foo, ignored; accepted is YAML',
    ]);
  });
});

// Each of these takes a parser down, or keeps it busy for hours, that is not on its guard.
describe('a file that is made to break its reader is refused', () => {
  const aliases = (name: string, count: number): string => `[${`*${name},`.repeat(count)}]`;
  it.each([
    ['brackets', '['.repeat(20_000), `f:1:102: ${TOO_DEEP}`],
    ['mappings', `mode: ${'{a: '.repeat(20_000)}`, `f:1:404: ${TOO_DEEP}`],
    ['dashes', '- '.repeat(20_000), `f:1:203: ${TOO_DEEP}`],
    ['question marks', '? '.repeat(20_000), `f:1:203: ${TOO_DEEP}`],
    [
      'aliases of a long list',
      `x: &a {ingressNetworkPolicyRuleActions: [${'Drop,'.repeat(2000)}]}\nflowLogger: {filters: ${aliases('a', 2000)}}`,
      `f:1:8: flowLogger.filters[49].ingressNetworkPolicyRuleActions: ${TOO_MANY}`,
    ],
    [
      'merges of merges',
      `${Array.from({ length: 40 }, (_, level) => `x${level}: &a${level}\n  <<: ${level === 0 ? '{}' : aliases(`a${level - 1}`, 2)}`).join('\n')}\nlisten:\n  <<: *a39`,
      `f:81:1: listen: ${TOO_MANY}`,
    ],
  ])('by %s', (_what, text, line) => {
    const { problems, usable } = readConfiguration(text);
    const [error] = problems.filter(({ severity }) => severity === 'error');
    expect(usable).toBe(false);
    expect(formatProblem('f', error!)).toBe(line);
  });

  it('unless it is a section that has itself in it, which is no section there', () => {
    expect(readConfiguration('flowLogger: &a {filters: [*a]}').usable).toBe(true);
    expect(report('flowCollector: &a {enable: on, address: "h:1", tls: *a}')).toEqual([
      'f:1:32: flowCollector.tls.address: unknown key, ignored; did you mean flowCollector.address?',
      'f:1:48: flowCollector.tls.tls: unknown key, ignored; see docs/examples/weir.yaml for the keys there are',
    ]);
  });
});
