import { describe, expect, it } from '@jest/globals';
import { CollectorMetrics } from '../../../../src/adapters/ipfix/collector/collector-metrics.js';
import { RECORDS_DROPPED, RECORDS_DROPPED_HELP } from '../../../../src/application/record-counters.js';
import { Decoding } from '../../../support/decoding.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { RecordingMetrics } from '../../../support/recording-metrics.js';

const GAUGES = { sessions: () => 0, templates: () => 0 };
const { session } = new Decoding();

/** A log for those who don't look for details. */
class TerseLogger extends RecordingLogger {
  override debug(): void {
    // Not even read.
  }
}

describe('What a collector counts and says', () => {
  it('shows the templates of each transport', () => {
    const metrics = new RecordingMetrics();
    for (const [transport, count] of Object.entries({ tcp: 2, udp: 3 }))
      new CollectorMetrics(transport, metrics, new RecordingLogger(), { ...GAUGES, templates: () => count });
    expect(metrics.value('weir_templates', { transport: 'tcp' })).toBe(2);
    expect(metrics.value('weir_templates', { transport: 'udp' })).toBe(3);
  });

  it('explains dropped records as those who drop them for other reasons do', () => {
    const helps: string[] = [];
    const metrics = new RecordingMetrics();
    const counter = metrics.counter.bind(metrics);
    metrics.counter = (name, help, labels) => {
      if (name === RECORDS_DROPPED) helps.push(help);
      return counter(name, help, labels);
    };
    new CollectorMetrics('tcp', metrics, new RecordingLogger(), GAUGES);
    expect(helps).toEqual([RECORDS_DROPPED_HELP, RECORDS_DROPPED_HELP]);
  });

  it.each([true, false])('has a line for each exporter, whatever its port (reliable: %s)', (isReliable) => {
    const logger = new RecordingLogger();
    const metrics = new CollectorMetrics('x', new RecordingMetrics(), logger, GAUGES);
    for (const peer of ['10.0.0.1:7', '10.0.0.1:8', '[fe80::1]:9'])
      metrics.noticed(Object.assign(new Decoding({ isReliable }).session, { peer }), 'unknown_template', 'unknown');
    expect(logger.of('repeated').map(({ key, fields }) => [key, fields['exporter']])).toEqual([
      ['ipfix unknown_template 10.0.0.1', '10.0.0.1:7'],
      ['ipfix unknown_template 10.0.0.1', '10.0.0.1:8'],
      ['ipfix unknown_template [fe80::1]', '[fe80::1]:9'],
    ]);
  });

  it('names unknown elements only if somebody looks for details', () => {
    let asked = 0;
    const elements = (): string => `6876/${(asked += 1)}`;
    new CollectorMetrics('tcp', new RecordingMetrics(), new TerseLogger(), GAUGES).elementsUnknown(
      session,
      300,
      elements,
    );
    expect(asked).toBe(0);
    const logger = new RecordingLogger();
    new CollectorMetrics('tcp', new RecordingMetrics(), logger, GAUGES).elementsUnknown(session, 300, elements);
    expect(logger.of('debug')).toMatchObject([{ fields: { template: 300, elements: '6876/1' } }]);
  });
});
