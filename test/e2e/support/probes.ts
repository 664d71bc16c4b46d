import { expect } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pcapFile, type Packet } from './pcap.js';
import { requirePeer } from './peers.js';
import type { Reporting } from './probe-traffic.js';
import { Program, temporaryDirectory } from './program.js';

/** A program that makes flows of a capture and exports them over UDP. */
export interface Probe {
  readonly name: 'pmacctd' | 'softflowd';
  readonly reporting: Reporting;
  /** Has it read these packets and send IPFIX to a port on loopback; resolves when it has sent all. */
  exportTo(port: number, packets: readonly Packet[]): Promise<void>;
}

function captureFile(packets: readonly Packet[]): string {
  const file = join(temporaryDirectory(), 'traffic.pcap');
  writeFileSync(file, pcapFile(packets));
  return file;
}

/** pmacctd with its plugin nfprobe. */
export const PMACCTD: Probe = {
  name: 'pmacctd',
  reporting: { conversationTimes: true, icmpAsPort: true },
  async exportTo(port, packets) {
    const settings = {
      daemonize: 'false',
      pcap_savefile: captureFile(packets),
      plugins: 'nfprobe',
      nfprobe_version: '10',
      nfprobe_receiver: `127.0.0.1:${port}`,
      aggregate: 'src_host,dst_host,src_port,dst_port,proto',
    };
    const file = join(temporaryDirectory(), 'pmacctd.conf');
    writeFileSync(file, settingsText(settings));
    const pmacctd = new Program(requirePeer('pmacctd'), ['-f', file], { group: true });
    expect(await pmacctd.exited).toMatchObject({ code: 0 });
  },
};

/** softflowd, with absolute times unless other arguments are given. */
export function softflowd(times: readonly string[] = ['-A', 'milli']): Probe {
  return {
    name: 'softflowd',
    reporting: { conversationTimes: true, icmpAsPort: false },
    async exportTo(port, packets) {
      const target = ['-n', `127.0.0.1:${port}`, '-v', '10', ...times];
      const program = new Program(requirePeer('softflowd'), ['-d', '-r', captureFile(packets), ...target]);
      expect(await program.exited).toMatchObject({ code: 0 });
    },
  };
}

/** A configuration file of a pmacct program. */
export function settingsText(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map((pair) => `${pair.join(': ')}\n`)
    .join('');
}
