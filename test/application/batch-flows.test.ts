import { describe, expect, it } from '@jest/globals';
import { BatchFlows } from '../../src/application/batch-flows.js';
import { RecordingExporter } from '../support/recording-exporter.js';
import { aDictionary, aTrackedFlow } from '../support/tracked-flow.js';

describe('BatchFlows', () => {
  it('hands nothing on before a batch is full or flushed', () => {
    const exporter = new RecordingExporter();
    const batches = new BatchFlows(exporter);
    batches.flush();
    const store = aDictionary();
    for (const sourcePodName of ['a', 'b']) batches.take(aTrackedFlow({ sourcePodName }, store));
    expect(exporter.batches).toEqual([]);
    batches.flush();
    batches.flush();
    expect(exporter.batches.map((batch) => [...batch].map((flow) => flow.sourcePodName))).toEqual([['a', 'b']]);
  });

  it('hands a batch on when it is full', () => {
    const exporter = new RecordingExporter();
    const batches = new BatchFlows(exporter);
    const flow = aTrackedFlow({});
    for (let i = 0; i < 4095; i++) batches.take(flow);
    expect(exporter.batches).toEqual([]);
    for (let i = 0; i < 2; i++) batches.take(flow);
    expect(exporter.batches.map(({ length }) => length)).toEqual([4096]);
    batches.flush();
    expect(exporter.batches.map(({ length }) => length)).toEqual([4096, 1]);
  });
});
