import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { LineSplitter } from '../../../../src/adapters/kubernetes/reading/line-splitter.js';

describe('LineSplitter', () => {
  it('finds lines wherever their bytes are cut, and leaves out empty ones', () => {
    const line = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ''));
    fc.assert(
      fc.property(fc.array(line), fc.integer({ min: 1, max: 20 }), (lines, chunkBytes) => {
        const found: string[] = [];
        const splitter = new LineSplitter((each) => found.push(each));
        const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(''));
        for (let at = 0; at < bytes.length; at += chunkBytes) splitter.write(bytes.subarray(at, at + chunkBytes));
        expect(found).toEqual(lines.filter((each) => each !== ''));
        expect(splitter.pending).toBe(0);
      }),
    );
  });

  it('knows what is left of a line that did not end', () => {
    const splitter = new LineSplitter(() => undefined);
    splitter.write(Buffer.from('one\ntwo'));
    expect(splitter.pending).toBe(3);
  });

  it('refuses a line that is longer than an event can be', () => {
    const splitter = new LineSplitter(() => undefined);
    const chunk = Buffer.alloc(2 ** 20, 'a');
    expect(() => {
      for (let time = 0; time < 17; time++) splitter.write(chunk);
    }).toThrow('a line of more than 16777216 bytes');
    expect(() => new LineSplitter(() => undefined).write(Buffer.from('a'.repeat(2 ** 24 + 1) + '\n'))).toThrow(
      RangeError,
    );
  });
});
