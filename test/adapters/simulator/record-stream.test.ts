import { describe, expect, it } from '@jest/globals';
import { RecordStream } from '../../../src/adapters/simulator/record-stream.js';
import { decodeMessages, fieldOf, messagesOf, numberOf, textOf, type DecodedRecord } from './tiny-decoder.js';

function read(stream: RecordStream, exporter: number, records: number): DecodedRecord[] {
  const parts = [stream.templates(exporter)];
  for (const chunk of stream.chunks(exporter, records, Buffer.alloc(2000))) parts.push(Buffer.from(chunk));
  const bytes = Buffer.concat(parts);
  return decodeMessages(messagesOf(bytes));
}

const keyOf = (record: DecodedRecord): string =>
  ['0/8', '0/12', '0/27', '0/28', '0/7', '0/11', '0/4']
    .map((name) => record.fields.get(name)?.toString('hex') ?? '')
    .join();

describe('RecordStream', () => {
  it('makes one record of each flow before any reports again', () => {
    const stream = new RecordStream({ flows: 1000, exporters: 3, ipv6Share: 0.3 });
    const records = [0, 1, 2].flatMap((exporter) => read(stream, exporter, stream.recordsARoundOf(exporter)));
    expect(records).toHaveLength(stream.recordsARound);
    expect(new Set(records.map(keyOf)).size).toBe(1000);
    for (const record of records) expect([textOf(record, '56506/101'), textOf(record, '56506/103')]).not.toContain('');
  });

  it.each([1, 2, 3, 7])('makes both halves of inter-Node flows, over %i exporters', (exporters) => {
    const stream = new RecordStream({ flows: 500, exporters, kind: 'interNode' });
    const records = Array.from({ length: exporters }, (_, e) => read(stream, e, stream.recordsARoundOf(e))).flat();
    expect(records).toHaveLength(1000);
    const halves = new Map<string, DecodedRecord[]>();
    for (const record of records) halves.set(keyOf(record), [...(halves.get(keyOf(record)) ?? []), record]);
    expect(halves.size).toBe(500);
    for (const [a, b] of halves.values()) {
      expect(textOf(a!, '56506/101') === '').toBe(textOf(b!, '56506/103') === '');
      expect(textOf(a!, '56506/101') === '').not.toBe(textOf(b!, '56506/101') === '');
      expect(fieldOf(a!, '0/85')).toEqual(fieldOf(b!, '0/85'));
    }
  });

  it('lets totals be the sums of the deltas, and numbers its messages', () => {
    const stream = new RecordStream({ flows: 10, exporters: 2 });
    const records = read(stream, 1, 4 * stream.recordsARoundOf(1));
    expect(records.map(({ sequence }) => sequence)).toEqual(records.map((_, index) => index));
    expect(new Set(records.map(({ observationDomain }) => observationDomain))).toEqual(new Set([2]));
    const sums = new Map<string, number>();
    for (const record of records) {
      const sum = (sums.get(keyOf(record)) ?? 0) + numberOf(record, '0/1');
      sums.set(keyOf(record), sum);
      expect(numberOf(record, '0/85')).toBe(sum);
      expect(numberOf(record, '0/151')).toBeGreaterThan(numberOf(record, '0/150'));
    }
  });

  it('begins its sequence numbers again after a restart, and goes on with its flows', () => {
    const stream = new RecordStream({ flows: 10 });
    const before = read(stream, 0, 4);
    stream.restart(0);
    const after = read(stream, 0, 6);
    expect(after[0]!.sequence).toBe(0);
    expect(new Set([...before, ...after].map(keyOf)).size).toBe(10);
  });

  it('needs room for a message', () => {
    const stream = new RecordStream({ flows: 10 });
    expect(() => [...stream.chunks(0, 1, Buffer.alloc(100))]).toThrow(RangeError);
    expect(() => new RecordStream({ flows: 1, exporters: 2 })).toThrow(RangeError);
  });
});
