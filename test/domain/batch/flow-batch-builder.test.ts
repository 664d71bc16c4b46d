import { describe, expect, it } from '@jest/globals';
import { MAX_BATCH_ROWS } from '../../../src/domain/batch/flow-batch.js';
import { FlowBatchBuilder } from '../../../src/domain/batch/flow-batch-builder.js';
import type { AggregatedFlow } from '../../../src/domain/flow/aggregated-flow.js';
import { FLOW_BLOCK } from '../../../src/domain/flow/layout.js';
import { aRecord } from '../../support/a-record.js';
import { valuesOf } from '../../support/flow-values.js';
import { aDictionary, aTrackedFlow } from '../../support/tracked-flow.js';

const add = (builder: FlowBatchBuilder, flow: AggregatedFlow): void => {
  builder.add(flow.words, flow.base);
};

describe('FlowBatchBuilder', () => {
  it('copies flows as they are', () => {
    const store = aDictionary();
    const builder = new FlowBatchBuilder(store);
    const flows = [
      aTrackedFlow(
        { sourcePodName: 'a', destinationPodName: 'b', octetTotalCount: 2n ** 60n, egressIP: '2001:db8::1' },
        store,
      ),
      aTrackedFlow({ sourcePodName: 'b', tcpState: 'CLOSED', sourceIP: 'fd00::1', destinationIP: 'fd00::2' }, store),
    ];
    for (const flow of flows) add(builder, flow);
    expect(builder.length).toBe(2);
    expect([...builder.take()!].map(valuesOf)).toEqual(flows.map(valuesOf));
  });

  it('has a batch hold nothing of table or dictionary', () => {
    const store = aDictionary();
    const builder = new FlowBatchBuilder(store);
    const flow = aTrackedFlow({ sourcePodName: 'client', octetTotalCount: 5n }, store);
    add(builder, flow);
    const batch = builder.take()!;
    flow.forget();
    store.advance(60);
    store.sweep(store.capacity);
    flow.begin(aRecord({ sourcePodName: 'other!', octetTotalCount: 7n }));
    expect([batch.at(0).sourcePodName, batch.at(0).octetTotalCount]).toEqual(['client', 5n]);
  });

  it('keeps the strings of an open batch apart from those that take their place in a crowded dictionary', () => {
    const store = aDictionary();
    store.isPressed = true;
    const builder = new FlowBatchBuilder(store);
    for (const sourcePodName of ['first', 'other', 'third']) {
      const flow = aTrackedFlow({ sourcePodName }, store);
      add(builder, flow);
      flow.forget();
      expect(store.size).toBe(0);
    }
    expect([...builder.take()!].map((flow) => flow.sourcePodName)).toEqual(['first', 'other', 'third']);
  });

  it("numbers a batch's strings anew, each once, in the order in which they are met", () => {
    const store = aDictionary();
    for (let i = 0; i < 5000; i++) store.intern(new TextEncoder().encode(`string ${i}`), 0, 9);
    const builder = new FlowBatchBuilder(store);
    const flow = aTrackedFlow({ sourcePodName: 'string 4', destinationPodName: 'x', sourceNodeName: 'x' }, store);
    for (let round = 0; round < 3; round++) {
      add(builder, flow);
      add(builder, flow);
      const batch = builder.take()!;
      const row = batch.at(1);
      const id = (name: 'sourcePodName' | 'destinationPodName' | 'sourceNodeName'): number =>
        row.words[row.base + FLOW_BLOCK.slots[name].word]!;
      expect(batch.stringEnds).toHaveLength(4);
      expect(id('destinationPodName')).toBe(id('sourceNodeName'));
      expect([row.sourcePodName, row.destinationPodName, row.exporterIP]).toEqual(['string 4', 'x', '192.0.2.1']);
      expect(new Set([id('sourcePodName'), id('destinationPodName')]).size).toBe(2);
    }
  });

  it('gives no batch of no flows', () => {
    const store = aDictionary();
    const builder = new FlowBatchBuilder(store);
    expect(builder.take()).toBeUndefined();
    add(builder, aTrackedFlow({}, store));
    expect(builder.take()).toHaveLength(1);
    expect([builder.take(), builder.length]).toEqual([undefined, 0]);
  });

  it('is full at 4096 flows, and takes no more', () => {
    const store = aDictionary();
    const builder = new FlowBatchBuilder(store);
    const flow = aTrackedFlow({ sourcePodName: 'client' }, store);
    expect(MAX_BATCH_ROWS).toBe(4096);
    for (let i = 0; i < MAX_BATCH_ROWS; i++) {
      expect(builder.isFull).toBe(false);
      add(builder, flow);
    }
    expect(builder.isFull).toBe(true);
    expect(() => {
      add(builder, flow);
    }).toThrow(RangeError);
    const batch = builder.take()!;
    expect([batch.length, builder.isFull, batch.at(4095).sourcePodName]).toEqual([4096, false, 'client']);
  });

  it('is full at 8 MiB of strings, whatever the number of flows', () => {
    const store = aDictionary();
    const builder = new FlowBatchBuilder(store);
    const name = (i: number): string => `${i}-`.padEnd(40_000, '.');
    let flows = 0;
    while (!builder.isFull) {
      const flow = aTrackedFlow({ sourcePodName: name(flows++) }, store);
      add(builder, flow);
      flow.forget();
    }
    expect(flows).toBe(Math.ceil((8 * 1024 * 1024) / 40_000));
    const batch = builder.take()!;
    expect([...batch].every((flow, i) => flow.sourcePodName === name(i))).toBe(true);
    expect(builder.isFull).toBe(false);
  });
});
