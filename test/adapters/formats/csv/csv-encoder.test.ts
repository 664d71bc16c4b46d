import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CsvEncoder, FIRST_ROW, type RowPosition } from '../../../../src/adapters/formats/csv/csv-encoder.js';
import type { CsvColumn } from '../../../../src/adapters/formats/csv/row-plan.js';
import { FlowBatch } from '../../../../src/domain/batch/flow-batch.js';
import type { FieldKind } from '../../../../src/domain/flow/field.js';
import { FLOW_FIELDS, SIDE_FIELDS } from '../../../../src/domain/flow/fields.js';
import { FLOW_BLOCK, FLOW_ROW } from '../../../../src/domain/flow/layout.js';
import { aBatch, type FlowValues } from '../../../support/a-batch.js';
import { readCsv } from '../../../support/csv-reader.js';
import type { FieldValue } from '../../../support/fill-row.js';
import { FLOW_VALUE_NAMES, valuesOf } from '../../../support/flow-values.js';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** All rows of a group, in chunks of at most so many bytes. */
function encodeAll(encoder: CsvEncoder, group: readonly FlowBatch[], bytes = 1 << 20): string {
  let text = '';
  let from: RowPosition = FIRST_ROW;
  for (;;) {
    const chunk = encoder.encode(group, from, { bytes });
    if (chunk.rows === 0) return text;
    expect(chunk.rowEnds).toHaveLength(chunk.rows);
    expect(chunk.rowEnds.at(-1)).toBe(chunk.bytes.length);
    text += decoder.decode(chunk.bytes);
    from = chunk.next;
  }
}

function rowsOf(columns: readonly CsvColumn[], flows: readonly FlowValues[], prettyPrint = false): string[][] {
  return readCsv(encodeAll(new CsvEncoder({ columns, prettyPrint }), [aBatch(flows)]));
}

/** Numbers of every length, and those at which a carry or a sign could go wrong. */
const u64 = fc
  .oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc
      .integer({ min: 0, max: 19 })
      .chain((power) => fc.bigInt({ min: -2n, max: 2n }).map((by) => 10n ** BigInt(power) + by)),
    fc
      .integer({ min: 0, max: 63 })
      .chain((power) => fc.bigInt({ min: -2n, max: 2n }).map((by) => 2n ** BigInt(power) + by)),
    fc.constantFrom(0n, 2n ** 64n - 1n),
  )
  .map((value) => BigInt.asUintN(64, value));

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom(...Array.from('ab,",\n\r\t \0\x1b\x7fé😀\u0085')), maxLength: 12 }),
  fc.stringMatching(/^[a-z0-9-]{0,60}$/),
);

const group = fc.oneof(fc.constantFrom(0, 0, 0, 1), fc.integer({ min: 0, max: 0xffff }));
const ipv6 = fc
  .array(group, { minLength: 8, maxLength: 8 })
  .map((groups) => groups.map((n) => n.toString(16)).join(':'));
const address = fc.oneof(fc.ipV4(), ipv6);

const VALUES: Readonly<Record<FieldKind, fc.Arbitrary<FieldValue>>> = {
  endpoint: address,
  address: fc.oneof(fc.constant(''), address),
  text,
  u8: fc.integer({ min: 0, max: 255 }),
  u16: fc.integer({ min: 0, max: 0xffff }),
  u32: fc.integer({ min: 0, max: 0xffff_ffff }),
  u64,
};

const flow: fc.Arbitrary<FlowValues> = fc.record(
  Object.fromEntries([
    ...Object.entries(FLOW_FIELDS).map(([name, { kind }]) => [name, VALUES[kind]]),
    ...Object.entries(SIDE_FIELDS).flatMap(([name, { kind }]) =>
      ['FromSourceNode', 'FromDestinationNode'].map((side) => [name + side, VALUES[kind]]),
    ),
  ]) as Record<string, fc.Arbitrary<FieldValue>>,
  { requiredKeys: [] },
);

/** What a field says once it is read back. */
const asRead = (value: string | number | bigint): string =>
  String(value).replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '?');

describe('rows of CSV', () => {
  it('have what the flows have, in every field', () => {
    fc.assert(
      fc.property(
        fc.array(flow, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 5_000 }),
        (flows, bytes) => {
          const batch = aBatch(flows);
          const read = readCsv(
            encodeAll(new CsvEncoder({ columns: FLOW_VALUE_NAMES, prettyPrint: false }), [batch], bytes),
          );
          const expected = [...batch].map((of) => Object.values(valuesOf(of)).map(asRead));
          expect(read).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('have every number of 8, 16 and 32 bits at the borders of its length', () => {
    const numbers = Array.from({ length: 11 }, (_, power) => 10 ** power)
      .flatMap((number) => [number - 1, number, number + 1])
      .filter((number) => number < 2 ** 32);
    const rows = rowsOf(
      ['flowStartSeconds', 'sourceTransportPort', 'protocolIdentifier'],
      numbers.map((n) => ({ flowStartSeconds: n, sourceTransportPort: n & 0xffff, protocolIdentifier: n & 0xff })),
    );
    expect(rows).toEqual(numbers.map((n) => [n, n & 0xffff, n & 0xff].map(String)));
  });

  it('quote a text with a comma, a quote or a line break, and no other', () => {
    const texts = ['plain', 'a b', 'a,b', 'say "hi"', 'two\nlines', 'cr\r', '"', ',', 'ü,ü', "it's", ''];
    const encoder = new CsvEncoder({ columns: ['sourcePodName'], prettyPrint: true });
    const batch = aBatch(texts.map((sourcePodName) => ({ sourcePodName })));
    expect(encodeAll(encoder, [batch])).toBe(
      'plain\na b\n"a,b"\n"say ""hi"""\n"two\nlines"\n"cr\r"\n""""\n","\n"ü,ü"\nit\'s\n\n',
    );
  });

  it('have a question mark for what is no UTF-8 and for control characters', () => {
    const bytes = Uint8Array.of(0x61, 0xff, 0x62, 0xc3, 0x28, 0x00, 0x1b, 0x7f, 0x09, 0xed, 0xa0, 0x80, 0x2c);
    const rows = new Uint32Array(FLOW_ROW.words);
    const template = aBatch([{ sourcePodName: 'x' }]);
    rows.set(template.rows);
    const batch = FlowBatch.of(1, rows, 2, Uint32Array.of(0, bytes.length), bytes);
    expect(encodeAll(new CsvEncoder({ columns: ['sourcePodName'], prettyPrint: true }), [batch])).toBe(
      '"a?b?(???\t???,"\n',
    );
  });

  it('put a text between two characters, inside of its quotes, and a constant in each row', () => {
    const columns: CsvColumn[] = [
      { field: 'sourcePodLabels', between: "'" },
      { constant: 'b,c' },
      'flowEndSecondsFromSourceNode',
      { constant: '' },
    ];
    const encoder = new CsvEncoder({ columns, prettyPrint: false });
    const flows = [{ sourcePodLabels: '{"a":"b"}', flowEndSecondsFromSourceNode: 5 }, { sourcePodLabels: '' }, {}];
    expect(encodeAll(encoder, [aBatch(flows)])).toBe(`"'{""a"":""b""}'","b,c",5,\n'',"b,c",0,\n'',"b,c",0,\n`);
    expect(() => new CsvEncoder({ columns: [{ field: 'sourceIP', between: "'" }], prettyPrint: true })).toThrow(
      RangeError,
    );
  });

  it('name protocols, actions and kinds of policies when they are to be read by people', () => {
    const columns = [
      'protocolIdentifier',
      'ingressNetworkPolicyRuleAction',
      'egressNetworkPolicyRuleAction',
      'ingressNetworkPolicyType',
      'egressNetworkPolicyType',
    ] as const;
    const read = (protocol: number, action: number, type: number, prettyPrint: boolean): string[] =>
      rowsOf(
        columns,
        [
          {
            protocolIdentifier: protocol,
            ingressNetworkPolicyRuleAction: action,
            egressNetworkPolicyRuleAction: action,
            ingressNetworkPolicyType: type,
            egressNetworkPolicyType: type,
          },
        ],
        prettyPrint,
      )[0]!;
    const actions = ['', 'Allow', 'Drop', 'Reject', 'Invalid', 'Invalid'];
    const types = [
      '',
      'K8sNetworkPolicy',
      'AntreaNetworkPolicy',
      'AntreaClusterNetworkPolicy',
      'K8sClusterNetworkPolicy',
    ];
    const protocols = {
      1: 'ICMP',
      2: 'IGMP',
      6: 'TCP',
      17: 'UDP',
      58: 'IPv6-ICMP',
      132: 'SCTP',
      0: 'Unknown Protocol',
    };
    for (const [number, name] of Object.entries({ ...protocols, 255: 'Unknown Protocol' }))
      expect(read(Number(number), 0, 0, true)).toEqual([name, '', '', '', '']);
    for (const [action, name] of actions.entries())
      expect(read(6, action, 0, true)).toEqual(['TCP', name, name, '', '']);
    for (const [type, name] of [...types, 'Invalid'].entries())
      expect(read(6, 0, type, true)).toEqual(['TCP', '', '', name, name]);
    expect(read(255, 255, 255, true)).toEqual(['Unknown Protocol', 'Invalid', 'Invalid', 'Invalid', 'Invalid']);
    expect(read(6, 3, 4, false)).toEqual(['6', '3', '3', '4', '4']);
  });
});

describe('chunks', () => {
  const columns = ['sourceTransportPort', 'sourcePodName'] as const;

  it('hold no more than their limit, except for a first row that may be longer', () => {
    const batch = aBatch([{ sourcePodName: 'x'.repeat(100) }, { sourcePodName: 'y' }]);
    const plain = new CsvEncoder({ columns, prettyPrint: true });
    const long = 6 + 100 + 1;
    const first = plain.encode([batch], FIRST_ROW, { bytes: 50 });
    expect([first.rows, first.bytes.length, first.next]).toEqual([1, long, { batch: 0, row: 1 }]);
    expect(plain.encode([batch], FIRST_ROW, { bytes: 50, firstRowBytes: long }).rows).toBe(1);
    const none = plain.encode([batch], FIRST_ROW, { bytes: 50, firstRowBytes: long - 1 });
    expect([none.rows, none.bytes.length, none.next]).toEqual([0, 0, FIRST_ROW]);
    expect(plain.encode([batch], FIRST_ROW, { bytes: long + 8 }).rows).toBe(2);
    expect(plain.encode([batch], FIRST_ROW, { bytes: long + 7 }).rows).toBe(1);
  });

  it('grow for a row that is longer than anything before', () => {
    const texts = Object.fromEntries(
      Object.entries(FLOW_FIELDS)
        .filter(([, { kind }]) => kind === 'text')
        .map(([name]) => [name, '"'.repeat(60_000)]),
    ) as FlowValues;
    const wide = new CsvEncoder({ columns: FLOW_VALUE_NAMES, prettyPrint: true });
    const batch = aBatch([{}, texts, {}]);
    const rows = readCsv(encodeAll(wide, [batch], 10_000));
    expect(rows.map((row) => row.join('').length > 1_000_000)).toEqual([false, true, false]);
  });

  it('go on where the last one ended, past rows that are filtered and batches that end', () => {
    const port = FLOW_BLOCK.slots.sourceTransportPort;
    const isEven = (rows: Uint32Array, base: number): boolean => ((rows[base + port.word]! >>> port.shift) & 1) === 0;
    const encoder = new CsvEncoder({ columns, prettyPrint: true, filter: isEven });
    const group = [[1, 2, 3, 4, 5], [7, 9], [], [22, 23, 24]].map((ports) =>
      aBatch(ports.map((sourceTransportPort) => ({ sourceTransportPort }))),
    );
    const all = '2,\n4,\n22,\n24,\n';
    for (const bytes of [3, 4, 5, 6, 7, 8, 9, 10, 100]) expect(encodeAll(encoder, group, bytes)).toBe(all);
    const rest = ['2,\n4,\n22,\n24,\n', '4,\n22,\n24,\n', '22,\n24,\n', '24,\n', ''];
    for (const [count, text] of rest.entries()) {
      const { bytes } = encoder.encode(group, encoder.advance(group, FIRST_ROW, count), { bytes: 100 });
      expect(decoder.decode(bytes)).toBe(text);
    }
  });
});
