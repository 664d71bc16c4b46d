import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';
import { ethernetFrame, type Packet } from './pcap.js';
import { requirePeer } from './peers.js';
import { Program, temporaryDirectory } from './program.js';

const run = promisify(execFile);

const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';
/** Packets that a port in memory holds before it drops. */
const PORT_QUEUE = 100;

const TIMEOUT = '--timeout=10';

/** Open vSwitch in user space with a bridge of two ports that exist in memory only: it needs no kernel module and no privilege. */
export class OpenVSwitch {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #directory = temporaryDirectory();

  private constructor() {
    const places = ['OVS_RUNDIR', 'OVS_LOGDIR', 'OVS_DBDIR', 'OVS_SYSCONFDIR'];
    const here = places.map((name): [string, string] => [name, this.#directory]);
    this.#environment = { ...process.env, ...Object.fromEntries(here) };
  }

  /** Starts it with a bridge that reports every packet that comes in to a collector on loopback. */
  static async start(collectorPort: number): Promise<OpenVSwitch> {
    const openVSwitch = new OpenVSwitch();
    await openVSwitch.#startDatabase();
    await openVSwitch.#startSwitch();
    await openVSwitch.#configure(collectorPort);
    return openVSwitch;
  }

  /** Has packets arrive at a port. */
  async receive(port: 'p1' | 'p2', packets: readonly Packet[]): Promise<void> {
    const frames = packets.map((packet) => ethernetFrame(packet).toString('hex'));
    for (let at = 0; at < frames.length; at += PORT_QUEUE / 2) {
      await this.#control('netdev-dummy/receive', port, ...frames.slice(at, at + PORT_QUEUE / 2));
    }
  }

  async #startDatabase(): Promise<void> {
    const database = this.#path('conf.db');
    await run('ovsdb-tool', ['create', database, SCHEMA], { env: this.#environment });
    this.#run('ovsdb-server', database, `--remote=punix:${this.#path('db.sock')}`);
    await eventually('the database answers', async () => {
      await this.#configuration('--no-wait', 'init');
      return true;
    });
  }

  async #startSwitch(): Promise<void> {
    this.#run('ovs-vswitchd', `unix:${this.#path('db.sock')}`, '--enable-dummy=override', '--disable-system');
    await eventually('the switch answers', async () => {
      await this.#control('version');
      return true;
    });
  }

  async #configure(collectorPort: number): Promise<void> {
    const port = (name: string): string[] => `-- add-port br0 ${name} -- set interface ${name} type=dummy`.split(' ');
    const ipfix = [
      `targets="127.0.0.1:${collectorPort}"`,
      ...['sampling=1', 'obs_domain_id=7', 'obs_point_id=8', 'cache_active_timeout=1', 'cache_max_flows=1000'],
      // By default a packet is reported where it comes in and wherever it goes out. Despite its name this key turns the latter off.
      'other_config:enable-output-sampling=true',
    ];
    await this.#configuration(
      ...'add-br br0 -- set bridge br0 datapath_type=dummy fail-mode=standalone'.split(' '),
      ...port('p1'),
      ...port('p2'),
      ...'-- set bridge br0 ipfix=@ipfix -- --id=@ipfix create ipfix'.split(' '),
      ...ipfix,
    );
  }

  #run(peer: 'ovsdb-server' | 'ovs-vswitchd', ...args: string[]): void {
    const own = [`--pidfile=${this.#path(`${peer}.pid`)}`, `--unixctl=${this.#path(`${peer}.ctl`)}`, '-vconsole:off'];
    new Program(requirePeer(peer), [...args, ...own], { env: this.#environment, cwd: this.#directory, group: true });
  }

  async #configuration(...command: string[]): Promise<void> {
    const args = [TIMEOUT, `--db=unix:${this.#path('db.sock')}`, ...command];
    await run('ovs-vsctl', args, { env: this.#environment });
  }

  async #control(...command: string[]): Promise<void> {
    const args = [TIMEOUT, '-t', this.#path('ovs-vswitchd.ctl'), ...command];
    await run('ovs-appctl', args, { env: this.#environment });
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }
}
