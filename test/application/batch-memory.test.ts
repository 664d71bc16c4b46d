import { describe, expect, it } from '@jest/globals';
import { BatchMemory } from '../../src/application/batch-memory.js';
import { RecordBatchBuilder } from '../../src/domain/batch/record-batch-builder.js';
import type { FlowBatch } from '../../src/domain/batch/flow-batch.js';
import { aRecord } from '../support/a-record.js';

describe('BatchMemory', () => {
  const builder = new RecordBatchBuilder();
  const batch = (): FlowBatch => {
    builder.add(aRecord());
    return builder.take()!;
  };

  /** Whether the next batch has the memory of this one. */
  const isUsedAgain = (recycled: FlowBatch): boolean => batch().buffer === recycled.buffer;

  it('counts a batch that several hold once, until nobody does', () => {
    const memory = new BatchMemory();
    const held = batch();
    memory.hold(held);
    memory.hold(held);
    expect(memory.bytes).toBe(held.byteLength);
    memory.release(held, true);
    expect([memory.bytes, isUsedAgain(held)]).toEqual([held.byteLength, false]);
    memory.release(held, true);
    memory.release(held, true);
    expect([memory.bytes, isUsedAgain(held)]).toEqual([0, true]);
  });

  it('uses no memory again that somebody who was stopped may still look at', () => {
    const memory = new BatchMemory();
    const held = batch();
    memory.hold(held);
    memory.hold(held);
    memory.release(held, false);
    memory.release(held, true);
    expect([memory.bytes, isUsedAgain(held)]).toEqual([0, false]);
  });
});
