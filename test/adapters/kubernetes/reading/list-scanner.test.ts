import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ListScanner } from '../../../../src/adapters/kubernetes/reading/list-scanner.js';

/** What a scanner makes of bytes that come in chunks of so many. */
function scan(text: string, chunkBytes = text.length): { items: unknown[]; envelope: unknown } {
  const items: unknown[] = [];
  const scanner = new ListScanner((item) => items.push(JSON.parse(item)));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunkBytes) scanner.write(bytes.subarray(at, at + chunkBytes));
  return { items, envelope: JSON.parse(scanner.envelope()) };
}

describe('ListScanner', () => {
  it('takes a list apart wherever its bytes are cut', () => {
    const envelope = { kind: 'PodList', metadata: { resourceVersion: '7', note: '"items":[' }, items: [] };
    const awkward = fc.oneof(fc.jsonValue(), fc.constantFrom('}', ']', '\\', '"', '[{', '€,', '"items":[1]', '\\"'));
    const list = fc.array(fc.oneof(fc.dictionary(fc.string(), awkward), awkward));
    fc.assert(
      fc.property(list, fc.integer({ min: 1, max: 40 }), fc.constantFrom(undefined, 2), (items, chunkBytes, spaces) => {
        const expected = JSON.parse(JSON.stringify(items)) as unknown[];
        for (const order of [
          { ...envelope, items },
          { items, kind: 'PodList', metadata: envelope.metadata },
        ])
          expect(scan(JSON.stringify(order, undefined, spaces), chunkBytes)).toEqual({ items: expected, envelope });
      }),
    );
  });

  it('knows items by their place alone', () => {
    const text = '{"metadata":{"items":[{"a":1}]},"x":["items",[{}]],"items":[{"items":[1,2]}],"last":"items"}';
    expect(scan(text)).toEqual({
      items: [{ items: [1, 2] }],
      envelope: { metadata: { items: [{ a: 1 }] }, x: ['items', [{}]], items: [], last: 'items' },
    });
  });

  it('takes null for items, and what is no list', () => {
    expect(scan('{"items":null}')).toEqual({ items: [], envelope: { items: null } });
    expect(scan('[{"items":[1]}]')).toEqual({ items: [], envelope: [{ items: [1] }] });
  });

  it('leaves it to its reader to find what is not JSON', () => {
    for (const text of [
      '{"items":[{"a":}]}',
      '{"items":[}]}',
      '{"items":[{"a":1}',
      'items',
      '{"items":[1 2]}',
      ']}',
      '',
    ])
      expect(() => scan(text)).toThrow(SyntaxError);
  });

  it('refuses what is longer than an object or the rest of a list can be', () => {
    const chunk = Buffer.alloc(2 ** 20, 'a');
    const item = new ListScanner(() => undefined);
    item.write(Buffer.from('{"items":[{"a":"'));
    const fill = (scanner: ListScanner, times: number): void => {
      for (let time = 0; time < times; time++) scanner.write(chunk);
    };
    fill(item, 15);
    expect(() => fill(item, 2)).toThrow('an object of more than 16777216 bytes');
    const envelope = new ListScanner(() => undefined);
    envelope.write(Buffer.from('{"metadata":"'));
    expect(() => fill(envelope, 2)).toThrow('what is beside the items of a list of more than 1048576 bytes');
  });

  it('holds no more than what came, however small the chunks are', () => {
    const scanner = new ListScanner(() => undefined);
    scanner.write(Buffer.from('{"items":[{"a":"'));
    const byte = Buffer.from('a');
    const before = process.memoryUsage();
    for (let count = 0; count < 2 ** 20; count++) scanner.write(byte);
    const after = process.memoryUsage();
    expect(after.external + after.heapUsed - before.external - before.heapUsed).toBeLessThan(50e6);
  });
});
