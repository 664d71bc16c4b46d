import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';
import { requirePeer } from './peers.js';
import type { ObservedFlow } from './probe-traffic.js';
import { Program, temporaryDirectory } from './program.js';
import { onFreePort } from './free-port.js';

const run = promisify(execFile);

/** A flow as nfdump tells it. Times are 0 where nfcapd knows neither of the elements that say them. */
export interface NfdumpFlow extends ObservedFlow {
  readonly reversePackets: bigint;
  readonly reverseOctets: bigint;
}

/** What nfcapd says of its work when it ends. */
export interface NfcapdSummary {
  readonly flows: number;
  readonly sequenceErrors: number;
  readonly badPackets: number;
}

/** What a run of nfcapd left. */
export interface NfcapdResult {
  /** By key. */
  readonly flows: readonly NfdumpFlow[];
  readonly summary: NfcapdSummary;
  /** Lines of its log that tell of neither its start nor its end, nor of a new exporter. */
  readonly remarks: readonly string[];
}

/** What nfcapd says when everything is right; records have lines that are indented. */
const ORDINARY = [
  /^$|^ {2}|^Flow Record:/,
  /^(Add flow source|Verbose log level|Bound to|Init |Startup|File Block Header|Ident:|Terminating)/,
  /^(Standard|System set) setsockopt, SO_RCVBUF/,
  /^Process_ipfix: New ipfix exporter/,
];

/** Longer than any test, so that all flows are in one file. */
const ROTATION_SECONDS = '3600';

/** Octets, for a burst of datagrams; the kernel may grant less. */
const RECEIVE_BUFFER = '2000000';

/** A running nfcapd, which collects IPFIX over UDP. */
export class Nfcapd {
  /** What the key flowCollector.address says. */
  readonly address: string;
  readonly #program: Program;
  readonly #directory: string;

  private constructor(program: Program, directory: string, address: string) {
    this.#program = program;
    this.#directory = directory;
    this.address = address;
  }

  /** Resolves once it collects. */
  static start(host: '127.0.0.1' | '::1' = '127.0.0.1'): Promise<Nfcapd> {
    return onFreePort('udp', async (port) => {
      const directory = temporaryDirectory();
      const isIPv6 = host === '::1';
      const socket = [isIPv6 ? '-6' : '-4', '-b', host, '-p', String(port), '-B', RECEIVE_BUFFER];
      // Told record by record (-E) and line by line, its output says how many it has taken.
      const options = [...socket, '-w', directory, '-t', ROTATION_SECONDS, '-E'];
      const program = new Program('stdbuf', ['-oL', requirePeer('nfcapd'), ...options]);
      await program.says(/^Startup nfcapd/m);
      return new Nfcapd(program, directory, `${isIPv6 ? `[${host}]` : host}:${port}:udp`);
    });
  }

  /** Ends it once it has taken so many flows, and has nfdump read what it wrote. */
  async collected(flows: number): Promise<NfcapdResult> {
    const taken = (): number => this.#program.stdout.match(/^Flow Record:/gm)?.length ?? 0;
    await eventually(`nfcapd has taken ${flows} flows`, () => taken() >= flows);
    this.#program.signal('SIGTERM');
    await this.#program.exited;
    const output = `${this.#program.stdout}${this.#program.stderr}`;
    return {
      flows: await this.#read(),
      summary: summaryOf(output),
      remarks: output.split('\n').filter((line) => !ORDINARY.some((ordinary) => ordinary.test(line))),
    };
  }

  async #read(): Promise<NfdumpFlow[]> {
    const [file, ...others] = readdirSync(this.#directory).filter((name) => /^nfcapd\.\d+$/.test(name));
    if (file === undefined || others.length > 0) throw new Error('nfcapd left not one file');
    const format = 'fmt:%sa %da %pr %sp %dp|%pkt|%byt|%opkt|%obyt|%tsr|%ter';
    // Plain numbers, whole IPv6 addresses, neither header nor summary.
    const { stdout } = await run(requirePeer('nfdump'), [
      '-r',
      join(this.#directory, file),
      '-N',
      '-6',
      '-q',
      '-o',
      format,
    ]);
    const flows = stdout.split('\n').filter((line) => line.trim() !== '');
    return flows.map(flowOf).toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }
}

function flowOf(line: string): NfdumpFlow {
  const [key = '', ...columns] = line.split('|').map((column) => column.trim());
  // Times are fractions of seconds, which for whole seconds end in zeros.
  const [packets, octets, reversePackets, reverseOctets, startSeconds, endSeconds] = columns.map((column) =>
    BigInt(column.replace(/\.0+$/, '')),
  ) as [bigint, bigint, bigint, bigint, bigint, bigint];
  return { key: keyOf(key), packets, octets, reversePackets, reverseOctets, startSeconds, endSeconds };
}

/** In place of the destination port nfdump tells type and code of ICMP with a dot between them. */
function keyOf(columns: string): string {
  return columns
    .replaceAll(/\s+/g, ' ')
    .replace(/(\d+)\.(\d+)$/, (_, type: string, code: string) => String(Number(type) * 256 + Number(code)));
}

function summaryOf(output: string): NfcapdSummary {
  const ident = /^Ident: .*Flows: (\d+),.* Sequence Errors: (\d+), Bad Packets: (\d+)/m.exec(output);
  if (!ident) throw new Error(`nfcapd left no summary, but:\n${output}`);
  const [flows, sequenceErrors, badPackets] = ident.slice(1).map(Number) as [number, number, number];
  return { flows, sequenceErrors, badPackets };
}
