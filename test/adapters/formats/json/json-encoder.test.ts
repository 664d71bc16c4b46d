import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import {
  exportedElements,
  type ElementChoice,
} from '../../../../src/adapters/formats/ipfix/encode/exported-elements.js';
import {
  FIRST_LINE,
  JsonEncoder,
  type JsonOptions,
  type LineLimits,
  type LinePosition,
} from '../../../../src/adapters/formats/json/json-encoder.js';
import { FlowBatch } from '../../../../src/domain/batch/flow-batch.js';
import { FLOW_FIELDS, SIDE_FIELDS } from '../../../../src/domain/flow/fields.js';
import type { Flow } from '../../../../src/domain/flow/flow.js';
import { FLOW_BLOCK, FLOW_ROW } from '../../../../src/domain/flow/layout.js';
import { aBatch, type FlowValues } from '../../../support/a-batch.js';
import { readJsonLines, type JsonFlow } from '../../../support/json-lines.js';

const OPTIONS: JsonOptions = { mode: 'aggregate', includeK8sNames: true, includeK8sUIDs: true, clusterId: 'c"1' };
const LIMITS: LineLimits = { chunkBytes: 100_000, longestLine: Infinity };
const TIME = 1_700_000_123_456;

/** Chunks of a group, one after another. */
function chunksOf(
  group: readonly FlowBatch[],
  limits: Partial<LineLimits> = {},
  options: Partial<JsonOptions> = {},
): { text: string; records: number; shortened: number }[] {
  const encoder = new JsonEncoder({ ...OPTIONS, ...options });
  const chunks = [];
  let position: LinePosition = FIRST_LINE;
  while (position.batch < group.length) {
    const { bytes, next, ...rest } = encoder.encode(group, position, TIME, { ...LIMITS, ...limits });
    chunks.push({ ...rest, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) });
    position = next;
  }
  return chunks;
}

const textOf = (...chunks: Parameters<typeof chunksOf>): string =>
  chunksOf(...chunks)
    .map(({ text }) => text)
    .join('');

const readOne = (flow: FlowValues, options: Partial<JsonOptions> = {}): JsonFlow['ipfix'] =>
  readJsonLines(textOf([aBatch([flow])], {}, options))[0]!.ipfix;

/** What a line should say of a flow, made the slow way. */
function expected(flow: Flow, choice: ElementChoice): Record<string, string | bigint> {
  const values = flow as unknown as Record<string, string | number | bigint>;
  const isIPv4 = !flow.sourceIP.includes(':') && !flow.destinationIP.includes(':');
  const family = isIPv4 ? 'IPv4' : 'IPv6';
  const valueOf = (name: string, type: string): string | bigint => {
    if (name === 'clusterId') return 'c"1';
    const field = name.replace(/IPv[46](Address)?$/, 'IP').replace(/UUID$/, 'UID');
    const value = values[field]!;
    if (typeof value !== 'string') return BigInt(value);
    if (type === 'ipv4Address') return value === '' || value.includes(':') ? '0.0.0.0' : value;
    if (type !== 'ipv6Address') return value;
    if (field === 'sourceIP' || field === 'destinationIP') return value.includes(':') ? value : `::ffff:${value}`;
    return value.includes(':') ? value : '::';
  };
  return Object.fromEntries(exportedElements(family, choice).map(({ name, type }) => [name, valueOf(name, type)]));
}

const address = fc.oneof(
  fc.ipV4(),
  // Weir keeps such an address as the IPv4 address it is.
  fc.ipV6().filter((text) => !/^(0*:)*:?(0*:)*ffff:/i.test(text)),
);

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', '\t', '\u0000', '\u001f', '\u007f', '/', 'é', '\u2028', '😀') }),
);

const KINDS = {
  u8: fc.nat(0xff),
  u16: fc.nat(0xffff),
  u32: fc.nat(0xffff_ffff),
  u64: fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.constantFrom(0n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 64n - 1n)),
  text,
  address: fc.oneof(fc.constant(''), address),
  endpoint: address,
} as const;

const flows: fc.Arbitrary<FlowValues> = fc.record({
  ...Object.fromEntries(Object.entries(FLOW_FIELDS).map(([name, { kind }]) => [name, KINDS[kind]])),
  ...Object.fromEntries(
    Object.entries(SIDE_FIELDS).flatMap(([name, { kind }]) =>
      ['FromSourceNode', 'FromDestinationNode'].map((side) => [name + side, KINDS[kind]]),
    ),
  ),
});

describe('JsonEncoder', () => {
  it('says of any flow what the IPFIX exporter says, under the names of the elements and in their order', () => {
    fc.assert(
      fc.property(fc.array(flows, { minLength: 1, maxLength: 3 }), fc.boolean(), fc.boolean(), (rows, names, uids) => {
        const choice = { mode: 'aggregate', includeK8sNames: names, includeK8sUIDs: uids } as const;
        const batch = aBatch(rows);
        const read = readJsonLines(textOf([batch], {}, choice));
        const wanted = [...batch].map((flow) => expected(flow, choice));
        expect(read.map(({ ipfix }) => Object.entries(ipfix))).toEqual(wanted.map((flow) => Object.entries(flow)));
      }),
      { numRuns: 60 },
    );
  });

  it('writes a flow as it is laid out here', () => {
    const batch = aBatch([
      {
        flowStartSeconds: 1_700_000_000,
        flowEndSeconds: 1_700_000_060,
        flowEndReason: 3,
        octetTotalCountFromSourceNode: 18_446_744_073_709_551_615n,
        egressIP: '2001:db8::1',
        tcpState: 'TIME_WAIT',
        sourcePodLabels: '{"app":"a\\b"}',
      },
    ]);
    const line = textOf([batch], {}, { includeK8sNames: false, includeK8sUIDs: false });
    expect(line).toMatch(
      /^\{"ipfix":\{"flowStartSeconds":1700000000,"flowEndSeconds":1700000060,"flowEndReason":3,"sourceTransportPort":40000,/,
    );
    expect(line).toContain(',"octetTotalCount":18446744073709551615,');
    expect(line).toContain(',"sourceIPv4Address":"10.0.0.1","destinationIPv4Address":"10.0.0.2",');
    expect(line).toContain(',"tcpState":"TIME_WAIT","flowType":0,"egressIP":"2001:db8::1","proxySnatPort":0,');
    expect(line).toContain(',"proxySnatIPv4":"0.0.0.0","destinationClusterIPv4":"0.0.0.0",');
    expect(line).toMatch(
      /,"sourcePodLabels":"\{\\"app\\":\\"a\\\\b\\"\}","destinationPodLabels":"","clusterId":"c\\"1"\},"@timestamp":"2023-11-14T22:15:23.456Z"\}\n$/,
    );
  });

  it('has "" for missing UUIDs and "::" for missing IPv6 addresses', () => {
    const ipfix = readOne({ sourceIP: '2001:db8::1', destinationClusterIP: '10.96.0.1' });
    expect(ipfix).toMatchObject({
      sourceIPv6Address: '2001:db8::1',
      destinationIPv6Address: '::ffff:10.0.0.2',
      sourcePodUUID: '',
      egressUUID: '',
      destinationClusterIPv6: '::',
      proxySnatIPv6: '::',
      egressIP: '',
    });
  });

  it.each(['größe', '集群', '丢丢', '😀\u2028\u0000"\\', '\u007f😀\u007f\u007f'])(
    'has the cluster ID %j as it is',
    (clusterId) => {
      const all = [readOne({}, { clusterId }), readOne({ sourceIP: '2001:db8::1' }, { clusterId })];
      expect(all.map((ipfix) => ipfix['clusterId'])).toEqual([clusterId, clusterId]);
    },
  );

  it('puts a question mark in place of each byte that is no UTF-8', () => {
    const batch = aBatch([{ sourcePodName: 'a??"é?' }]);
    const { length, rows, stringEnds } = batch;
    const stringBytes = batch.stringBytes.slice();
    const start = batch.stringStart(rows[FLOW_BLOCK.slots.sourcePodName.word]!);
    stringBytes.set([0xff, 0xc3], start + 1);
    stringBytes.set([0xe2], start + 6);
    const broken = FlowBatch.of(length, rows, stringEnds.length, stringEnds, stringBytes);
    expect(readJsonLines(textOf([broken]))[0]!.ipfix['sourcePodName']).toBe('a??"é?');
  });

  it('gives chunks of whole lines, in order, that go on where the one before ended', () => {
    const group = [20, 0, 15].map((rows, b) =>
      aBatch(Array.from({ length: rows }, (_, r) => ({ flowStartSeconds: b * 1_000 + r }))),
    );
    const chunks = chunksOf(group, { chunkBytes: 8_000 });
    expect(chunks.length).toBeGreaterThan(5);
    for (const { text, records } of chunks) expect(readJsonLines(text)).toHaveLength(records);
    const starts = readJsonLines(chunks.map(({ text }) => text).join('')).map(({ ipfix }) => ipfix['flowStartSeconds']);
    expect(starts).toEqual([...Array(20).keys(), ...Array.from({ length: 15 }, (_, r) => 2_000 + r)].map(BigInt));
  });

  it('gives one line at a time where a datagram can have but one', () => {
    const chunks = chunksOf([aBatch([{}, {}, {}])], { chunkBytes: 1 });
    expect(chunks.map(({ records }) => records)).toEqual([1, 1, 1]);
  });

  it('has room for a line of any length', () => {
    const long = '\u0001'.repeat(60_000);
    const [before, line, after] = readJsonLines(
      textOf([aBatch([{ flowStartSeconds: 1 }, { sourcePodLabels: long, destinationPodLabels: long }, {}])]),
    );
    expect(line!.ipfix).toMatchObject({ sourcePodLabels: long, destinationPodLabels: long });
    expect([before!.ipfix['flowStartSeconds'], after!.ipfix['flowStartSeconds']]).toEqual([1n, 0n]);
  });

  it('leaves out the longest texts, whole, of a line that would be too long, and counts it', () => {
    const flow = { sourcePodName: 'p', sourcePodLabels: '"'.repeat(31_000), destinationPodLabels: 'y'.repeat(61_000) };
    const [one] = chunksOf([aBatch([flow])], { chunkBytes: 1, longestLine: 65_507 });
    expect(one!.shortened).toBe(1);
    expect(one!.text.length).toBeLessThanOrEqual(65_507);
    expect(readJsonLines(one!.text)[0]!.ipfix).toMatchObject({
      sourcePodName: 'p',
      sourcePodLabels: '',
      destinationPodLabels: flow.destinationPodLabels,
    });
  });

  it('fills a line up to the limit', () => {
    const line = (labels: string, longestLine: number) =>
      chunksOf([aBatch([{ sourcePodLabels: labels }])], { longestLine })[0]!;
    const { length } = line('', Infinity).text;
    expect(line('x'.repeat(1_000), length + 1_000)).toMatchObject({ shortened: 0 });
    expect(line('x'.repeat(1_001), length + 1_000)).toMatchObject({ shortened: 1 });
  });

  it('looks at each row for itself, whatever other rows of the batch have', () => {
    const batch = aBatch([{ sourcePodName: 'a' }, {}, { sourcePodName: 'a', sourceNodeName: 'a"' }]);
    expect(
      readJsonLines(textOf([batch])).map(({ ipfix }) => [ipfix['sourcePodName'], ipfix['sourceNodeName']]),
    ).toEqual([
      ['a', ''],
      ['', ''],
      ['a', 'a"'],
    ]);
    expect(batch.rows).toHaveLength(3 * FLOW_ROW.words);
  });

  it('reads the same in Python', () => {
    const batch = aBatch([{ octetTotalCountFromSourceNode: 2n ** 64n - 1n, sourcePodLabels: '{"é":"\u0001\\"}' }]);
    const script =
      'import json,sys;r=json.load(sys.stdin)["ipfix"];print(r["octetTotalCount"],ascii(r["sourcePodLabels"]))';
    const python = spawnSync('python3', ['-c', script], { input: textOf([batch]), encoding: 'utf8' });
    // A machine without Python has JSON.parse and the tests above.
    if (python.error) return;
    expect(python.stdout.trim()).toBe(String.raw`18446744073709551615 '{"\xe9":"\x01\\"}'`);
  });
});
