import { describe, expect, it } from '@jest/globals';
import { BatchPool } from '../../../src/domain/batch/batch-pool.js';
import { RecordBatchBuilder } from '../../../src/domain/batch/record-batch-builder.js';
import { aRecord } from '../../support/a-record.js';

describe('BatchPool', () => {
  it('gives memory again that is large enough', () => {
    const pool = new BatchPool();
    const buffer = pool.take(1000);
    expect(buffer.byteLength).toBeGreaterThanOrEqual(1000);
    expect(pool.take(1000)).not.toBe(buffer);
    pool.give(buffer);
    expect(pool.take(buffer.byteLength)).toBe(buffer);
    pool.give(buffer);
    expect(pool.take(buffer.byteLength + 1).byteLength).toBeGreaterThan(buffer.byteLength);
    expect(pool.take(1)).not.toBe(buffer);
  });

  it('keeps no more than a few', () => {
    const pool = new BatchPool();
    const buffers = Array.from({ length: 10 }, () => pool.take(1));
    for (const buffer of buffers) pool.give(buffer);
    expect(new Set(buffers.map(() => pool.take(1)).filter((buffer) => buffers.includes(buffer))).size).toBe(4);
  });
});

describe('batches of records', () => {
  it('use the memory of those that were recycled, and have nothing of them', () => {
    const builder = new RecordBatchBuilder();
    const take = (...names: string[]) => {
      for (const sourcePodName of names) builder.add(aRecord({ sourcePodName }));
      return builder.take()!;
    };
    const first = take('a', 'rather long a name', 'c');
    const held = take('held');
    expect(held.buffer).not.toBe(first.buffer);
    first.recycle();
    first.recycle();
    const second = take('x');
    expect(second.buffer).toBe(first.buffer);
    expect([...second].map((flow) => [flow.sourcePodName, flow.octetTotalCount])).toEqual([['x', 0n]]);
    expect(held.at(0).sourcePodName).toBe('held');
    expect(take('y').buffer).not.toBe(first.buffer);
  });
});
