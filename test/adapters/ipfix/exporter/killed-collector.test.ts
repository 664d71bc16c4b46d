import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { IpfixExporter } from '../../../../src/adapters/ipfix/exporter/ipfix-exporter.js';
import { ExportFlows } from '../../../../src/application/export-flows.js';
import type { LogFields } from '../../../../src/application/ports/logger.js';
import { FlowBatch, MAX_BATCH_ROWS } from '../../../../src/domain/batch/flow-batch.js';
import { FLOW_BLOCK, FLOW_ROW } from '../../../../src/domain/flow/layout.js';
import { aBatch } from '../../../support/a-batch.js';
import { ClientFiles } from '../../../support/client-tls.js';
import { LoopbackClock, settle } from '../../../support/fake-clock.js';
import { testPki } from '../../../support/pki.js';
import { RecordingLogger } from '../../../support/recording-logger.js';
import { RecordingMetrics } from '../../../support/recording-metrics.js';

const KILLS = 10;

/** No time limit that ends a connection: how long one takes is up to the machine. */
const CONNECT_TIMEOUT_MS = 1e9;
const COLLECTOR = fileURLToPath(new URL('../../../support/collector-process.js', import.meta.url));

/** A collector in a process of its own, and what it said it read: ranges of numbered records. */
class KillableCollector {
  readonly ranges: { readonly first: number; readonly last: number }[] = [];
  port = 0;
  readonly #process: ChildProcess;
  readonly #over: Promise<void>;
  #watchers: (() => void)[] = [];

  /** @param files certificate and key, for one that speaks TLS */
  constructor(port: number, files: readonly string[]) {
    started.push(this);
    this.#process = spawn(execPath, [COLLECTOR, String(port), ...files], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: this.#process.stdout! });
    lines.on('line', (line) => {
      this.#take(line.split(' ').map(Number));
    });
    this.#over = new Promise((resolve) => {
      lines.once('close', resolve);
    });
  }

  get records(): number {
    return this.ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  /** kill -9; resolves once everything it said was heard. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#over;
  }

  #take([first, last, count]: number[]): void {
    if (last === undefined) this.port = first!;
    else if (last - first! + 1 === count) this.ranges.push({ first: first!, last });
    else throw new Error(`${count} records from ${first} to ${last}`);
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const resolve of watchers) resolve();
  }
}

const started: KillableCollector[] = [];
const folders: ClientFiles[] = [];

afterEach(async () => {
  for (const collector of started.splice(0)) await collector.kill();
  for (const folder of folders.splice(0)) await folder.close();
});

/** A folder with what the exporter trusts and what the collector shows. */
async function certificates(): Promise<ClientFiles> {
  const { authority, server } = await testPki();
  const folder = new ClientFiles().authority(authority.certificate);
  folders.push(folder);
  return folder.write('server.crt', server.certificate).write('server.key', server.privateKey);
}

const pattern = aBatch(Array.from({ length: MAX_BATCH_ROWS }, (_, i) => ({ sourcePodName: `pod-${i % 50}` })));

/** A full batch whose flows are numbered through from `first` on, by their start. */
function numbered(first: number): FlowBatch {
  const rows = pattern.rows.slice();
  for (let i = 0; i < pattern.length; i++)
    rows[i * FLOW_ROW.words + FLOW_BLOCK.slots.flowStartSeconds.word] = first + i;
  const { length, stringEnds, stringBytes } = pattern;
  return FlowBatch.of(length, rows, stringEnds.length, stringEnds, stringBytes);
}

describe.each(['TCP', 'TLS'])('A collector over %s that is killed under load', (transport) => {
  it(`loses only what the kernels held, ${KILLS} times`, async () => {
    const files = transport === 'TLS' ? await certificates() : undefined;
    const serverFiles = files ? ['server.crt', 'server.key'].map((name) => join(files.directory, name)) : [];
    const clock = new LoopbackClock();
    const metrics = new RecordingMetrics();
    const logger = new RecordingLogger();
    let collector = new KillableCollector(0, serverFiles);
    await collector.until(() => collector.port > 0);
    const { port } = collector;
    const exporter = new IpfixExporter(
      {
        host: '127.0.0.1',
        port,
        protocol: 'tcp',
        ...(files && { tls: files.options() }),
        observationDomainId: 1,
        clusterId: 'c',
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
      },
      { clock, logger },
    );
    /** How many records were confirmed when each connection began: records are confirmed in their order. */
    const confirmed: number[] = [];
    const noteSession = (fields: LogFields | undefined): void => {
      if (fields && 'collector' in fields) confirmed.push(exporter.confirmedRecords);
    };
    logger.info = (_message, fields) => noteSession(fields);
    logger.repeated = (_key, _message, fields) => noteSession(fields);
    const flows = new ExportFlows(clock, logger, metrics, () => 0.5, {});
    flows.add(exporter);

    // Time passes only for a delivery that waits to be tried again, and for a session that could still be refused.
    const passTime = async (): Promise<void> => {
      const { untilNext } = clock;
      if (untilNext !== undefined && untilNext < CONNECT_TIMEOUT_MS / 2) await clock.advance(untilNext);
    };

    let exported = 0;
    let isLoaded = true;
    const load = async (): Promise<void> => {
      while (isLoaded) {
        if (flows.accepting) flows.export(numbered((exported += MAX_BATCH_ROWS) - MAX_BATCH_ROWS));
        else await new Promise<void>((resolve) => flows.whenRoom(resolve));
        await settle();
      }
    };
    const loading = load();
    const collectors: KillableCollector[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const enough = 1 + ((kill * 761) % 3_000);
      while (collector.records < enough) {
        if (collector.records === 0) await passTime();
        await settle();
      }
      await collector.kill();
      collectors.push(collector);
      collector = new KillableCollector(port, serverFiles);
      await collector.until(() => collector.port === port);
    }
    collectors.push(collector);
    isLoaded = false;
    while (exporter.confirmedRecords < exported) {
      await passTime();
      await settle();
    }
    await loading;
    await collector.until(() => collector.ranges.at(-1)?.last === exported - 1);
    await flows.drain(1_000);
    await collector.kill();

    expect(metrics.sum('weir_sink_records_dropped_total')).toBe(0);
    expect(metrics.value('weir_sink_records_delivered_total', { sink: 'ipfix' })).toBe(exported);
    expect(collectors).toHaveLength(KILLS + 1);
    expect(confirmed).toHaveLength(KILLS + 1);
    for (const [index, { ranges }] of collectors.entries()) {
      // Each connection begins with the first record that was not confirmed before, and has all that follow, up to where it was cut.
      let next = confirmed[index]!;
      for (const { first, last } of ranges) {
        expect(first).toBe(next);
        next = last + 1;
      }
      const repeated = next - (confirmed[index + 1] ?? exported);
      expect(repeated).toBeLessThanOrEqual(MAX_BATCH_ROWS);
    }
  }, 60_000);
});
