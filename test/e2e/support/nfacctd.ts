import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { requirePeer } from './peers.js';
import type { ObservedFlow } from './probe-traffic.js';
import { settingsText } from './probes.js';
import { Program, temporaryDirectory } from './program.js';
import { onFreePort } from './free-port.js';

/** What a run of nfacctd left. */
export interface NfacctdResult {
  /** By key. */
  readonly flows: readonly ObservedFlow[];
  /** Lines of its log that are warnings or errors. */
  readonly remarks: readonly string[];
}

/** Octets, for a burst of datagrams; the kernel may grant less. */
const RECEIVE_BUFFER = '2000000';

/** IANA's numbers of the protocols that nfacctd calls by name. */
const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, 'ipv6-icmp': 58 };

/** A running nfacctd, which collects IPFIX over UDP, with its plugin print. */
export class Nfacctd {
  /** What the key flowCollector.address says. */
  readonly address: string;
  readonly #program: Program;
  readonly #file: string;

  private constructor(program: Program, file: string, address: string) {
    this.#program = program;
    this.#file = file;
    this.address = address;
  }

  /** Resolves once it collects. */
  static start(): Promise<Nfacctd> {
    return onFreePort('udp', async (port) => {
      const directory = temporaryDirectory();
      const file = join(directory, 'flows.json');
      const configuration = join(directory, 'nfacctd.conf');
      const settings = {
        daemonize: 'false',
        nfacctd_ip: '127.0.0.1',
        nfacctd_port: String(port),
        nfacctd_pipe_size: RECEIVE_BUFFER,
        plugins: 'print',
        // Seconds.
        print_refresh_time: '1',
        print_output: 'json',
        print_output_file: file,
        print_output_file_append: 'true',
        aggregate: 'src_host,dst_host,src_port,dst_port,proto,timestamp_start,timestamp_end',
        timestamps_since_epoch: 'true',
      };
      writeFileSync(configuration, settingsText(settings));
      const program = new Program(requirePeer('nfacctd'), ['-f', configuration], { group: true });
      await program.says(/waiting for NetFlow\/IPFIX data/);
      return new Nfacctd(program, file, `127.0.0.1:${port}:udp`);
    });
  }

  /** Ends it once it has written so many flows, and reads them. */
  async collected(flows: number): Promise<NfacctdResult> {
    const lines = (): string[] => readFileSync(this.#file, 'utf8').split('\n').slice(0, -1);
    await eventually(`nfacctd has written ${flows} flows`, () => lines().length >= flows);
    // It would take seconds to end by itself.
    await this.#program.kill();
    return {
      flows: lines()
        .map(flowOf)
        .toSorted((a, b) => (a.key < b.key ? -1 : 1)),
      remarks: `${this.#program.stdout}${this.#program.stderr}`
        .split('\n')
        .filter((line) => /^(WARN|ERROR)/.test(line)),
    };
  }
}

function flowOf(line: string): ObservedFlow {
  const flow = JSON.parse(line) as Readonly<Record<string, string | number>>;
  const protocol = PROTOCOLS[String(flow['ip_proto'])];
  const key = [flow['ip_src'], flow['ip_dst'], protocol, flow['port_src'], flow['port_dst']].join(' ');
  const seconds = (name: string): bigint => BigInt(String(flow[name]).replace(/\.0+$/, ''));
  return {
    key,
    // As digits, since the numbers of JSON.parse() have 53 bits.
    packets: digits(line, 'packets'),
    octets: digits(line, 'bytes'),
    startSeconds: seconds('timestamp_start'),
    endSeconds: seconds('timestamp_end'),
  };
}

function digits(line: string, name: string): bigint {
  const found = new RegExp(`"${name}": (\\d+)`).exec(line)?.[1];
  if (found === undefined) throw new Error(`no ${name} in ${line}`);
  return BigInt(found);
}
