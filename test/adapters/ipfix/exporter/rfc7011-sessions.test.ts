import { afterEach, describe, expect, it } from '@jest/globals';
import { IpfixExporter } from '../../../../src/adapters/ipfix/exporter/ipfix-exporter.js';
import { aBatch } from '../../../support/a-batch.js';
import { LoopbackClock } from '../../../support/fake-clock.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { TcpCollector } from '../../../support/tcp-collector.js';

const never = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

describe('RFC 7011 §8.2 export time', () => {
  it('never goes back in a session, though the system’s time does: data is not older than its templates', async () => {
    const collector = new TcpCollector();
    const port = await collector.listen();
    const clock = new LoopbackClock();
    const exporter = new IpfixExporter(
      { host: '127.0.0.1', port, protocol: 'tcp', observationDomainId: 5, clusterId: 'c' },
      { clock, logger: new RecordingLogger() },
    );
    open.push(exporter, collector);
    for (const [i, seconds] of [1_700_000_000, 1_600_000_000, 1_700_000_005].entries()) {
      clock.setUnix(seconds * 1000);
      await exporter.deliver([aBatch([{}])], never);
      await collector.until(() => collector.records.length === i + 1);
    }
    expect(collector.connections[0]!.messages.map(({ exportTime }) => exportTime)).toEqual([
      1_700_000_000, 1_700_000_000, 1_700_000_000, 1_700_000_000, 1_700_000_005,
    ]);
  });
});
