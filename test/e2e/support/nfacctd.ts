import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import type { Kind, LaidOutElement } from './output-layout.js';
import { requirePeer } from './peers.js';
import type { ObservedFlow } from './probe-traffic.js';
import { settingsText } from './probes.js';
import { Program, temporaryDirectory } from './program.js';
import { onFreePort } from './free-port.js';

/** What a run of nfacctd left. */
export interface NfacctdResult {
  /** By key. */
  readonly flows: readonly ObservedFlow[];
  /** All that it printed of each, in the same order. */
  readonly lines: readonly Readonly<Record<string, string | number>>[];
  /** Lines of its log that are warnings or errors. */
  readonly remarks: readonly string[];
}

/** Octets, for a burst of datagrams; the kernel may grant less. */
const RECEIVE_BUFFER = '2000000';

/** IANA's numbers of the protocols that nfacctd calls by name. */
const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, 'ipv6-icmp': 58 };

const KEY = 'src_host,dst_host,src_port,dst_port,proto,timestamp_start,timestamp_end';

/** How nfacctd has to take each kind. */
const SEMANTICS: Readonly<Record<Kind, string>> = {
  u8: 'len=1 semantics=u_int',
  u16: 'len=2 semantics=u_int',
  u32: 'len=4 semantics=u_int',
  u64: 'len=8 semantics=u_int',
  ipv4: 'len=4 semantics=ip',
  ipv6: 'len=16 semantics=ip',
  text: 'len=vlen semantics=str',
  uuid: 'len=16 semantics=raw',
};

/** The definition of an element that nfacctd does not know. */
const primitive = ({ name, enterprise, id, kind }: LaidOutElement): string =>
  `name=${name} field_type=${enterprise === 0 ? '' : `${enterprise}:`}${id} ${SEMANTICS[kind]}`;

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

  /**
   * Resolves once it collects.
   *
   * @param primitives elements beside those that it knows, which it is to print under these names, in small letters
   */
  static start(primitives: readonly LaidOutElement[] = []): Promise<Nfacctd> {
    return onFreePort('udp', async (port) => {
      const directory = temporaryDirectory();
      const definitions = join(directory, 'primitives.lst');
      writeFileSync(definitions, primitives.map((element) => `${primitive(element)}\n`).join(''));
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
        aggregate: [KEY, ...primitives.map(({ name }) => name)].join(','),
        ...(primitives.length > 0 && { aggregate_primitives: definitions }),
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
    const printed = lines()
      .map((line) => ({ flow: flowOf(line), line: JSON.parse(line) as Readonly<Record<string, string | number>> }))
      .toSorted((a, b) => (a.flow.key < b.flow.key ? -1 : 1));
    return {
      flows: printed.map(({ flow }) => flow),
      lines: printed.map(({ line }) => line),
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
