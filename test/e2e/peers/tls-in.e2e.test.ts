import { describe, expect } from '@jest/globals';
import { join } from 'node:path';
import { concat, type Values } from '../../support/ipfix-messages.js';
import { ANTREA_FLOWS, expectedOutput, messagesOf } from '../support/antrea-flows.js';
import { balancedAtRest } from '../support/balance.js';
import { tcpCollector } from '../support/collector.js';
import { eventually } from '../support/eventually.js';
import { sendOverTls } from '../support/openssl.js';
import { itWith } from '../support/peers.js';
import { temporaryDirectory } from '../support/program.js';
import { Capture } from '../support/tshark.js';
import { startWeir } from '../support/weir-process.js';

const totals = (values: Values): string =>
  ['octetTotalCountFromSourceNode', 'octetTotalCountFromDestinationNode', 'sourcePodName', 'destinationPodName']
    .map((name) => String(values[name] ?? ''))
    .join(' ');

describe('openssl s_client sends IPFIX into Weir with the files that Weir made', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    itWith(['openssl', 'tshark'], `over ${version}, and tshark decrypts what was sent`, async () => {
      const collector = await tcpCollector();
      const weir = await startWeir({
        transport: 'TLS',
        settings: { activeFlowRecordTimeout: '1s', flowCollector: { enable: true, address: collector.address } },
      });
      const file = (name: string): string => join(weir.certificates, name);
      const files = { ca: file('ca.crt'), certificate: file('client.crt'), key: file('client.key') };
      const capture = await Capture.start('tcp', weir.ipfixPort);
      const keyLog = join(temporaryDirectory(), 'keys');
      const octets = concat(...messagesOf(ANTREA_FLOWS));

      const client = sendOverTls(weir.ipfixPort, version, files, octets, keyLog);
      await eventually('all flows are delivered', () => collector.records.length === ANTREA_FLOWS.length);
      expect(client.running).toBe(true);

      const expected = ANTREA_FLOWS.map((flow) => totals(expectedOutput(flow, '')));
      expect(collector.records.map(totals).toSorted()).toEqual(expected.toSorted());
      expect(await capture.decrypted(keyLog, octets.length)).toEqual(Buffer.from(octets));
      const metrics = await balancedAtRest(weir);
      expect(metrics.sum('weir_records_received_total', { transport: 'tls' })).toBe(
        ANTREA_FLOWS.flatMap(({ reports }) => reports).length,
      );
      expect(metrics.sum('weir_messages_malformed_total')).toBe(0);
      expect(metrics.value('weir_sessions', { transport: 'tls' })).toBe(1);
      expect(await weir.stop()).toEqual({ code: 0, signal: null });
    });
  }
});
