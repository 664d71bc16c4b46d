import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { FIRST_LINE, JsonEncoder } from '../../src/adapters/formats/json/json-encoder.js';
import { aBatch } from '../support/a-batch.js';

describe('docs/reference/json.md', () => {
  it('shows a line with the members of the code, in their order', () => {
    const [, shown] = /^```\n(\{.+?\})\n```$/ms.exec(readFileSync('docs/reference/json.md', 'utf8'))!;
    const encoder = new JsonEncoder({
      clusterId: 'x',
      mode: 'aggregate',
      includeK8sNames: true,
      includeK8sUIDs: false,
    });
    const flow = aBatch([{ sourceIP: '2001:db8::1', destinationIP: '2001:db8::2' }]);
    const { bytes } = encoder.encode([flow], FIRST_LINE, 0, { chunkBytes: 1, longestLine: Infinity });
    const [told, made] = [shown!, Buffer.from(bytes).toString()].map(
      (text) => JSON.parse(text) as { readonly ipfix: Readonly<Record<string, unknown>> },
    );
    expect(Object.keys(told!)).toEqual(Object.keys(made!));
    expect(Object.keys(told!.ipfix)).toEqual(Object.keys(made!.ipfix));
    expect(Object.values(told!.ipfix).map((value) => typeof value)).toEqual(
      Object.values(made!.ipfix).map((value) => typeof value),
    );
  });
});
