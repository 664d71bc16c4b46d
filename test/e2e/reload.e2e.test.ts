import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { flowNumber, packetsARound, StreamLoad } from './delivery/support/stream-load.js';
import { rowsOf } from './flow-log/support/logging-weir.js';
import { inPlace, mounted, renamed, type WriteFile } from './support/changing-file.js';
import { tcpCollector, type Collector } from './support/collector.js';
import { atRest, eventually } from './support/eventually.js';
import { onFreePort } from './support/free-port.js';
import { JsonCollector, type JsonFlow } from './support/json-collector.js';
import { expectedIdentity, expectedSides, exportedKey, ledgerKey, readLedger } from './support/ledger.js';
import type { MetricsSnapshot } from './support/metrics.js';
import { itWith } from './support/peers.js';
import { Program, PROJECT, temporaryDirectory, weir as command } from './support/program.js';
import { configurationText, startWeir, type LogLine, type Settings, type WeirProcess } from './support/weir-process.js';

/** Keys that flows leave quickly by. */
const QUICK: Settings = { activeFlowRecordTimeout: '1s', inactiveFlowRecordTimeout: '10m' };

/** A running service whose file a test changes. */
class ChangingWeir {
  readonly weir: WeirProcess;
  readonly #write: WriteFile;

  private constructor(weir: WeirProcess, write: WriteFile) {
    this.weir = weir;
    this.#write = write;
  }

  static async start(settings: Settings, way: (directory: string) => WriteFile = inPlace): Promise<ChangingWeir> {
    const write = way(temporaryDirectory());
    return new ChangingWeir(await startWeir({ settings: { ...QUICK, ...settings }, write }), write);
  }

  /** Changes the file to one with these settings; resolves with the lines that say what became of it. */
  async change(settings: Settings, lines = 1): Promise<LogLine[]> {
    return this.changeText(configurationText(this.weir.directory, { ...QUICK, ...settings }), lines);
  }

  async changeText(text: string, lines = 1): Promise<LogLine[]> {
    const before = this.#said.length;
    this.#write(text);
    return eventually('the change is heard of', () => {
      const said = this.#said.slice(before);
      return said.length >= lines && said;
    });
  }

  get #said(): LogLine[] {
    return this.weir.logged(/a change of the configuration|the new configuration|the configuration says|weir\.yaml/);
  }
}

/** What each flow of a `RecordStream` has to add up to. */
const sentPackets = (load: StreamLoad, flows: number): number[] =>
  Array.from({ length: flows }, (_, flow) => packetsARound(flow) * Math.ceil((load.sent - flow) / flows));

/** The sums of packetDeltaCount by flow. */
class Packets {
  readonly sums: number[];

  constructor(flows: number) {
    this.sums = Array.from({ length: flows }, () => 0);
  }

  add(source: unknown, port: unknown, packets: unknown): void {
    const address = String(source)
      .split('.')
      .reduce((sum, octet) => sum * 256 + Number(octet), 0);
    this.sums[flowNumber({ source: address, sourcePort: Number(port) })]! += Number(packets);
  }

  addRecords({ records }: Collector): this {
    for (const record of records)
      this.add(record['sourceIPv4Address'], record['sourceTransportPort'], record['packetDeltaCount']);
    return this;
  }

  addJson(flows: readonly JsonFlow[]): this {
    for (const { elements } of flows) {
      const of = new Map(elements);
      this.add(of.get('sourceIPv4Address'), of.get('sourceTransportPort'), of.get('packetDeltaCount'));
    }
    return this;
  }
}

/** Sends on and on until `during` is done; then all that was sent is exported and delivered. */
async function underLoad(weir: WeirProcess, flows: number, during: () => Promise<void>): Promise<StreamLoad> {
  const load = await StreamLoad.connect(weir.ipfixPort, { flows });
  const over = new AbortController();
  const sending = (async () => {
    while (!over.signal.aborted) {
      await load.send(501);
      await pause(20);
    }
  })();
  await during();
  // What comes after is exported by whatever is there then.
  await pause(1_500);
  over.abort();
  await sending;
  await load.finish();
  return load;
}

const PARTS = ['records_delivered_total', 'records_dropped_total', 'records_filtered_total', 'queue_records'];

/** Demands that all that was exported is accounted for by the sinks of one section, by whatever names it had. */
function expectBalanceOf(metrics: MetricsSnapshot, ...sinks: string[]): void {
  const sum = sinks
    .flatMap((sink) => PARTS.map((part) => metrics.sum(`weir_sink_${part}`, { sink })))
    .reduce((total, part) => total + part, 0);
  expect(sum).toBe(metrics.sum('weir_flow_exports_total'));
}

const restingMetrics = async (weir: WeirProcess): Promise<MetricsSnapshot> => {
  const exports = async (): Promise<number> => (await weir.metrics()).sum('weir_flow_exports_total');
  await atRest('what is exported', exports, { quietMs: 2_500, everyMs: 100, withinMs: 60_000 });
  return eventually('nothing waits for a sink', async () => {
    const metrics = await weir.metrics();
    return metrics.sum('weir_sink_queue_records') === 0 && metrics;
  });
};

describe('a changed configuration file', () => {
  it.each([
    ['written in place', inPlace],
    ['renamed to its name', renamed],
    ['mounted from a ConfigMap', mounted],
  ])('takes effect: %s', async (_name, way) => {
    const changing = await ChangingWeir.start({}, way);
    for (const includeK8sUIDs of [true, false, true]) {
      expect(await changing.change({ flowCollector: { includeK8sUIDs } })).toMatchObject([
        {
          message: 'a change of the configuration takes effect',
          key: 'flowCollector.includeK8sUIDs',
          from: String(!includeK8sUIDs),
          to: String(includeK8sUIDs),
        },
      ]);
    }
    expect(await changing.weir.stop()).toEqual({ code: 0, signal: null });
  });

  it('is reported like `weir config check` does if it is bad, and the old one goes on', async () => {
    const collector = await tcpCollector();
    const flowCollector = { enable: true, address: collector.address };
    const changing = await ChangingWeir.start({ flowCollector });
    const { weir } = changing;
    const said = await changing.changeText('flowCollector:\n  enable: true\n  recordFormat: XML\nclusterIDD: x\n', 4);
    expect(said.map(({ level, message }) => `${level} ${message}`)).toEqual([
      expect.stringMatching(/^error .*weir\.yaml:1:1: flowCollector\.address: /),
      expect.stringMatching(/^error .*weir\.yaml:3:3: flowCollector\.recordFormat: "XML" is not valid; accepted is /),
      expect.stringMatching(/^warn .*weir\.yaml:4:1: clusterIDD: unknown key, ignored; did you mean clusterID\?$/),
      expect.stringMatching(/^error the new configuration is refused/),
    ]);
    const load = await StreamLoad.connect(weir.ipfixPort, { flows: 100 });
    await load.send(100);
    await eventually('the collector has them all', () => collector.records.length === 100);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });

  it('has its other keys named as needing a restart, and the rest taken over', async () => {
    const changing = await ChangingWeir.start({});
    const log = join(changing.weir.directory, 'flows.log');
    const flowLogger = { enable: true, path: log };
    const said = await changing.change({ clusterID: 'other', limits: { maxFlows: 9 }, flowLogger }, 4);
    expect(
      said.map(({ level, message, key, running, file, to }) => [level, message, key, running ?? '', file ?? to]),
    ).toEqual([
      ['warn', 'a change of the configuration needs a restart', 'clusterID', '', 'other'],
      ['warn', 'a change of the configuration needs a restart', 'limits.maxFlows', '2000000', '9'],
      ['info', 'a change of the configuration takes effect', 'flowLogger.enable', '', 'true'],
      ['info', 'a change of the configuration takes effect', 'flowLogger.path', '', log],
    ]);
    await eventually('the flow log is open', () => changing.weir.logged(/^flows are logged to a file$/).length === 1);
    expect((await changing.change({ flowLogger })).map(({ message }) => message)).toEqual([
      'the configuration says what is running',
    ]);
    expect(await changing.weir.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a collector that is changed while the service runs', () => {
  it('gets at once all that waited for the one before, which was dead', async () => {
    const dead = await onFreePort('tcp', (port) => Promise.resolve(port));
    const collector = await tcpCollector();
    const flowCollector = { enable: true, address: `127.0.0.1:${dead}:tcp`, includeK8sUIDs: true };
    const changing = await ChangingWeir.start({ flowCollector, inactiveFlowRecordTimeout: '3s' });
    const { weir } = changing;
    const file = join(weir.directory, 'ledger.jsonl');
    const options = { target: `127.0.0.1:${weir.ipfixPort}`, transport: 'tcp', nodes: 5, pods: 10, flows: 3_000 };
    const more = { seed: 7, reports: 2, rate: 4_000, ledger: file };
    const args = Object.entries({ ...options, ...more }).flatMap(([name, value]) => [`--${name}`, String(value)]);
    expect(await command(['simulate', ...args]).exited).toEqual({ code: 0, signal: null });
    // Once it has been tried for a while the next attempt is many seconds off.
    await eventually('retries are far apart', async () => (await weir.metrics()).sum('weir_sink_retries_total') >= 4, {
      withinMs: 40_000,
    });
    await atRest('what is exported', async () => (await weir.metrics()).sum('weir_flow_exports_total'), {
      quietMs: 5_000,
      everyMs: 200,
      withinMs: 60_000,
    });
    const waiting = (await weir.metrics()).sum('weir_sink_queue_records', { sink: 'ipfix' });
    expect(waiting).toBeGreaterThan(0);

    await changing.change({
      flowCollector: { ...flowCollector, address: collector.address },
      inactiveFlowRecordTimeout: '3s',
    });
    await eventually('all of them arrive', () => collector.records.length === waiting, { withinMs: 5_000 });
    const metrics = await restingMetrics(weir);
    expectBalanceOf(metrics, 'ipfix');
    expect(metrics.sum('weir_sink_records_dropped_total')).toBe(0);
    expect(collector.records).toHaveLength(metrics.sum('weir_sink_records_delivered_total'));
    expect(await weir.stop()).toEqual({ code: 0, signal: null });

    const ledger = readLedger(file);
    const last = new Map(collector.records.map((record) => [exportedKey(record), record]));
    expect(new Set(ledger.map(ledgerKey))).toEqual(new Set(last.keys()));
    for (const flow of ledger)
      expect(last.get(ledgerKey(flow))).toMatchObject({ ...expectedIdentity(flow), ...expectedSides(flow) });
    expect(collector.problems).toEqual([]);
  });

  itWith(['python3'], 'gets JSON where it got IPFIX, under load, no flow lost and none twice', async () => {
    const flows = 1_500;
    const [ipfix, json] = await Promise.all([tcpCollector(), JsonCollector.start('tcp')]);
    const collector = (recordFormat: string, address: string): Settings => ({
      flowCollector: { enable: true, recordFormat, address },
    });
    const changing = await ChangingWeir.start(collector('IPFIX', ipfix.address));
    const { weir } = changing;
    const load = await underLoad(weir, flows, async () => {
      await eventually('the first collector has some', () => ipfix.records.length > 0);
      await changing.change(collector('JSON', json.address), 2);
    });
    const metrics = await restingMetrics(weir);
    expectBalanceOf(metrics, 'ipfix', 'json');
    const delivered = (sink: string): number => metrics.sum('weir_sink_records_delivered_total', { sink });
    await eventually('Python has read all', () => json.flows.length === delivered('json'));
    expect(ipfix.records).toHaveLength(delivered('ipfix'));
    expect([delivered('ipfix') > 0, delivered('json') > 0]).toEqual([true, true]);
    const packets = new Packets(flows).addRecords(ipfix).addJson(json.flows);
    expect(packets.sums).toEqual(sentPackets(load, flows));
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a flow log that is changed while the service runs', () => {
  it('goes on in another file, no line lost, torn or twice', async () => {
    const directory = temporaryDirectory();
    const log = (name: string, more: Settings = {}): Settings => ({
      flowLogger: { enable: true, path: join(directory, name), ...more },
    });
    const rowsIn = (name: string): number => rowsOf(readFileSync(join(directory, name), 'utf8')).length;
    const changing = await ChangingWeir.start(log('one.log'));
    const { weir } = changing;
    await underLoad(weir, 3_000, async () => {
      await eventually('there are lines', () => rowsIn('one.log') > 0);
      await changing.change(log('two.log'));
      await pause(1_200);
      // The same file again: the next sink may not open it before the last line of this one.
      for (const maxSize of [50, 60, 70]) await changing.change(log('two.log', { maxSize }));
    });
    const metrics = await restingMetrics(weir);
    expectBalanceOf(metrics, 'flow-log');
    const rows = ['one.log', 'two.log'].map(rowsIn);
    expect(rows.every((count) => count > 0)).toBe(true);
    expect(rows[0]! + rows[1]!).toBe(metrics.sum('weir_sink_records_delivered_total', { sink: 'flow-log' }));
    expect(metrics.sum('weir_sink_records_dropped_total')).toBe(0);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('a configuration from a pipe', () => {
  it('is not watched, which one line says', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'weir.yaml');
    inPlace(directory)(configurationText(directory));
    const script = `cat '${file}' | '${process.execPath}' bin/weir --config /dev/stdin`;
    const shell = new Program('sh', ['-c', script], { cwd: PROJECT, group: true });
    await shell.says(/the configuration is not watched for changes/);
    expect(shell.running).toBe(true);
  });
});
