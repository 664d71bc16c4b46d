import { beforeEach, describe, expect, it } from '@jest/globals';
import { Summarize } from '../../src/application/summarize.js';
import { FakeClock } from '../support/fake-clock.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { RecordingMetrics } from '../support/recording-metrics.js';

describe('Summarize', () => {
  let clock: FakeClock;
  let logger: RecordingLogger;
  let metrics: RecordingMetrics;
  let summarize: Summarize;
  beforeEach(() => {
    clock = new FakeClock();
    logger = new RecordingLogger();
    metrics = new RecordingMetrics();
    summarize = new Summarize(metrics, clock, logger, () => 100 * 2 ** 20);
  });

  const count = (name: string, by: number, labels = {}): void => metrics.counter(name, '', labels).add(by);

  it('writes a line a minute about that minute', async () => {
    metrics.gauge('weir_flows', '', () => 12, { state: 'ready' });
    metrics.gauge('weir_flows', '', () => 3, { state: 'waiting' });
    summarize.start();
    summarize.start();
    count('weir_records_received_total', 6000, { transport: 'tcp' });
    count('weir_records_received_total', 600, { transport: 'udp' });
    count('weir_flow_exports_total', 100);
    count('weir_sink_records_dropped_total', 7, { sink: 'a', reason: 'full' });
    await clock.advance(60_000);
    count('weir_records_received_total', 60, { transport: 'tcp' });
    count('weir_records_dropped_total', 2, { reason: 'strings_full' });
    await clock.advance(60_000);
    const rest = { flows: 15, memoryMiB: 100 };
    expect(logger.lines).toEqual([
      {
        level: 'info',
        message: 'summary',
        fields: { recordsPerSecond: 110, exports: 100, recordsDropped: 0, droppedBySinks: 7, ...rest },
      },
      {
        level: 'info',
        message: 'summary',
        fields: { recordsPerSecond: 1, exports: 0, recordsDropped: 2, droppedBySinks: 0, ...rest },
      },
    ]);
  });

  it('is silent once it is stopped', async () => {
    summarize.start();
    summarize.stop();
    await clock.advance(120_000);
    expect(logger.lines).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it('tells all that was counted since the start', () => {
    count('weir_records_received_total', 5, { transport: 'tcp' });
    count('weir_records_taken_total', 4);
    count('weir_records_duplicate_total', 1);
    count('weir_flows_ended_total', 1, { reason: 'inactive' });
    count('weir_flows_ended_total', 2, { reason: 'evicted' });
    expect(summarize.totals()).toMatchObject({
      recordsReceived: 5,
      recordsTaken: 4,
      recordsDuplicate: 1,
      recordsOlder: 0,
      flowsEnded: 3,
    });
  });
});
