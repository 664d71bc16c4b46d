import { describe, expect, it } from '@jest/globals';
import { AggregateFlows } from '../../src/application/aggregate-flows.js';
import { aRecord, type RecordValues } from '../support/a-record.js';
import { TestTable } from '../support/a-table.js';
import { RecordingMetrics } from '../support/recording-metrics.js';

function aReceiver(options: ConstructorParameters<typeof TestTable>[0] = {}): {
  tested: TestTable;
  metrics: RecordingMetrics;
  receive: (values: RecordValues) => void;
} {
  const tested = new TestTable(options);
  const metrics = new RecordingMetrics();
  const receiver = new AggregateFlows(tested.table, metrics);
  return {
    tested,
    metrics,
    receive: (values) => {
      receiver.receive(aRecord(values));
    },
  };
}

describe('AggregateFlows', () => {
  it('counts what became of each record', () => {
    const { metrics, receive } = aReceiver({ maxStringBytes: 450_000 });
    receive({ octetTotalCount: 5n });
    receive({ octetTotalCount: 9n });
    receive({ octetTotalCount: 9n });
    receive({ octetTotalCount: 9n, exporterIP: '192.0.2.9' });
    receive({ tcpState: 'x'.repeat(60_000), octetTotalCount: 100n });
    expect(metrics.value('weir_records_taken_total')).toBe(2);
    expect(metrics.value('weir_records_older_total')).toBe(1);
    expect(metrics.value('weir_records_duplicate_total')).toBe(1);
    expect(metrics.value('weir_records_dropped_total', { reason: 'strings_full' })).toBe(1);
  });

  it('shows every counter at 0 before the first record', () => {
    const { metrics } = aReceiver();
    for (const name of [
      'weir_records_taken_total',
      'weir_records_older_total',
      'weir_records_duplicate_total',
      'weir_flows_begun_total',
    ])
      expect(metrics.value(name)).toBe(0);
    for (const reason of ['inactive', 'uncorrelated', 'evicted', 'shutdown'])
      expect(metrics.value('weir_flows_ended_total', { reason })).toBe(0);
  });

  it('has flows balance: begun are there, waiting or ready, or have ended', () => {
    const { tested, metrics, receive } = aReceiver({ maxFlows: 4, inactiveSeconds: 12 });
    const balance = (): void => {
      expect(metrics.value('weir_flows_begun_total')).toBe(
        metrics.sum('weir_flows') + metrics.sum('weir_flows_ended_total'),
      );
    };
    for (let port = 1; port <= 6; port++) {
      receive({ sourceTransportPort: port, flowType: port % 2 ? 2 : 1, sourcePodName: 'client' });
      tested.tick(3);
      balance();
    }
    expect(metrics.value('weir_flows', { state: 'waiting' })).toBe(tested.table.waiting);
    expect(metrics.sum('weir_flows')).toBe(tested.table.size);
    tested.tick(100);
    balance();
    receive({});
    tested.drain();
    balance();
    expect([metrics.sum('weir_flows'), metrics.value('weir_flows_begun_total')]).toEqual([0, 7]);
    expect(metrics.value('weir_flows_ended_total', { reason: 'shutdown' })).toBe(1);
  });

  it('shows how many strings there are and what memory is accounted', () => {
    const { tested, metrics, receive } = aReceiver();
    receive({ sourcePodName: 'client' });
    expect(metrics.value('weir_strings')).toBe(2);
    expect(metrics.value('weir_memory_bytes', { part: 'flows' })).toBe(tested.table.byteLength);
    expect(metrics.value('weir_memory_bytes', { part: 'strings' })).toBe(tested.table.strings.byteLength);
  });
});
