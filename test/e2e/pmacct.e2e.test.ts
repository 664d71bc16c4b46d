import { describe, expect } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { balancedAtRest } from './support/balance.js';
import { tcpCollector } from './support/collector.js';
import { eventually } from './support/eventually.js';
import { pcapFile } from './support/pcap.js';
import { itWith, requirePeer } from './support/peers.js';
import { exportedFlows, observedFlows, probeTraffic } from './support/probe-traffic.js';
import { Program } from './support/program.js';
import { startWeir } from './support/weir-process.js';

const LONG_AGO = Date.UTC(2023, 10, 14);

describe('pmacctd', () => {
  itWith(['pmacctd'], 'exports a capture into Weir with nfprobe, version 10', async () => {
    const collector = await tcpCollector();
    const weir = await startWeir({
      transport: 'UDP',
      settings: { activeFlowRecordTimeout: '1s', flowCollector: { enable: true, address: collector.address } },
    });
    const packets = probeTraffic(LONG_AGO);
    const expected = observedFlows(packets, { conversationTimes: true, icmpAsPort: true });
    const capture = join(weir.directory, 'traffic.pcap');
    writeFileSync(capture, pcapFile(packets));
    const settings = {
      daemonize: 'false',
      pcap_savefile: capture,
      plugins: 'nfprobe',
      nfprobe_version: '10',
      nfprobe_receiver: `127.0.0.1:${weir.ipfixPort}`,
      aggregate: 'src_host,dst_host,src_port,dst_port,proto',
    };
    const file = join(weir.directory, 'pmacctd.conf');
    writeFileSync(
      file,
      Object.entries(settings)
        .map((pair) => `${pair.join(': ')}\n`)
        .join(''),
    );

    const pmacctd = new Program(requirePeer('pmacctd'), ['-f', file], { group: true });
    expect(await pmacctd.exited).toMatchObject({ code: 0 });
    await eventually('all flows are delivered', () => collector.records.length >= expected.length);

    expect(exportedFlows(collector.records)).toEqual(expected);
    const metrics = await balancedAtRest(weir);
    expect(metrics.sum('weir_messages_malformed_total')).toBe(0);
    expect(metrics.sum('weir_sequence_gaps_total')).toBe(0);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });
});
