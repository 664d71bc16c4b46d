import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_BATCH_ROWS } from '../../../src/domain/batch/flow-batch.js';
import { RecordBatchBuilder } from '../../../src/domain/batch/record-batch-builder.js';
import { COUNTER_NAMES } from '../../../src/domain/flow/counters.js';
import { FLOW_FIELDS, type FlowFieldName } from '../../../src/domain/flow/fields.js';
import { aRecord, type RecordValues } from '../../support/a-record.js';
import { valuesOf } from '../../support/flow-values.js';
import { aDictionary } from '../../support/tracked-flow.js';

const COUNTERS = Object.fromEntries(COUNTER_NAMES.map((name, i) => [name, 2n ** 63n + BigInt(i)]));

describe('RecordBatchBuilder', () => {
  it('copies records with all their fields and counters', () => {
    const builder = new RecordBatchBuilder();
    const texts = Object.entries(FLOW_FIELDS).map(([name, { kind }], i): [string, string | number] => {
      if (name === 'exporterIP') return [name, '2001:db8::9'];
      if (kind === 'text') return [name, `${name} ${'é'.repeat(i)}`];
      if (kind === 'address') return [name, i % 2 ? '192.0.2.7' : '2001:db8::7'];
      if (kind === 'endpoint') return [name, name === 'sourceIP' ? '10.1.2.3' : 'fd00::1'];
      return [name, i];
    });
    const values: RecordValues = { ...(Object.fromEntries(texts) as RecordValues), ...COUNTERS };
    const records = [aRecord({ ...values, flowEndSeconds: 77 }), aRecord({ sourcePodName: 'b' })];
    for (const record of records) builder.add(record);
    const [first, second] = [...builder.take()!].map(valuesOf);
    const expected = { ...values, flowEndSeconds: 77 } as Record<string, unknown>;
    for (const name of Object.keys(FLOW_FIELDS) as FlowFieldName[])
      expect([name, first![name]]).toEqual([name, expected[name]]);
    for (const name of COUNTER_NAMES) {
      expect([first![name], first![`${name}FromSourceNode`], first![`${name}FromDestinationNode`]]).toEqual([
        ...[COUNTERS[name], COUNTERS[name], 0n],
      ]);
    }
    expect([first!.flowEndSecondsFromSourceNode, first!.flowEndSecondsFromDestinationNode, first!.throughput]).toEqual([
      77,
      0,
      0n,
    ]);
    expect([second!.sourcePodName, second!.exporterIP, second!.octetTotalCount]).toEqual(['b', '192.0.2.1', 0n]);
  });

  it('takes a total that did not come from its delta, and a delta that did not come as 0', () => {
    const builder = new RecordBatchBuilder();
    builder.add(
      aRecord({ octetDeltaCount: 5n, packetTotalCount: 7n, carries: ['octetDeltaCount', 'packetTotalCount'] }),
    );
    const flow = builder.take()!.at(0);
    expect([flow.octetTotalCount, flow.octetDeltaCount, flow.packetTotalCount, flow.packetDeltaCount]).toEqual([
      5n,
      5n,
      7n,
      0n,
    ]);
  });

  it('keeps texts apart, whatever they are and wherever batches end', () => {
    const text = fc.oneof(
      fc.constantFrom('', 'a', 'ab', 'abc', 'xabc', 'abcd', 'zabcd', 'bcd'),
      fc.string({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text, fc.boolean()), { maxLength: 60 }), (rows) => {
        const builder = new RecordBatchBuilder();
        const seen: string[][] = [];
        const take = (): void => {
          for (const flow of builder.take() ?? []) seen.push([flow.sourcePodName, flow.tcpState]);
        };
        for (const [sourcePodName, tcpState, last] of rows) {
          builder.add(aRecord({ sourcePodName, tcpState }));
          if (last) take();
        }
        take();
        expect(seen).toEqual(rows.map(([name, state]) => [name, state]));
      }),
    );
  });

  it('has each exporter, also when sessions take turns or an address changes in place', () => {
    const builder = new RecordBatchBuilder();
    const [a, b] = [aRecord({ exporterIP: '192.0.2.1' }), aRecord({ exporterIP: '192.0.2.2' })];
    for (const record of [a, a, b, a]) builder.add(record);
    expect([...builder.take()!].map(({ exporterIP }) => exporterIP.at(-1))).toEqual(['1', '1', '2', '1']);
    builder.add(a);
    expect(builder.take()!.at(0).exporterIP).toBe('192.0.2.1');
  });

  it('is full after so many records, or so many bytes', () => {
    const builder = new RecordBatchBuilder();
    const record = aRecord({});
    for (let i = 0; i < MAX_BATCH_ROWS; i++) builder.add(record);
    expect(builder.isFull).toBe(true);
    expect(() => builder.add(record)).toThrow(RangeError);
    expect(builder.take()!.length).toBe(MAX_BATCH_ROWS);
    expect(builder.take()).toBeUndefined();
    let records = 0;
    for (; !builder.isFull; records++) builder.add(aRecord({ sourcePodLabels: String(records).padEnd(60_000, '.') }));
    expect(records).toBe(140);
  });

  it('takes texts of its metadata, and of no other table', () => {
    const [own, other] = [aDictionary(), aDictionary()];
    const id = own.intern(new TextEncoder().encode('looked up'), 0, 9);
    const builder = new RecordBatchBuilder(own);
    const row = builder.add(aRecord({ sourcePodName: 'a' }));
    const word = 40;
    row.putText(word, own, id);
    expect(() => {
      row.putText(word, other, 1);
    }).toThrow(TypeError);
    const batch = builder.take()!;
    expect(batch.text(batch.rows[word]!)).toBe('looked up');
    expect(own.holders(id)).toBe(0);
  });
});
