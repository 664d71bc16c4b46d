import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FlowBatch } from '../../../src/domain/batch/flow-batch.js';
import { FLOW_ROW } from '../../../src/domain/flow/layout.js';
import { aBatch } from '../../support/a-batch.js';
import { valuesOf } from '../../support/flow-values.js';

const FLOWS = [
  { sourcePodName: 'client', destinationPodName: 'server', octetTotalCountFromSourceNode: 2n ** 64n - 1n },
  { sourcePodName: 'sérver', egressIP: '2001:db8::1', exporterIP: '192.0.2.1', flowType: 3 },
  {},
];

describe('FlowBatch', () => {
  it('gives its flows in order, each with a cursor of its own', () => {
    const flows = [...aBatch(FLOWS)];
    expect(flows.map((flow) => flow.sourcePodName)).toEqual(['client', 'sérver', '']);
    expect(flows[0]!.octetTotalCount).toBe(2n ** 64n - 1n);
    expect([flows[1]!.egressIP, flows[1]!.exporterIP, flows[1]!.flowType]).toEqual(['2001:db8::1', '192.0.2.1', 3]);
  });

  it('is all in one buffer, of which another thread makes the same batch', () => {
    const batch = aBatch(FLOWS);
    expect(batch.buffer).toBeInstanceOf(ArrayBuffer);
    expect(batch.byteLength).toBe(batch.buffer.byteLength);
    for (const part of [batch.rows, batch.stringEnds, batch.stringBytes]) expect(part.buffer).toBe(batch.buffer);
    const other = new FlowBatch(batch.buffer);
    expect([...other].map(valuesOf)).toEqual([...batch].map(valuesOf));
    expect(other.length).toBe(3);
  });

  it('has a cursor that can be moved from flow to flow', () => {
    const batch = aBatch(FLOWS);
    const flow = batch.at(0);
    flow.base += FLOW_ROW.words;
    expect(flow.sourcePodName).toBe('sérver');
  });

  it.each([-1, 3])('has no flow %i of three', (index) => {
    expect(() => aBatch(FLOWS).at(index)).toThrow(RangeError);
  });

  it('holds strings of 64 KiB and no flow at all', () => {
    const text = 'x'.repeat(65_535);
    expect(aBatch([{ sourcePodLabels: text }]).at(0).sourcePodLabels).toBe(text);
    expect([...aBatch([])]).toEqual([]);
  });

  it('has the empty string as id 0', () => {
    const batch = aBatch(FLOWS);
    expect([batch.text(0), batch.bytes(0).length, batch.stringStart(0), batch.stringStart(1)]).toEqual(['', 0, 0, 0]);
  });

  it.each([
    ['an empty buffer', []],
    ['a header alone that promises rows', [1, FLOW_ROW.words, 1, 0]],
    ['rows of another length', [0, FLOW_ROW.words + 1, 1, 0, 0]],
    ['more than it says', [0, FLOW_ROW.words, 1, 0, 0, 0]],
    ['less than it says', [0, FLOW_ROW.words, 1, 9, 0]],
    ['sizes beyond all memory', [0xffffffff, FLOW_ROW.words, 0xffffffff, 0xffffffff, 0]],
  ])('is not made of %s', (_, words) => {
    const buffer = new ArrayBuffer(words.length * 4);
    new Uint32Array(buffer).set(words);
    expect(() => new FlowBatch(buffer)).toThrow(RangeError);
  });

  it('is not made of a batch that was cut off or lengthened', () => {
    const { buffer } = aBatch(FLOWS);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: buffer.byteLength + 40 }), (length) => {
        fc.pre(length !== buffer.byteLength);
        const other = new ArrayBuffer(length);
        new Uint8Array(other).set(new Uint8Array(buffer).subarray(0, length));
        expect(() => new FlowBatch(other)).toThrow(RangeError);
      }),
    );
  });
});

describe('FlowBatch.select', () => {
  const names = ['a', 'b', 'c'];
  const batch = aBatch(names.map((sourcePodName) => ({ sourcePodName })));

  it('is the flows that are asked for, with their texts', () => {
    const selected = batch.select((row) => row !== 1);
    expect([...selected].map((flow) => flow.sourcePodName)).toEqual(['a', 'c']);
    expect(batch.select(() => false).length).toBe(0);
  });

  it('is the batch itself if that is all', () => {
    expect(batch.select(() => true)).toBe(batch);
  });
});
